r"""How one record lies in the journal.

A journal is ``MAGIC`` and then records, each::

    length u32 | kind u8 | sequence u64 | crc of payload u32 | crc of these 17 bytes u32
    payload (``length`` bytes): json length u32 | JSON | raw bytes
    chain (32 bytes): SHA-256 of the chain before, the head and the payload

Rules:

- The head has a checksum of its own, so a damaged length is never mistaken for the
  end of the file.
- Records are numbered from 0 and chained: no record can be changed, taken out or
  put in without all that follow being written anew.
- **Torn tail**: the file ends inside a record whose head is right (or inside a
  head), or only zero bytes follow. That is what a crash leaves of a write that was
  never acknowledged. Anything else wrong is damage, and is named by its number.

>>> record = Record(Kind.REFUSAL, {"permit": "SB-2026-0001"})
>>> framed, after = frame(Kind.REFUSAL, pack(record), Place(8, 7, bytes(32)))
>>> len(framed) - CHAIN_BYTES - HEAD.size
29
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from sandbox.kit.errors import IntegrityFailure, InvalidInput

MAGIC: Final = b"SYNAKJ1\n"
HEAD: Final = struct.Struct(">IBQII")
_HEAD_CHECKED: Final = struct.Struct(">IBQI")
_HEAD_CHECKED_SIZE: Final = _HEAD_CHECKED.size
_SIZE: Final = struct.Struct(">I")
CHAIN_BYTES: Final = 32
FIRST_CHAIN: Final = bytes(CHAIN_BYTES)
MAX_PAYLOAD: Final = 64 << 20
"""The largest payload, bytes."""


class Kind(IntEnum):
    """What a record says."""

    HEADER = 1
    TX = 2
    DROP = 3
    REFUSAL = 4
    SEAL = 5
    EPOCH = 6
    ANCHOR = 7
    CREATED = 8


_KINDS: Final = {int(kind): kind for kind in Kind}
_HEAD_SIZE: Final = HEAD.size


class Record(NamedTuple):
    """One thing to remember.

    Attributes:
        kind: what it says.
        body: JSON.
        blob: raw bytes beside it (a signed transaction, the hashes of a block).
    """

    kind: Kind
    body: dict[str, Any]
    blob: bytes = b""


class Place(NamedTuple):
    """A point between two records.

    Attributes:
        offset: bytes from the start of the file.
        sequence: the number of the record that begins here.
        chain: the chain up to here.
    """

    offset: int = len(MAGIC)
    sequence: int = 0
    chain: bytes = FIRST_CHAIN

    def as_dict(self) -> dict[str, Any]:
        """As JSON, for an epoch's record."""
        return {"offset": self.offset, "sequence": self.sequence, "chain": self.chain.hex()}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Place:
        """From its JSON form."""
        return cls(value["offset"], value["sequence"], bytes.fromhex(value["chain"]))


class Stored(NamedTuple):
    """A record as it was found: where it lies and where the next one begins."""

    record: Record
    at: Place
    next: Place


def pack(record: Record) -> bytes:
    """The payload of a record.

    Args:
        record: what to write.

    Raises:
        InvalidInput: ``journal.not_json``, ``journal.record_too_large``.
    """
    try:
        body = orjson.dumps(record.body)
    except TypeError as error:
        raise InvalidInput("journal.not_json", reason=str(error)[:200]) from error
    payload = _SIZE.pack(len(body)) + body + record.blob
    if len(payload) > MAX_PAYLOAD:
        raise InvalidInput("journal.record_too_large", size=len(payload), limit=MAX_PAYLOAD)
    return payload


def frame(kind: Kind, payload: bytes, at: Place) -> tuple[bytes, Place]:
    """Frame a payload for its place.

    Args:
        kind: what it says.
        payload: from ``pack``.
        at: where it will lie.

    Returns:
        Its bytes, and the place behind it.
    """
    start = _HEAD_CHECKED.pack(len(payload), kind, at.sequence, zlib.crc32(payload))
    head = start + _SIZE.pack(zlib.crc32(start))
    chain = hashlib.sha256(at.chain + head + payload).digest()
    data = head + payload + chain
    return data, Place(at.offset + len(data), at.sequence + 1, chain)


