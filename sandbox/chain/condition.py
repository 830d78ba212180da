"""The condition of a chain as JSON, for health checks and pages."""

from __future__ import annotations

from typing import Any

from sandbox.chain.journal import Journal
from sandbox.chain.memory import Memory, head_body
from sandbox.chain.sealing import Sealer
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import ChainName


def condition(
    chain: ChainName,
    memory: Memory,
    journal: Journal | None,
    sealer: Sealer | None,
    held: SynakError | None,
) -> dict[str, Any]:
    """State, head, counts and what went wrong last.

    Args:
        chain: which chain.
        memory: what its journal says.
        journal: None when it is not open.
        sealer: None when no blocks are made.
        held: why nothing new is acknowledged, or None.
    """
    error = held or ((sealer.failed or sealer.last_error) if sealer else None)
    counts = memory.counts
    return {
        "state": _state(journal, sealer, held),
        "chain": chain,
        "head": head_body(memory.head) if memory.head else None,
        "queued": len(memory.queue),
        "executable": memory.queue.executable,
        "acknowledged": counts.acknowledged,
        "mined": counts.mined,
        "failed": counts.failed,
        "dropped": counts.dropped,
        "refusals": counts.refusals,
        "epochs": counts.epochs,
        "since_epoch": counts.since_epoch,
        "largest_block": sealer.largest_block if sealer else 0,
        "journal": _journal(journal) if journal else None,
        "last_error": error.as_dict() if error else None,
    }


def _journal(journal: Journal) -> dict[str, Any]:
    return {
        "bytes": journal.end.offset,
        "records": journal.end.sequence,
        "writable": journal.writable,
        "torn_bytes_cut": journal.recovered_bytes,
    }


def _state(journal: Journal | None, sealer: Sealer | None, held: SynakError | None) -> str:
    """``ok``, ``recovering``, ``unwritable``, ``held``, ``failed`` or ``closed``."""
    if journal is None or sealer is None:
        return "closed"
    if sealer.failed is not None:
        return "failed"
    if not journal.writable:
        return "unwritable"
    if held is not None:
        return "held"
    return "ok" if sealer.alive else "recovering"
