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
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Self

from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure

EXPORTED: Final = "evidence.exported"
"""The kind of the audit entry that binds an evidence file."""
FORMAT: Final = "synak-evidence/1"
MANIFEST: Final = "manifest.json"
PERMIT: Final = "permit.json"
ENTRIES: Final = "log/entries.jsonl"
HEADS: Final = "log/heads.jsonl"
HEAD: Final = "log/head.json"
LOG: Final = (ENTRIES, HEADS, HEAD)
LONGEST_LINE: Final = 256 << 20
"""Bytes of one line; a transaction's receipt may be some megabytes."""
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
        IntegrityFailure: ``evidence.not_canonical``.
    """
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


class Parts:
    """The parts of a file, to be read; a context manager.

    Args:
        path: the file.

    Raises:
        zipfile.BadZipFile: it is no zip file.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """Names of the parts, in order, also twice if they are there twice."""
        return self._zip.namelist()

    def data(self, name: str) -> bytes:
        """A small part whole."""
        return self._zip.read(name)

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
            while line := file.readline(LONGEST_LINE):
                yield line

    def digest(self, name: str) -> str:
        """SHA-256 of a part, hex."""
        found = hashlib.sha256()
        with self._zip.open(name) as file:
            while data := file.read(1 << 20):
                found.update(data)
        return found.hexdigest()
