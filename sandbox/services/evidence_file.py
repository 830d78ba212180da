"""The form of an evidence file: which parts it has, and how each is written.

A file is a zip of parts, in this order::

    manifest.json            what this is, for whom, on what basis; SHA-256 of parts
    permit.json              the versions of the permit, each with both signatures
    journal/<chain>.jsonl    the permit's records of the chain's journal, each with its proof
    blocks/<chain>.jsonl     headers of the blocks they are in; receipts and proofs
    log/entries.jsonl        audit entries: batches, the permit's acts, this export; with proofs
    log/heads.jsonl          earlier signed heads and the proof that the log only grew since
    log/head.json            the signed head that everything rests on

Rules:

1. Every line and every ``.json`` is canonical JSON (RFC 8785): another byte is another meaning.
2. The audit entry of the export holds the SHA-256 of ``manifest.json``; the manifest holds that of
   every part above the log; the log's parts prove themselves against the signed head.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure

EXPORTED: Final = "evidence.exported"
"""The kind of the audit entry that binds an evidence file."""
FORMAT: Final = "synak-evidence/2"
MANIFEST: Final = "manifest.json"
PERMIT: Final = "permit.json"
ENTRIES: Final = "log/entries.jsonl"
HEADS: Final = "log/heads.jsonl"
HEAD: Final = "log/head.json"
LOG: Final = (ENTRIES, HEADS, HEAD)
LONGEST_LINE: Final = 32 << 20
"""Bytes of one line, or of a part that is one value; a receipt may be some megabytes."""
MOST_PARTS: Final = 64
LARGEST_PART: Final = 2 << 30
LARGEST_SUM: Final = 4 << 30
"""Bytes of one part, and of all together, unpacked."""
MOST_RATIO: Final = 200
"""Times that a part larger than ``SMALL`` may have been packed; journals pack to a tenth."""
SMALL: Final = 1 << 20
MOST_VALUES: Final = 2 << 20
"""Lists, objects and their members in one value: small text can be a large thing in memory."""
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = b"PK\x06\x07"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


def journal_part(chain: str) -> str:
    """The part with a chain's records."""
    return f"journal/{chain}.jsonl"


def blocks_part(chain: str) -> str:
    """The part with a chain's blocks."""
    return f"blocks/{chain}.jsonl"


def parts_for(chains: Iterable[str]) -> list[str]:
    """Names of all parts of a file for these chains, in order."""
    named = list(chains)
    return [
        MANIFEST,
        PERMIT,
        *map(journal_part, named),
        *map(blocks_part, named),
        *LOG,
    ]


def signatures_on(permit: Mapping[str, Any], chain: str) -> frozenset[str]:
    """The signatures that a chain's Supervisor was given, of every version of ``permit.json``.

    >>> signed = {"signatures": [{"terms": {"kgst": "0x01"}}, {"terms": {"som": "0x02"}}]}
    >>> signatures_on({"versions": [signed]}, "kgst")
    frozenset({'0x01'})
    """
    signatures = (each for version in permit["versions"] for each in version["signatures"])
    return frozenset(str(each["terms"][chain]) for each in signatures if chain in each["terms"])


class Writer:
    """One part while it is written: lines of canonical JSON, counted and hashed.

    Args:
        folder: where the parts lie while the file is made.
        name: of the part.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.size = name, 0
        self._hash = hashlib.sha256()
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")

    def line(self, value: Any) -> None:
        """Write a line."""
        self._write(canonical(value) + b"\n")

    def whole(self, value: Any) -> None:
        """Write the part's only value, without an end of line."""
        self._write(canonical(value))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def drop(self) -> None:
        """Let go of the file, finished or not."""
        self._file.close()

    def close(self) -> dict[str, Any]:
        """Finish; what the manifest says of the part."""
        self._file.close()
        return {"name": self.name, "sha256": self._hash.hexdigest(), "bytes": self.size}


