"""Reading and writing folders without following anything that leads elsewhere."""

from __future__ import annotations

import fnmatch
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


class OddFile(Exception):
    """A symbolic link or a special file where a plain one was expected."""


def read_folder(folder: Path, ignore: Iterable[str] = ()) -> dict[str, bytes]:
    """All plain files below a folder.

    Args:
        folder: where.
        ignore: patterns of names to leave out; hidden names are always left out.

    Returns:
        Relative path (``/``) → content.

    Raises:
        OddFile: naming a symbolic link or special file.
    """
    patterns = tuple(ignore)
    found: dict[str, bytes] = {}
    for base, names, files in os.walk(folder, followlinks=False):
        names[:] = [name for name in names if not _left_out(name, patterns)]
        for name in [*names, *files]:
            path = Path(base) / name
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                if _left_out(name, patterns):
                    continue
                raise OddFile(str(path.relative_to(folder)))
        for name in files:
            if not _left_out(name, patterns):
                path = Path(base) / name
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _left_out(name: str, patterns: tuple[str, ...]) -> bool:
    return name.startswith(".") or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write checked files as a new folder, or in place of an old one, at once.

    Args:
        folder: where; what was there is replaced only when all is written.
        files: relative path → content.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".synak-"))
    try:
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        beside.chmod(0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".synak-"))
            folder.rename(old / "old")
            beside.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_missing(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write only those files that are not there; returns their paths."""
    written = []
    for name, content in files.items():
        path = folder / name
        if not path.exists() and not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(name)
    return written
