"""What was acknowledged and refused, read back from the journal's file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.chain.events import RefusalEvidence
from sandbox.chain.memory import CURSOR_BITS, Memory
from sandbox.chain.records import Kind, Place, Record, Scan, bad, read_at
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import Address, TxHash


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A transaction that was acknowledged.

    Attributes:
        hash: its hash.
        at: when it was received.
        meta: what was remembered with it.
        sender: who signed it.
        to: None for a deployment.
        nonce: the sender's nonce.
        state: ``queued``, ``mined`` or ``dropped``, now.
        gas: its gas limit, units.
    """

    hash: TxHash
    at: datetime
    meta: dict[str, Any]
    sender: Address
    to: Address | None
    nonce: int
    state: str
    gas: int


def acknowledged(path: Path, memory: Memory, since: datetime | None) -> Iterator[Acknowledged]:
    """Every acknowledged transaction in order.

    Args:
        path: the journal.
        memory: what the journal says, for the state.
        since: only from this moment on.
    """
    earliest = since.timestamp() if since else 0.0
    with path.open("rb", buffering=1 << 20) as file:
        for stored in Scan(file):
            body = stored.record.body
            if stored.record.kind is not Kind.TX or body["at"] < earliest:
                continue
            tx_hash = TxHash(body["hash"])
            state = "mined"
            if memory.queue.get(tx_hash) is not None:
                state = "queued"
            elif tx_hash in memory.dropped:
                state = "dropped"
            at = datetime.fromtimestamp(body["at"], UTC)
            yield Acknowledged(
                tx_hash,
                at,
                body["meta"],
                body["sender"],
                body["to"],
                body["nonce"],
                state,
                body["gas"],
            )


async def records_at(path: Path, offsets: Sequence[int]) -> list[Record]:
    """Records by their places, in a thread.

    Args:
        path: the journal.
        offsets: where each begins, bytes.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``.
    """
    return await asyncio.to_thread(_records_at, path, offsets)


def _records_at(path: Path, offsets: Sequence[int]) -> list[Record]:
    try:
        with path.open("rb") as file:
            return [read_at(file, Place(offset)) for offset in offsets]
    except OSError as error:
        raise IntegrityFailure("journal.missing", path=path.name, reason=str(error)) from error


def find_evidence(
    path: Path, start: Place, *, after: int, permit: str | None, limit: int
) -> list[tuple[int, Place]]:
    """Cursors and places of evidence that memory no longer keeps.

    Args:
        path: the journal.
        start: where to begin to read.
        after: a cursor; only later ones.
        permit: only of this permit's number; None for all.
        limit: the most.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``.
    """
    found: list[tuple[int, Place]] = []
    try:
        with path.open("rb", buffering=1 << 20) as file:
            for stored in Scan(file, start):
                body, base = stored.record.body, stored.at.sequence << CURSOR_BITS
                permits: list[str | None] = []
                if stored.record.kind is Kind.REFUSAL:
                    permits = [body["permit"]]
                elif stored.record.kind is Kind.SEAL:
                    permits = [failure["permit"] for failure in body["failures"]]
                for index, of in enumerate(permits):
                    if base | index > after and (permit is None or of == permit):
                        found.append((base | index, stored.at))
                        if len(found) >= limit:
                            return found
    except OSError as error:
        raise IntegrityFailure("journal.missing", path=path.name, reason=str(error)) from error
    return found


def read_evidence(path: Path, found: Sequence[tuple[int, Place]]) -> list[RefusalEvidence]:
    """Read evidence by its places.

    Args:
        path: the journal.
        found: cursors and places of their records.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``.
    """
    evidence = []
    try:
        with path.open("rb") as file:
            for cursor, place in found:
                record = read_at(file, place)
                if record.kind is Kind.SEAL:
                    body = record.body["failures"][cursor & ((1 << CURSOR_BITS) - 1)]
                elif record.kind is Kind.REFUSAL:
                    body = record.body["refusal"]
                else:
                    raise bad(place, "kind_or_length")
                at = body["at"] if record.kind is Kind.SEAL else record.body["at"]
                evidence.append(RefusalEvidence(cursor, at, body["permit"], body))
    except OSError as error:
        raise IntegrityFailure("journal.missing", path=path.name, reason=str(error)) from error
    return evidence
