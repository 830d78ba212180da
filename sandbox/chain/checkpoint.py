"""Checkpoints: what the journal says up to an epoch, so that a start reads only what follows.

Rules:

- A checkpoint is the checkpoint before it and the records since, read as a start reads them,
  by a process apart (``toil``): reading on from it gives what reading everything gives.
- It names the place in the journal at which it was taken. It is used only when the journal
  holds that very place (offset, and the chain over all records before it), so a journal that
  is older, shorter or another one is read whole.
- It is derived, whole or not there, and has a checksum: one that does not fit is passed over
  for the one before, in the end for the whole journal.
- What waits in the queue is read from the journal by its place, checksums included.

What a start then does not read again are the records before the place. Their bytes are
checked by ``synak journal verify``, and each one whenever it is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from sandbox.chain.memory import Counts, Created, Drop, Epoch, Memory, head_body, read_head, read_tx
from sandbox.chain.queue import Entry
from sandbox.chain.records import CHAIN_BYTES, Kind, Place, Scan, read_at
from sandbox.chain.tally import Tally
from sandbox.chain.work import write_whole
from sandbox.kit.errors import IntegrityFailure

FORMAT: Final = 1
KEPT: Final = 2
FOLDER: Final = "checkpoints"
_DIGEST: Final = hashlib.sha256().digest_size
_log = structlog.get_logger()


def folder_of(journal: Path) -> Path:
    """Where the checkpoints of a journal lie."""
    return journal.parent / FOLDER


def newest(journal: Path) -> int:
    """The block of the newest checkpoint; 0 when there is none."""
    found = next(_newest_first(folder_of(journal)), None)
    return int(found.stem) if found else 0


def recall(journal: Path, memory: Memory) -> Place | None:
    """Fill an empty memory from the newest checkpoint that fits.

    Args:
        journal: the chain's journal.
        memory: gains what was said up to the place; ``expected`` is compared.

    Returns:
        From where on the journal is to be read; None: from its start, the memory is empty.
    """
    for path in _newest_first(folder_of(journal)):
        try:
            body = _read(path)
            place = Place.from_dict(body["place"])
            _check_place(journal, place)
            _fill(memory, body, journal)
        except (IntegrityFailure, KeyError, TypeError, ValueError, OSError) as error:
            memory.forget()
            _log.warning("checkpoint.passed_over", path=path.name, reason=str(error)[:200])
        else:
            return place
    return None


def take(journal: Path, number: int) -> bool:
    """Write the checkpoint of an epoch, from the one before and the journal.

    Args:
        journal: the chain's journal; it may be written meanwhile.
        number: the epoch's block.

    Returns:
        False when there is nothing to do: it is there, or the journal has no such epoch.

    Raises:
        IntegrityFailure: ``journal.bad_record``.
        Unavailable: ``history.unwritable``.
    """
    folder = folder_of(journal)
    if newest(journal) >= number:
        return False
    memory = Memory()
    start = recall(journal, memory)
    with journal.open("rb", buffering=1 << 20) as file:
        for stored in Scan(file, start):
            memory.visit(stored)
            if stored.record.kind is Kind.EPOCH and stored.record.body["number"] == number:
                body = orjson.dumps(body_of(memory, stored.next))
                digest = hashlib.sha256(body).digest()
                write_whole(folder / _name(number), digest + body, "history.unwritable")
                for old in list(_newest_first(folder))[KEPT:]:
                    old.unlink(missing_ok=True)
                return True
    return False


def _name(number: int) -> str:
    return f"{number:012d}.checkpoint"


def _newest_first(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.glob("*.checkpoint"), reverse=True))


def _read(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    if hashlib.sha256(memoryview(data)[_DIGEST:]).digest() != data[:_DIGEST]:
        raise IntegrityFailure("checkpoint.unusable", reason="digest")
    body: dict[str, Any] = orjson.loads(memoryview(data)[_DIGEST:])
    if body["format"] != FORMAT:
        raise IntegrityFailure("checkpoint.unusable", reason="format")
    return body


def _check_place(journal: Path, place: Place) -> None:
    """The journal has that place: so many records, and these."""
    with journal.open("rb") as file:
        file.seek(place.offset - CHAIN_BYTES)
        if file.read(CHAIN_BYTES) != place.chain:
            raise IntegrityFailure("checkpoint.unusable", reason="place")


def body_of(memory: Memory, place: Place) -> dict[str, Any]:
    """What a memory holds behind an epoch's record, as JSON."""
    if memory.head is None:
        raise IntegrityFailure("journal.no_header")
    drops = [[each.hash, each.reason, each.params, each.at] for each in memory.dropped.values()]
    created = {"totals": memory.created.totals, "factories": sorted(memory.created.factories)}
    return {
        "format": FORMAT,
        "place": place.as_dict(),
        "header": memory.header,
        "head": head_body(memory.head),
        "sealed_at": memory.sealed_at.as_dict(),
        "epochs": [epoch.record().body for epoch in memory.epochs],
        "queue": memory.queue.as_dict(),
        "dropped": drops,
        "evidence": memory.evidence.as_dict(),
        "counts": asdict(memory.counts),
        "anchor": memory.anchor,
        "created": created,
        "tally": memory.tally.as_dict(),
    }


def _fill(memory: Memory, body: dict[str, Any], journal: Path) -> None:
    memory.header, memory.head = body["header"], read_head(body["head"])
    memory.sealed_at = Place.from_dict(body["sealed_at"])
    memory.epochs.extend(Epoch.from_body(each) for each in body["epochs"])
    _compare(memory)
    with journal.open("rb") as file:
        entries = []
        for place, gapped_since in body["queue"]["waiting"]:
            at = Place.from_dict(place)
            record = read_at(file, at)
            sent = read_tx(record)
            said = record.body
            entries.append(
                Entry(sent, said["meta"], said["at"], True, gapped_since=gapped_since, place=at)
            )
    memory.queue.restore(body["queue"], entries)
    for tx_hash, reason, params, at_time in body["dropped"]:
        memory.dropped[tx_hash] = Drop(tx_hash, reason, params, at_time)
    memory.evidence.restore(body["evidence"])
    memory.counts = Counts(**body["counts"])
    memory.anchor = body["anchor"]
    totals = {permit: (made, bad) for permit, (made, bad) in body["created"]["totals"].items()}
    memory.created = Created(set(), totals, set(body["created"]["factories"]))
    memory.tally = Tally.from_dict(body["tally"])


def _compare(memory: Memory) -> None:
    """The block that the index ends with, when it lies before the checkpoint."""
    if memory.expected is None or memory.head is None:
        return
    number, block_hash = memory.expected
    if not 0 < number <= memory.head.number:
        return
    known = {epoch.head.number: epoch.head.hash for epoch in memory.epochs}
    if number not in known:
        raise IntegrityFailure("checkpoint.unusable", reason="index")
    memory.contradicted = known[number] != block_hash
