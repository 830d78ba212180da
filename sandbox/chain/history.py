"""Records and evidence, read back from the journal's file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sandbox.chain.events import RefusalEvidence
from sandbox.chain.memory import CURSOR_BITS
from sandbox.chain.records import Kind, Place, Record, Scan, bad, read_at
from sandbox.kit.errors import IntegrityFailure


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
