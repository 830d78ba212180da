r"""Batches of journal records: what of a journal the audit log commits to.

Rules:

1. A batch is a run of records without a gap, from where the last one ended. It is full at
   ``RECORDS`` records or ``BYTES`` bytes; one that is not full is closed ``SECONDS`` after its
   first record. Its boundaries stand in the audit log and, once entered there, in the journal
   itself (an ``ANCHOR`` record); its root follows from boundaries and journal alone.
2. A record is a leaf made of parts, so that one part can be shown and another kept back while
   the proof still holds: who acted lies apart from what was done, and each failure of a block
   apart from those of other permits. Who acted carries a random request id, so its hash cannot
   be guessed open.
3. Anchors alone never close a batch: the log would feed itself.

The leaf's data is ``sequence u64 | kind u8 | count of parts u32 | hash of each part``; a part's
hash is SHA-256 of its name, a zero byte and its bytes.

>>> record = Record(Kind.TX, {"hash": "0x1", "meta": {"permit": "SB-2026-0001", "account": "b"}})
>>> [(part.name, part.data) for part in parts_of(record)][1]
('who', b'{"account":"b"}')

Source: RFC 6962 section 2.1.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from sandbox.chain.records import CHAIN_BYTES, Kind, Place, Record, Scan, Stored, pack
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.merkle import leaf_hash, root

RECORDS: Final = 4_096
"""Most records of a batch."""
BYTES: Final = 8 << 20
"""Bytes of the journal after which a batch is full."""
SECONDS: Final = 15.0
"""Age of a batch's first record at which it is closed, seconds."""
RECORD: Final = "record"
"""The name of a record's first part."""
_LEAF: Final = struct.Struct(">QBI")
_SIZE: Final = struct.Struct(">I")
_WHO: Final = ("account", "request_id")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a record that can be shown by itself.

    Attributes:
        name: ``record``, ``who``, ``failure.<n>`` or ``failure.<n>.who``.
        data: JSON, and behind it raw bytes for transactions and seals (as ``records.pack``).
    """

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch is closed."""

    records: int = RECORDS
    size: int = BYTES
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of records and what commits to it.

    Attributes:
        first: sequence of its first record.
        last: of its last.
        root: RFC 6962 root over the records' leaves.
        end: the place behind it.
        counts: how many records of each kind.
        head: ``{number, hash}`` of the newest block sealed in it, or None.
    """

    first: int
    last: int
    root: bytes
    end: Place
    counts: Mapping[str, int]
    head: Mapping[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON, for the audit log."""
        return {
            "first": self.first,
            "last": self.last,
            "root": self.root.hex(),
            "end": self.end.as_dict(),
            "counts": dict(self.counts),
            "head": None if self.head is None else dict(self.head),
        }


def parts_of(record: Record) -> list[Part]:
    """The parts of a record, in order.

    Args:
        record: as read from a journal.
    """
    body = record.body
    if record.kind is Kind.TX:
        meta = dict(body["meta"])
        shown = {name: value for name, value in body.items() if name != "meta"}
        shown["permit"] = meta.pop("permit", None)
        return [_framed(record, shown), Part("who", orjson.dumps(meta))]
    if record.kind is Kind.REFUSAL:
        refusal = dict(body["refusal"])
        who = {name: refusal.pop(name) for name in _WHO if name in refusal}
        shown = {**body, "refusal": refusal}
        return [_framed(record, shown), Part("who", orjson.dumps(who))]
    if record.kind is Kind.SEAL:
        shown = {name: value for name, value in body.items() if name != "failures"}
        return [_framed(record, shown), *_failures(body["failures"])]
    return [Part(RECORD, pack(record))]


