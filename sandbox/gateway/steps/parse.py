"""Step 2: from bytes to JSON-RPC requests.

Rules: strict JSON; no key twice in one object (whose value would count?); at
most ``DEPTH`` levels; ids are null, text of at most 128 characters or integers
that every JavaScript client keeps exact; a batch holds 1 to ``BATCH`` requests,
each judged on its own.

>>> parse(b'{"jsonrpc":"2.0","id":7,"method":"eth_chainId"}').requests[0].method
'eth_chainId'
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sandbox.kit.errors import InvalidInput, SynakError

DEPTH: Final = 24
BATCH: Final = 100
ID_TEXT: Final = 128
ID_INTEGER: Final = 2**53 - 1
_EXACT: Final = b"eth_signTypedData"
"""What is signed must be exact: typed data may hold integers above 64 bits, which the fast
reader would turn into floats."""


@dataclass(slots=True)
class Request:
    """One request of a body.

    Args:
        id: as sent; meaningless in a notification.
        method: the name as sent, empty when ``error`` is set.
        params: positional parameters.
        notification: no answer is wanted.
        error: what is wrong with the request itself.
    """

    id: Any
    method: str
    params: list[Any]
    notification: bool = False
    error: SynakError | None = None


@dataclass(slots=True)
class Body:
    """What one HTTP body asks for, in order."""

    requests: list[Request]
    batch: bool


def parse(body: bytes) -> Body:
    """Read a body.

    Args:
        body: the whole HTTP body, already bounded in length.

    Raises:
        InvalidInput: ``gateway.not_json``, ``gateway.too_deep``,
            ``gateway.duplicate_key``, ``gateway.batch_empty``, ``gateway.batch_too_long``.
    """
    try:
        parsed = _exactly(body) if _EXACT in body else orjson.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("gateway.not_json") from error
    if not _flat(parsed, body) and _keys(parsed, DEPTH) != body.count(b":"):
        _refuse_duplicates(body)
    if not isinstance(parsed, list):
        return Body([_request(parsed)], batch=False)
    if not parsed:
        raise InvalidInput("gateway.batch_empty")
    if len(parsed) > BATCH:
        raise InvalidInput("gateway.batch_too_long", limit=BATCH, requested=len(parsed))
    return Body([_request(item) for item in parsed], batch=True)


def _exactly(body: bytes) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(word)

    orjson.loads(body)  # refuses what is nested too deep; the other reader's stack has no end
    return json.loads(body, parse_constant=refuse)


def _flat(parsed: Any, body: bytes) -> bool:
    """The common case, told by counting alone: one object, no key inside another, not deep."""
    return (
        isinstance(parsed, dict)
        and body.count(b":") == len(parsed)
        and body.count(b"[") + body.count(b"{") <= DEPTH
    )


def _keys(value: Any, depth: int) -> int:
    """Count the keys of all objects: as many as there are colons, unless text holds colons."""
    if not isinstance(value, (dict, list)):
        return 0
    if depth == 0:
        raise InvalidInput("gateway.too_deep", limit=DEPTH)
    if isinstance(value, list):
        return sum(_keys(inner, depth - 1) for inner in value)
    return len(value) + sum(_keys(inner, depth - 1) for inner in value.values())


def _refuse_duplicates(body: bytes) -> None:
    """The slow, certain way: look at every pair."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise InvalidInput("gateway.duplicate_key")
        return found

    json.loads(body, object_pairs_hook=pairs)


def _request(item: Any) -> Request:
    """Read one request; what is wrong with it is kept beside it."""
    if not isinstance(item, dict):
        return Request(None, "", [], error=InvalidInput("gateway.not_a_request"))
    notification = "id" not in item
    number = item.get("id")
    if not _is_id(number):
        return Request(None, "", [], error=InvalidInput("gateway.id_invalid"))
    method, params = item.get("method"), item.get("params")
    if item.get("jsonrpc") != "2.0" or not isinstance(method, str):
        return Request(number, "", [], error=InvalidInput("gateway.not_a_request"))
    if params is None:
        params = []
    if not isinstance(params, list):
        wrong = InvalidInput("gateway.params_invalid", what="a list")
        return Request(number, method, [], notification, wrong)
    return Request(number, method, params, notification)


def _is_id(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return len(value) <= ID_TEXT
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= ID_INTEGER
