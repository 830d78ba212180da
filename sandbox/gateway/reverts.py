"""Reverts in words: the Supervisor's clauses, and what a contract says itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sandbox.contracts.named_errors import named_error
from sandbox.contracts.typed import (
    MONEY_CLAUSES,
    ChainRefusal,
    decode_reason,
    decode_refusal,
)
from sandbox.kit.errors import Refused, SynakError
from sandbox.kit.ids import AssetCode, ChainName, PermitNumber

ASSET_OF: Final[dict[ChainName, AssetCode]] = {"kgst": "KGST", "som": "SOM"}
"""The supervised money of each chain."""
VALUE_CLAUSES: Final = MONEY_CLAUSES


def chain_refusal(found: ChainRefusal, chain: ChainName, permit: PermitNumber) -> Refused:
    """A Supervisor's error as a refusal by its clause.

    Args:
        found: decoded.
        chain: where; names the asset.
        permit: the authenticated permit (the contract knows only its hash).
    """
    counters: dict[str, object] = {"permit": permit, "version": found.version}
    if found.clause in VALUE_CLAUSES:
        counters["asset"] = ASSET_OF[chain]
    for name in ("limit", "used", "requested"):
        value = getattr(found, name)
        if value is not None:
            counters[name] = str(value)
    if found.frees_at:
        counters["frees_at"] = datetime.fromtimestamp(found.frees_at, tz=UTC).isoformat()
    if found.subject is not None:
        counters["subject"] = found.subject
    return Refused(f"refused.{found.clause}", clause=found.clause, **counters)


def revert_data(value: object) -> bytes:
    """What a contract returned when it reverted, from the engine's ``error.data``.

    Args:
        value: hex with ``0x``; anything else counts as nothing.
    """
    if not isinstance(value, str) or not value.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return b""


def reverted(data: bytes, chain: ChainName, permit: PermitNumber) -> SynakError:
    """The error that a reverted call or estimate is answered with.

    Args:
        data: what the contract returned.
        chain: where.
        permit: the authenticated permit.

    Returns:
        ``gateway.reverted`` with the data as hex; ``clause_code`` and its counters are
        set when it was the Supervisor.
    """
    params: dict[str, object] = {"data": "0x" + data.hex(), "reason": reason(data)}
    found = decode_refusal(data)
    if found is not None:
        refused = chain_refusal(found, chain, permit)
        params |= {**refused.params, "clause_code": refused.code}
    return SynakError("gateway.reverted", **params)


def reason(data: bytes) -> str:
    """What a revert says of itself.

    Args:
        data: what the contract returned.

    Returns:
        The text of ``Error(string)``, the words of a panic, an error of the national contracts
        by its name, or the selector.

    >>> reason(b"")
    'without a reason'
    """
    if not data:
        return "without a reason"
    return decode_reason(data) or named_error(data) or f"custom error 0x{data[:4].hex()}"
