"""Work files: an epoch's history on disk, until the index holds it.

A file holds what the index of one epoch is made of: a JSON head (genesis, ``after``,
where to read the journal from, the blocks) and the engine's dump. It is written beside,
synced and renamed before the epoch's record, and removed when the index is written: a
crash at any point leaves either the file or the index's rows.

>>> name(12)
'000000000012.epoch'
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.kit.errors import IntegrityFailure, Unavailable

_SIZES: Final = 12


def name(number: int) -> str:
    """The name of the work file of the epoch that ends at a block."""
    return f"{number:012d}.epoch"


def write_whole(target: Path, data: bytes, code: str) -> None:
    """Write a file that is whole or not there, also after a crash.

    Args:
        target: the file; its folder is made when missing.
        data: what it shall hold.
        code: of the error when it cannot be written.

    Raises:
        Unavailable: ``code``.
    """
    beside = target.with_suffix(".partial")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
        descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Unavailable(code, reason=error.strerror or "") from error


def write_work(target: Path, about: dict[str, Any], dump: bytes) -> None:
    """Write a work file.

    Args:
        target: where.
        about: its head.
        dump: from the engine.

    Raises:
        Unavailable: ``history.unwritable``.
    """
    head = orjson.dumps(about)
    body = len(head).to_bytes(8, "big") + head + dump
    write_whole(target, zlib.crc32(body).to_bytes(4, "big") + body, "history.unwritable")


def read_work(path: Path) -> tuple[dict[str, Any], bytes]:
    """The head and the dump of a work file.

    Raises:
        IntegrityFailure: ``history.bad_work``.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IntegrityFailure("history.bad_work", reason=str(error)) from error
    if zlib.crc32(memoryview(data)[4:]) != int.from_bytes(data[:4], "big"):
        raise IntegrityFailure("history.bad_work", reason="checksum")
    size = int.from_bytes(data[4:_SIZES], "big")
    return orjson.loads(data[_SIZES : _SIZES + size]), data[_SIZES + size :]
