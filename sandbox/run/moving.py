"""Moving a home: copied, compared file by file, and only then removed where it was.

Rules:

- No link is followed. A folder is read while nobody runs in it, by the manager.
- Two folders are the same with every name, owner, right, time, link and byte, and with the same
  names for one file. What a file takes on the disk may differ: holes stay holes.
- Nothing takes longer for what is not there: a file of many names is measured and read once, a
  hole is stepped over.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Final

from sandbox.isolation.volume import BLOCK, run
from sandbox.kit.errors import IntegrityFailure

_CHUNK: Final = 1 << 16
_SECTOR: Final = 512
"""Bytes of ``st_blocks``, on every file system."""


def is_folder(path: Path) -> bool:
    """Whether a folder is there itself, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def measure(folder: Path) -> tuple[int, int]:
    """Blocks that a copy of a folder takes, with one more for each name; and its files."""
    blocks, seen = 0, set[tuple[int, int]]()
    for path, found in _walk(folder):
        blocks += 1
        if (found.st_dev, found.st_ino) not in seen:
            seen.add((found.st_dev, found.st_ino))
            blocks += _blocks(folder / path, found)
    return blocks, len(seen)


def _blocks(path: Path, found: os.stat_result) -> int:
    """Blocks of a file without its holes; one that the disk keeps smaller counts as written out."""
    if not stat.S_ISREG(found.st_mode) or found.st_blocks * _SECTOR >= found.st_size:
        return -(-found.st_size // BLOCK)
    with _opened(path) as file:
        return sum(-(-end // BLOCK) - begin // BLOCK for begin, end in _written(file))


def copy(folder: Path, into: Path) -> None:
    """Copy everything in a folder into an empty one, and compare the two.

    Raises:
        ToolError: not everything could be copied.
        IntegrityFailure: ``hub.volume_not_moved``.
    """
    run("cp", "-a", "--sparse=always", "--", f"{folder}/.", str(into))
    if not same(folder, into):
        raise IntegrityFailure("hub.volume_not_moved")


def same(one: Path, other: Path) -> bool:
    """Whether two folders are the same; see the rules of the module."""
    return _listed(one) == _listed(other)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, however deep; nothing where there is none."""
    run("rm", "-rf", "--one-file-system", "--", str(folder))


def settle(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything in a folder by its path there, and the folder itself."""
    yield Path(), folder.lstat()
    waiting = [Path()]
    while waiting:
        inside = waiting.pop()
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                found = entry.stat(follow_symlinks=False)
                yield inside / entry.name, found
                if stat.S_ISDIR(found.st_mode):
                    waiting.append(inside / entry.name)


def _listed(folder: Path) -> dict[Path, tuple[object, ...]]:
    """Each path of a folder with what must be the same; further names of a file name the first."""
    listed: dict[Path, tuple[object, ...]] = {}
    first: dict[tuple[int, int], Path] = {}
    for path, found in sorted(_walk(folder)):
        met = first.setdefault((found.st_dev, found.st_ino), path)
        listed[path] = (met,) if met != path else _signature(folder / path, found)
    return listed


def _signature(path: Path, found: os.stat_result) -> tuple[object, ...]:
    said: object = None
    if stat.S_ISLNK(found.st_mode):
        said = path.readlink()
    elif stat.S_ISREG(found.st_mode):
        said = found.st_size, _digest(path)
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, said


def _digest(path: Path) -> bytes:
    """Of the chunks that are not all zero, with their places: the same wherever the holes are."""
    sha, after = hashlib.sha256(), 0
    with _opened(path) as file:
        for begin, end in _written(file):
            for number in range(max(after, begin // _CHUNK), -(-end // _CHUNK)):
                chunk = os.pread(file.fileno(), _CHUNK, number * _CHUNK)
                if chunk.strip(b"\0"):
                    sha.update(number.to_bytes(8) + hashlib.sha256(chunk).digest())
                after = number + 1
    return sha.digest()


def _opened(path: Path) -> FileIO:
    return FileIO(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK))


def _written(file: FileIO) -> Iterator[tuple[int, int]]:
    """Where a file has been written, from and to, in order.

    Source: lseek(2), ``SEEK_DATA``: ENXIO with nothing but a hole up to the end.
    """
    end = 0
    while True:
        try:
            begin = os.lseek(file.fileno(), end, os.SEEK_DATA)
            end = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        yield begin, end
