"""A transaction that was mined and failed, as evidence.

Revert data of the Supervisor is decoded into clause, version and counters (amounts
as decimal strings of minor units); of anything else it stays hex, with no clause.
"""

from __future__ import annotations

from typing import Any

from sandbox.chain.producer import Failure, Head
from sandbox.chain.queue import Entry
from sandbox.contracts.typed import decode_refusal
from sandbox.kit.ids import ChainName


def failure_body(
    chain: ChainName, head: Head, entry: Entry, failure: Failure, at: float
) -> dict[str, Any]:
    """The body of the evidence.

    Args:
        chain: which chain.
        head: the block.
        entry: the transaction as it was acknowledged.
        failure: what the engine said.
        at: seconds since 1970.
    """
    tx = entry.tx
    return {
        "source": "mined",
        "chain": chain,
        "tx_hash": tx.hash,
        "block": head.number,
        "block_hash": head.hash,
        "index": failure.index,
        "sender": tx.sender,
        "to": tx.to,
        "permit": entry.meta.get("permit"),
        "meta": entry.meta,
        "output": failure.output,
        "at": at,
    } | reason(failure.output)


def reason(output: str) -> dict[str, Any]:
    """Clause and counters of a refusal by the Supervisor.

    Args:
        output: revert data as hex with ``0x``.

    Returns:
        ``clause`` (None when it is no refusal), ``permit_id``, ``version``, ``limit``,
        ``used``, ``requested``, ``frees_at`` (seconds since 1970), ``subject``.
    """
    found = decode_refusal(bytes.fromhex(output[2 : 2 + 2 * (len(output[2:]) // 2)]))
    if found is None:
        return {"clause": None}
    return {
        "clause": found.clause,
        "permit_id": _hex(found.permit),
        "version": found.version,
        "limit": _text(found.limit),
        "used": _text(found.used),
        "requested": _text(found.requested),
        "frees_at": found.frees_at,
        "subject": found.subject,
    }


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _hex(value: bytes | str) -> str:
    return value if isinstance(value, str) else "0x" + value.hex()
