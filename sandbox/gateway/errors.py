"""From an error's code to the JSON-RPC error a client reads.

The steps raise errors of the one tree (``sandbox.kit.errors``) with a code and
parameters; this module alone knows the numbers of the wire. Numbers:

=======  ==========================================================
-32700   the body is not JSON
-32600   the JSON is not a request
-32601   no such method
-32602   parameters, or a transaction, that cannot be right
-32000   a transaction that the queue or the engine cannot take
-32603   our own fault: ``internal`` and a request id, nothing else
-32001   who is asking is not known
-32002   a part is out of reach, or the policy is too old to decide
-32003   refused by a clause of the permit
-32004   a known method that a trial chain does not offer
-32005   refused by a quota of the permit
3        a call or an estimate that the contract reverts
=======  ==========================================================

Source: JSON-RPC 2.0 section 5.1; EIP-1474 for -32000 to -32099; geth for 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    Refused,
    SynakError,
    Unavailable,
)
from sandbox.locale import Language, has_wording, wording

REJECTED: Final = -32000
PARSE: Final = -32700
REQUEST: Final = -32600
METHOD: Final = -32601
PARAMS: Final = -32602
INTERNAL: Final = -32603
NOT_AUTHENTICATED: Final = -32001
UNAVAILABLE: Final = -32002
REFUSED: Final = -32003
NOT_OFFERED: Final = -32004
QUOTA: Final = -32005
REVERTED: Final = 3

_NUMBERS: Final[dict[str, int]] = {
    "gateway.not_json": PARSE,
    "gateway.too_deep": PARSE,
    "gateway.duplicate_key": PARSE,
    "gateway.body_too_long": REQUEST,
    "gateway.post_only": REQUEST,
    "gateway.not_a_request": REQUEST,
    "gateway.id_invalid": REQUEST,
    "gateway.batch_empty": REQUEST,
    "gateway.batch_too_long": REQUEST,
    "gateway.batch_answer_too_long": REQUEST,
    "gateway.chain_unknown": REQUEST,
    "gateway.method_unknown": METHOD,
    "gateway.method_not_offered": NOT_OFFERED,
    "gateway.reverted": REVERTED,
    "engine.refused_request": REJECTED,
    "tx.nonce_too_low": REJECTED,
}
_CLASSES: Final[tuple[tuple[type[SynakError], int], ...]] = (
    (Refused, REFUSED),
    (NotAllowed, REFUSED),
    (InvalidInput, PARAMS),
    (NotAuthenticated, NOT_AUTHENTICATED),
    (Conflict, REJECTED),
    (Unavailable, UNAVAILABLE),
)
_HTTP: Final[dict[str, int]] = {
    "gateway.body_too_long": 413,
    "gateway.post_only": 405,
    "gateway.chain_unknown": 404,
}
QUOTA_CLAUSES: Final = frozenset(
    {
        "requests_per_second",
        "transactions_per_day",
        "deployments",
        "units_per_day",
        "gas_per_day",
    }
)
"""Clauses that are a quota: the same request may pass later, or under another permit."""
EVIDENCE: Final = (
    "clause",
    "permit",
    "version",
    "asset",
    "limit",
    "used",
    "requested",
    "frees_at",
    "subject",
)
"""Parameters of a refusal that are named in ``error.data``."""


def number(error: SynakError) -> int:
    """The JSON-RPC number of an error.

    Args:
        error: any error of the tree.
    """
    if error.code in _NUMBERS:
        return _NUMBERS[error.code]
    if error.params.get("clause") in QUOTA_CLAUSES:
        return QUOTA
    return next((wire for kind, wire in _CLASSES if isinstance(error, kind)), INTERNAL)


def http_status(error: SynakError) -> int:
    """The HTTP status when the whole body is answered by one error.

    200 for almost everything: web3.py's provider throws the body of any other away.

    Args:
        error: any error of the tree.
    """
    if isinstance(error, NotAuthenticated):
        return 401
    return _HTTP.get(error.code, 200)


def as_object(error: SynakError, *, request_id: str, language: Language) -> dict[str, Any]:
    """The ``error`` member of a JSON-RPC answer.

    Args:
        error: any error of the tree; what is not on purpose says ``internal`` only.
        request_id: the same as in our log.
        language: ``en``, ``ru`` or ``ky``, of message and advice.

    Returns:
        ``code``, ``message``, ``data``.
    """
    rpc, code, params = number(error), error.code, error.params
    if rpc == INTERNAL:
        code, params = "gateway.internal", {"request_id": request_id}
    if rpc == REVERTED:
        return {"code": rpc, "message": _reverted(params, language), "data": params["data"]}
    data: dict[str, Any] = {"code": code, "request_id": request_id}
    if isinstance(error, Refused):
        data |= {name: params.get(name) for name in EVIDENCE}
    else:
        data |= {"params": params}
    data["what_to_do"] = _advice(code, params, language)
    return {"code": rpc, "message": wording(code, params, language), "data": data}


def _advice(code: str, params: Mapping[str, object], language: Language) -> str | None:
    """What helps, where somebody has worded it (``what_to_do.<clause or code>``)."""
    name = f"what_to_do.{params.get('clause') or code}"
    return wording(name, params, language) if has_wording(name) else None


def _reverted(params: Mapping[str, object], language: Language) -> str:
    """``execution reverted``, as every client expects it, and why."""
    clause = params.get("clause_code")
    why = wording(str(clause), params, language) if clause else params.get("reason")
    return f"execution reverted: {why}"


def answer(request: object, result: object) -> dict[str, Any]:
    """A JSON-RPC success.

    Args:
        request: the id of the request.
        result: JSON-able.
    """
    return {"jsonrpc": "2.0", "id": request, "result": result}


def failure(request: object, error: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON-RPC failure.

    Args:
        request: the id of the request, None when it could not be read.
        error: what ``as_object`` made.
    """
    return {"jsonrpc": "2.0", "id": request, "error": dict(error)}