def bad(place: Place, reason: str) -> IntegrityFailure:
    """The failure that names the first wrong record."""
    return IntegrityFailure(
        "journal.bad_record", record=place.sequence, offset=place.offset, reason=reason
    )


class Scan:
    """Records of an open journal from a place on, in order.

    After the iteration ``end`` is the place behind the last good record and
    ``torn`` the count of bytes of a torn tail behind it.

    Args:
        file: opened for reading in binary.
        start: where to begin; the start of the file by default.

    Raises (while iterating):
        IntegrityFailure: ``journal.bad_record``.
    """

    def __init__(self, file: BinaryIO, start: Place | None = None) -> None:
        self._file = file
        self._from_start = start is None
        self.end = start or Place()
        self.torn = 0

    def __iter__(self) -> Iterator[Stored]:
        self._file.seek(0)
        magic = self._file.read(len(MAGIC))
        if magic != MAGIC:
            raise bad(Place(0, 0), "magic")
        self._file.seek(self.end.offset)
        one = self._one
        while (stored := one()) is not None:
            self.end = stored.next
            yield stored

    def _one(self) -> Stored | None:
        place = self.end
        head = self._file.read(_HEAD_SIZE)
        if not head:
            return None
        if len(head) < _HEAD_SIZE or not any(head):
            self._tail(place, head)
            return None
        length, kind, sequence, payload_crc, head_crc = HEAD.unpack(head)
        if zlib.crc32(head[:_HEAD_CHECKED_SIZE]) != head_crc:
            raise bad(place, "head")
        if sequence != place.sequence:
            raise bad(place, "sequence")
        if not _SIZE.size <= length <= MAX_PAYLOAD or kind not in _KINDS:
            raise bad(place, "kind_or_length")
        rest = self._file.read(length + CHAIN_BYTES)
        if len(rest) < length + CHAIN_BYTES:
            self.torn = len(head) + len(rest)
            return None
        payload, chain = rest[:length], rest[length:]
        if zlib.crc32(payload) != payload_crc:
            if not any(rest):
                self._tail(place, head + rest, zeros_from=HEAD.size)
                return None
            raise bad(place, "checksum")
        if hashlib.sha256(place.chain + head + payload).digest() != chain:
            raise bad(place, "chain")
        after = Place(place.offset + _HEAD_SIZE + len(rest), sequence + 1, chain)
        return Stored(_parse(payload, _KINDS[kind], place), place, after)

    def _tail(self, place: Place, found: bytes, zeros_from: int = 0) -> None:
        """What is behind the last good record: a torn tail, or damage."""
        short = len(found) < HEAD.size
        size = len(found)
        zeros = not any(found[zeros_from:])
        while chunk := self._file.read(1 << 20):
            size += len(chunk)
            zeros = zeros and not any(chunk)
        if not (short or zeros):
            raise bad(place, "head")
        self.torn = size


def _parse(payload: bytes, kind: Kind, place: Place) -> Record:
    (size,) = _SIZE.unpack_from(payload)
    try:
        body = orjson.loads(payload[4 : 4 + size])
    except orjson.JSONDecodeError as error:
        raise bad(place, "encoding") from error
    if not isinstance(body, dict):
        raise bad(place, "encoding")
    return Record(kind, body, payload[4 + size :])


def read_at(file: BinaryIO, place: Place) -> Record:
    """One record, by its offset; its checksums are checked, its chain is not.

    Args:
        file: opened for reading in binary.
        place: offset and number of the record.

    Raises:
        IntegrityFailure: ``journal.bad_record``.
    """
    file.seek(place.offset)
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        raise bad(place, "head")
    length, kind, _, payload_crc, head_crc = HEAD.unpack(head)
    if zlib.crc32(head[: _HEAD_CHECKED.size]) != head_crc or kind not in _KINDS:
        raise bad(place, "head")
    payload = file.read(length)
    if zlib.crc32(payload) != payload_crc:
        raise bad(place, "checksum")
    return _parse(payload, _KINDS[kind], place)
