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
from typing import Any, Final, NamedTuple

import orjson

from sandbox.kit.errors import InvalidInput, SynakError

DEPTH: Final = 24
BATCH: Final = 100
ID_TEXT: Final = 128
VALUES: Final = 256
"""Values that are read for one compute unit; a body with fewer is light."""
_SHORT: Final = 1024
"""Bytes of a body that is light whatever it says."""
ID_INTEGER: Final = 2**53 - 1
_NESTED: Final = frozenset({dict, list})
_EXACT: Final = b"eth_signTypedData"
"""What is signed must be exact: typed data may hold integers above 64 bits, which the fast
reader would turn into floats."""


class Request(NamedTuple):
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


class Body(NamedTuple):
    """What one HTTP body asks for, in order."""

    requests: list[Request]
    batch: bool


def weight(body: bytes) -> int:
    """How much there is to read, in compute units: 0 for what a single request usually says.

    Reading takes time by the number of values, not of bytes, and those are told without reading.

    Args:
        body: the whole HTTP body.

    >>> weight(b'{"jsonrpc":"2.0","id":7,"method":"eth_chainId"}')
    0
    >>> weight(b"[" + b"[]," * 500 + b"[]]")
    3
    """
    if len(body) < _SHORT:
        return 0
    return (body.count(b",") + body.count(b"[") + body.count(b"{")) // VALUES


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
    if isinstance(parsed, list):
        if not parsed:
            raise InvalidInput("gateway.batch_empty")
        if len(parsed) > BATCH:
            raise InvalidInput("gateway.batch_too_long", limit=BATCH, requested=len(parsed))
    if not _flat(parsed, body) and _keys(parsed) != body.count(b":"):
        _refuse_duplicates(body)
    if not isinstance(parsed, list):
        return Body([_request(parsed)], False)
    return Body([_request(item) for item in parsed], True)


def _exactly(body: bytes) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(word)

    orjson.loads(body)  # refuses what is nested too deep; the other reader's stack has no end
    return json.loads(body, parse_constant=refuse)


def _flat(parsed: Any, body: bytes) -> bool:
    """The common case, told at a glance: one object whose parameters hold nothing nested.

    There are at least as many colons as keys, so as many means that no key is there twice.
    """
    if not isinstance(parsed, dict):
        return False
    keys = len(parsed)
    for value in parsed.values():
        if type(value) is list:
            for each in value:
                if type(each) is dict:
                    keys += len(each)
                    if not _NESTED.isdisjoint(map(type, each.values())):
                        return False
                elif type(each) is list:
                    return False
        elif type(value) is dict:
            return False
    return body.count(b":") == keys


def _keys(value: Any) -> int:
    """Count the keys of all objects: as many as there are colons, unless text holds colons.

    Level by level, since a call for each value would take ten times as long.
    """
    keys, level = 0, [value]
    for _ in range(DEPTH):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                keys += len(each)
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
        if not below:
            return keys
        level = below
    if any(isinstance(each, (dict, list)) for each in level):
        raise InvalidInput("gateway.too_deep", limit=DEPTH)
    return keys


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
    if type(value) is int:
        return -ID_INTEGER <= value <= ID_INTEGER
    if value is None:
        return True
    return isinstance(value, str) and len(value) <= ID_TEXT