def assemble(folder: Path, names: Iterable[str], target: Path) -> tuple[str, int]:
    """Put the parts into one file, whole or not there.

    Args:
        folder: with the parts.
        names: of the parts, in order.
        target: the file.

    Returns:
        Its SHA-256, hex, and its size in bytes.
    """
    target.parent.mkdir(mode=0o2770, parents=True, exist_ok=True)
    beside = target.with_suffix(".partial")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name, _MOMENT)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with (folder / name).open("rb") as part, archive.open(info, "w") as out:
                while data := part.read(1 << 20):
                    out.write(data)
    digest = hashlib.sha256()
    with beside.open("rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
        size = file.tell()
    beside.chmod(0o640)
    beside.replace(target)
    return digest.hexdigest(), size


def read_canonical(data: bytes) -> Any:
    """A value from its canonical bytes.

    Raises:
        IntegrityFailure: ``evidence.not_canonical``, ``evidence.too_large``.
    """
    if sum(map(data.count, (b"[", b"{", b","))) > MOST_VALUES:
        raise _too_large("a value")
    try:
        value = json.loads(data)
        again = canonical(value)
    except (ValueError, RecursionError) as error:
        raise IntegrityFailure("evidence.not_canonical") from error
    if again != data:
        raise IntegrityFailure("evidence.not_canonical")
    return value


def hex_bytes(text: str, *, size: int | None = None) -> bytes:
    """Bytes from lower-case hex, their only form here.

    Args:
        text: hex.
        size: so many bytes.

    Raises:
        ValueError: it is anything else.
    """
    data = bytes.fromhex(text)
    if data.hex() != text or size not in {None, len(data)}:
        raise ValueError("not hex as it was made")
    return data


def whole_number(value: Any) -> int:
    """A number as it stands: ``true`` is none. Raises ValueError."""
    if type(value) is not int:
        raise ValueError("not a whole number")
    return value


def _too_large(part: str) -> IntegrityFailure:
    return IntegrityFailure("evidence.too_large", part=part)


def _bounded(path: Path) -> None:
    """The count of parts by the end of the file, before its table of parts is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < _END.size:
            return
        file.seek(max(0, size - _END.size - 20))
        tail = file.read()
    mark, _, _, _, count, table, _, comment = _END.unpack(tail[-_END.size :])
    if mark != b"PK\x05\x06" or comment or tail.startswith(_END_64):
        raise zipfile.BadZipFile("not the end that an evidence file has")
    if count > MOST_PARTS or table > MOST_PARTS << 10:
        raise _too_large("the table of parts")


class Parts:
    """The parts of a file, to be read; a context manager.

    Args:
        path: the file.

    Raises:
        zipfile.BadZipFile: it is no zip file.
        IntegrityFailure: ``evidence.too_large``.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        _bounded(path)
        self._zip = zipfile.ZipFile(path)
        try:
            self._check()
        except IntegrityFailure:
            self._zip.close()
            raise

    def _check(self) -> None:
        """Sizes as they are stated; nothing is read that is stated to be larger."""
        found = self._zip.infolist()
        if sum(each.file_size for each in found) > LARGEST_SUM:
            raise _too_large("all parts")
        for each in found:
            whole = each.filename.endswith(".json")
            packed = max(each.compress_size, 1)
            if each.file_size > (LONGEST_LINE if whole else LARGEST_PART):
                raise _too_large(each.filename)
            if each.file_size > SMALL and each.file_size > MOST_RATIO * packed:
                raise _too_large(each.filename)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """Names of the parts, in order, also twice if they are there twice."""
        return self._zip.namelist()

    def data(self, name: str) -> bytes:
        """A small part whole."""
        with self._zip.open(name) as file:
            data = file.read(LONGEST_LINE + 1)
        if len(data) > LONGEST_LINE:
            raise _too_large(name)
        return data

    def whole(self, name: str) -> Any:
        """A part that is one value. Raises ``evidence.not_canonical``."""
        return read_canonical(self.data(name))

    def value(self, line: bytes) -> Any:
        """A line's value. Raises ``evidence.not_canonical``."""
        if not line.endswith(b"\n"):
            raise IntegrityFailure("evidence.not_canonical")
        return read_canonical(line[:-1])

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a part with their ends."""
        with self._zip.open(name) as file:
            left = LARGEST_PART
            while line := file.readline(LONGEST_LINE + 1):
                left -= len(line)
                if len(line) > LONGEST_LINE or left < 0:
                    raise _too_large(name)
                yield line

    def size(self, name: str) -> int:
        """Bytes of a part, unpacked, as the container states them."""
        return self._zip.getinfo(name).file_size

    def digest(self, name: str) -> str:
        """SHA-256 of a part, hex."""
        found = hashlib.sha256()
        with self._zip.open(name) as file:
            left = LARGEST_PART
            while data := file.read(1 << 20):
                left -= len(data)
                if left < 0:
                    raise _too_large(name)
                found.update(data)
        return found.hexdigest()