def _failures(failures: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    for number, failure in enumerate(failures):
        shown = {name: value for name, value in failure.items() if name != "meta"}
        yield Part(f"failure.{number}", orjson.dumps(shown))
        yield Part(f"failure.{number}.who", orjson.dumps(failure.get("meta")))


def _framed(record: Record, body: Mapping[str, Any]) -> Part:
    return Part(RECORD, pack(Record(record.kind, dict(body), record.blob)))


def unframed(part: Part) -> dict[str, str]:
    """A part as JSON: its text, and the raw bytes behind it as hex where it has a place for them.

    Args:
        part: of ``parts_of``.
    """
    if part.name != RECORD:
        return {"text": part.data.decode()}
    (size,) = _SIZE.unpack_from(part.data)
    return {"text": part.data[4 : 4 + size].decode(), "raw": part.data[4 + size :].hex()}


def framed(name: str, text: str, raw: str | None) -> bytes:
    """The bytes of a part from its JSON form.

    Args:
        name: of the part.
        text: its JSON, exactly.
        raw: the bytes behind it, hex; for ``record`` alone.

    Raises:
        IntegrityFailure: ``evidence.part_malformed``.
    """
    try:
        data = text.encode()
        behind = bytes.fromhex(raw or "")
    except ValueError as error:
        raise IntegrityFailure("evidence.part_malformed", reason=str(error)[:80]) from error
    if behind.hex() != (raw or ""):
        raise IntegrityFailure("evidence.part_malformed", reason="not lower-case hex")
    return _SIZE.pack(len(data)) + data + behind if name == RECORD else data


def part_hash(name: str, data: bytes) -> bytes:
    """The hash of a part, 32 bytes."""
    return hashlib.sha256(name.encode() + b"\0" + data).digest()


def leaf_of_parts(sequence: int, kind: int, hashes: Sequence[bytes]) -> bytes:
    """A record's leaf hash from the hashes of its parts.

    Args:
        sequence: the record's number in its journal.
        kind: ``records.Kind``.
        hashes: 32 bytes each, in the order of the parts.
    """
    return leaf_hash(_LEAF.pack(sequence, kind, len(hashes)) + b"".join(hashes))


def leaf(stored: Stored) -> bytes:
    """A stored record's leaf hash."""
    hashes = [part_hash(part.name, part.data) for part in parts_of(stored.record)]
    return leaf_of_parts(stored.at.sequence, int(stored.record.kind), hashes)


def records_from(file: BinaryIO, start: Place, end: Place) -> Iterator[Stored]:
    """The records between two places.

    Args:
        file: the journal, opened for reading in binary.
        start: where to begin; its chain is checked against the first record.
        end: where to stop; what lies behind may still be on its way to the disk.

    Raises:
        IntegrityFailure: ``journal.bad_record``.
    """
    scan = Scan(file, start)
    if start.offset >= end.offset:
        return
    for stored in scan:
        yield stored
        if stored.next.offset >= end.offset:
            return


def next_batches(
    path: Path, start: Place, end: Place, now: float, *, limits: Limits | None = None, most: int = 8
) -> list[Batch]:
    """The batches that are closed behind a place.

    Args:
        path: the journal.
        start: behind the last batch.
        end: behind the last durable record.
        now: seconds since 1970.
        limits: when a batch is closed.
        most: at most so many.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``.
    """
    rule = limits or Limits()
    found: list[Batch] = []
    for group, full in _groups(path, start, end, rule):
        if len(found) == most or not (full or _is_due(group, now, rule.seconds)):
            break
        found.append(_batch(group))
    return found


def _groups(
    path: Path, start: Place, end: Place, rule: Limits
) -> Iterator[tuple[list[Stored], bool]]:
    group: list[Stored] = []
    with _opened(path) as file:
        for stored in records_from(file, start, end):
            group.append(stored)
            size = stored.next.offset - group[0].at.offset
            if len(group) >= rule.records or size >= rule.size:
                yield group, True
                group = []
    if group:
        yield group, False


def _is_due(group: Sequence[Stored], now: float, seconds: float) -> bool:
    """Whether its first record that says when it was written is old enough."""
    written = (
        float(each.record.body["at"])
        for each in group
        if each.record.kind is not Kind.ANCHOR and "at" in each.record.body
    )
    first = next(written, None)
    return first is not None and abs(now - first) >= seconds


def _batch(group: Sequence[Stored]) -> Batch:
    counts: dict[str, int] = {}
    head: dict[str, Any] | None = None
    for stored in group:
        name = stored.record.kind.name.lower()
        counts[name] = counts.get(name, 0) + 1
        if stored.record.kind is Kind.SEAL:
            head = {"number": stored.record.body["number"], "hash": stored.record.body["hash"]}
    return Batch(
        first=group[0].at.sequence,
        last=group[-1].at.sequence,
        root=root([leaf(each) for each in group]),
        end=group[-1].next,
        counts=counts,
        head=head,
    )


def batch_between(path: Path, start: Place, last: int) -> list[Stored]:
    """The records of a batch as the audit log bounds it.

    Args:
        path: the journal.
        start: where it begins.
        last: sequence of its last record.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``, ``journal.cut_off`` when the
            journal ends before it.
    """
    group: list[Stored] = []
    with _opened(path) as file:
        for stored in Scan(file, start):
            group.append(stored)
            if stored.at.sequence >= last:
                return group
    raise IntegrityFailure(
        "journal.cut_off", ends=start.sequence + len(group), expected=last + 1, path=path.name
    )


def disagreement(path: Path, end: Place, place: Place) -> str | None:
    """Why a journal is not the one of which the audit log knows a place.

    Args:
        path: the journal.
        end: behind its last durable record.
        place: behind the newest batch that the audit log knows.

    Returns:
        ``journal.cut_off`` when it ends before, ``journal.rewritten`` when another record stands
        there, None when it is the same journal up to there.
    """
    if place.offset > end.offset or place.sequence > end.sequence:
        return "journal.cut_off"
    if place == Place():
        return None
    with _opened(path) as file:
        file.seek(place.offset - CHAIN_BYTES)
        return None if file.read(CHAIN_BYTES) == place.chain else "journal.rewritten"


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb", buffering=1 << 20)
    except OSError as error:
        raise IntegrityFailure("journal.missing", path=path.name, reason=str(error)) from error
