"""A made case as files kept by their content: what is seen, what runs, what is sealed.

Rules:

1. ``tables`` is a ZIP of the folder ``public``, as it lies there: the same case gives the same
   bytes. Unpacked it is a case that ``synak case verify`` checks; with what is sealed beside it,
   executed again.
2. ``engine`` is a ZIP of the server's own files; a trainee gets none of them.
3. What is read from a ZIP has been checked against its name by the store, and is still taken by
   the names of its parts alone, each of a bounded size.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.kit.errors import IntegrityFailure
from sandbox.services.cases.folders import ENGINE, PUBLIC, SEALED, TRUTH, Made, opened

MOST_BYTES: Final = 200_000_000
"""Of an unpacked case."""
MOST_FILES: Final = 60
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
_ALREADY_SMALL: Final = (".parquet", ".dump")


@dataclass(frozen=True, slots=True)
class Packed:
    """The files of a made case.

    Attributes:
        seal: the commitment, hex.
        tables: ZIP of what a trainee may have.
        engine: ZIP of what nodes are started from.
        sealed: truth, salt and seed, canonical JSON.
    """

    seal: str
    tables: bytes
    engine: bytes
    sealed: bytes = field(repr=False)


def packed(made: Made) -> Packed:
    """Pack a made case.

    Args:
        made: with what is sealed of it.
    """
    return Packed(
        made.seal.hex(),
        zipped(_below(made.folder, PUBLIC)),
        zipped(_below(made.folder, ENGINE)),
        (made.folder / SEALED / TRUTH).read_bytes(),
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP that says nothing but its files: always the same bytes for them.

    >>> zipped({"a": b"1"}) == zipped({"a": b"1"})
    True
    """
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            small = name.endswith(_ALREADY_SMALL)
            entry.compress_type = zipfile.ZIP_STORED if small else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return made.getvalue()


def with_truth(tables: bytes, sealed: bytes) -> bytes:
    """What a trainer checks by executing again: the public files and what was sealed.

    Args:
        tables: of a packed case.
        sealed: likewise.
    """
    return zipped(files_of(tables) | {f"{SEALED}/{TRUTH}": sealed})


def files_of(archive: bytes, only: Iterable[str] | None = None) -> dict[str, bytes]:
    """The files of a packed case by name.

    Args:
        archive: a ZIP.
        only: names that are wanted; None: all.

    Raises:
        IntegrityFailure: ``cases.not_packed``: it is none, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as found:
            entries = found.infolist()
            if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_BYTES:
                raise IntegrityFailure("cases.not_packed")
            wanted = None if only is None else frozenset(only)
            return {
                each.filename: found.read(each)
                for each in entries
                if not each.is_dir() and (wanted is None or each.filename in wanted)
            }
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise IntegrityFailure("cases.not_packed") from error


def unpacked(to: Path, *archives: bytes) -> Made:
    """A packed case in a folder again.

    Args:
        to: an empty folder.
        *archives: ZIPs of it.

    Raises:
        IntegrityFailure: ``cases.not_packed``: a file is none of a case's.
        NotFound: ``cases.not_made``.
    """
    for archive in archives:
        for name, content in files_of(archive).items():
            folder, _, plain = name.partition("/")
            if folder not in {PUBLIC, ENGINE, SEALED} or not plain or {"/", "\\"} & set(plain):
                raise IntegrityFailure("cases.not_packed")
            if plain.startswith("."):
                raise IntegrityFailure("cases.not_packed")
            (to / folder).mkdir(mode=0o700, exist_ok=True)
            (to / folder / plain).write_bytes(content)
    return opened(to)


def _below(folder: Path, part: str) -> dict[str, bytes]:
    return {f"{part}/{each.name}": each.read_bytes() for each in (folder / part).iterdir()}
