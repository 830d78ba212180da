"""What may travel through a course's exchange, and how it is named.

Rules:

- A bundle is a set of small files. Its hash is the SHA-256 of the canonical JSON
  of the sorted list of (path, sha256, size): same files, same hash, anywhere.
- A path is relative, in NFC, of plain parts: no ``..``, no drive, no backslash, no
  control or direction-changing character, no hidden part, and no two paths of a
  bundle fall together on a file system that ignores case. So nothing can be
  written outside the folder that a bundle is unpacked into.
- Only the kinds of file that coursework needs; a notebook must be a version 4
  notebook and nothing else.
- Course, assignment and account names are plain ASCII words.

>>> bundle = Bundle.of({"wallets.txt": b"one"})
>>> bundle.hash[:8], bundle.entries[0].size
('969f631f', 3)
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NewType

from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import InvalidInput

CourseName = NewType("CourseName", str)
AssignmentName = NewType("AssignmentName", str)
BundleHash = NewType("BundleHash", str)
"""64 lower-case hex digits."""
SubmissionId = NewType("SubmissionId", str)

MAX_FILES: Final = 100
MAX_FILE_BYTES: Final = 4 * 2**20
MAX_BUNDLE_BYTES: Final = 8 * 2**20
MAX_PATH: Final = 160
MOST_NAMED: Final = 8
"""Files of a work that an error names."""
SUFFIXES: Final = frozenset(
    {".ipynb", ".py", ".sol", ".json", ".csv", ".txt", ".md", ".png", ".jpg", ".yaml"}
)
AUTHORS_SUFFIXES: Final = SUFFIXES | {".po", ".svg"}
"""Of the teacher's version; a student's picture could carry a script to whoever opens it."""
PAGES_OF_COURSE: Final = frozenset(
    {
        *("bookings", "certificates", "exams", "helpers", "investigations", "lists", "outside"),
        *("people", "scale", "sheets", "slips"),
    }
)
"""What lies beside an assignment's page at the desk: no assignment is named so."""
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One file of a bundle: where it lies, what it holds (SHA-256 hex), bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """Checked files and the manifest that names them."""

    files: Mapping[str, bytes]
    entries: tuple[Entry, ...]
    hash: BundleHash

    @classmethod
    def of(cls, files: Mapping[str, bytes], allowed: frozenset[str] = SUFFIXES) -> Bundle:
        """Check files and name them by their content.

        Args:
            files: path → bytes.
            allowed: endings of files: `SUFFIXES`, or `AUTHORS_SUFFIXES` for a source.

        Raises:
            InvalidInput: ``coursework.no_files``, ``coursework.too_many_files``,
                ``coursework.too_large``, ``coursework.too_large_together``,
                ``coursework.bad_path``, ``coursework.bad_type``, ``coursework.same_name``,
                ``coursework.bad_notebook``.
        """
        check_files(files, allowed)
        entries = tuple(
            sorted(
                Entry(path, hashlib.sha256(content).hexdigest(), len(content))
                for path, content in files.items()
            )
        )
        return cls(dict(files), entries, manifest_hash(entries))


def manifest_hash(entries: tuple[Entry, ...]) -> BundleHash:
    """The name of a bundle: SHA-256 (hex) of its canonical, sorted manifest."""
    listing = [
        {"path": entry.path, "sha256": entry.sha256, "size": entry.size}
        for entry in sorted(entries)
    ]
    return BundleHash(content_hash(listing).hex())


def check_files(files: Mapping[str, bytes], allowed: frozenset[str] = SUFFIXES) -> None:
    """Hold a set of files against the rules of this module.

    Args:
        files: path → bytes.
        allowed: endings of files.

    Raises:
        InvalidInput: see `Bundle.of`.
    """
    if not files:
        raise InvalidInput("coursework.no_files")
    if len(files) > MAX_FILES:
        raise InvalidInput("coursework.too_many_files", limit=MAX_FILES)
    check_sizes(files)
    folded: set[str] = set()
    for path, content in files.items():
        check_path(path, allowed)
        if path.casefold() in folded:
            raise InvalidInput("coursework.same_name", path=path)
        folded.add(path.casefold())
        if path.endswith(".ipynb"):
            check_notebook(path, content)
    for path in files:
        parents = PurePosixPath(path).parents
        if any(str(parent).casefold() in folded for parent in parents):
            raise InvalidInput("coursework.same_name", path=path)


def check_sizes(files: Mapping[str, bytes]) -> None:
    """Refuse what is too large, naming the largest file and its size in bytes.

    Args:
        files: path → bytes.

    Raises:
        InvalidInput: ``coursework.too_large``, ``coursework.too_large_together``.
    """
    total, largest = sum(map(len, files.values())), max(files, key=lambda path: len(files[path]))
    about = {"path": largest[:MAX_PATH], "size": len(files[largest])}
    if len(files[largest]) > MAX_FILE_BYTES:
        raise InvalidInput("coursework.too_large", **about, limit=MAX_FILE_BYTES)
    if total > MAX_BUNDLE_BYTES:
        raise InvalidInput(
            "coursework.too_large_together", **about, total=total, limit=MAX_BUNDLE_BYTES
        )


def check_path(path: str, allowed: frozenset[str] = SUFFIXES) -> None:
    """Refuse a path that could lead out of its folder or hide in it.

    Args:
        path: parts divided by ``/``.
        allowed: endings of files.

    Raises:
        InvalidInput: ``coursework.bad_path`` or ``coursework.bad_type``.
    """
    parts = path.split("/")
    plain = (
        0 < len(path) <= MAX_PATH
        and unicodedata.normalize("NFC", path) == path
        and all(_plain(part) for part in parts)
    )
    if not plain:
        raise InvalidInput("coursework.bad_path", path=path[:MAX_PATH])
    suffix = PurePosixPath(path).suffix
    if suffix not in allowed:
        raise InvalidInput("coursework.bad_type", path=path, allowed=sorted(allowed))


def _plain(part: str) -> bool:
    """Whether one part of a path is an ordinary, visible name."""
    if not part or part[0] in ". ~-" or part[-1] in " .":
        return False
    if any(character in "\\:*?\"<>|+&%$`'" for character in part):
        return False
    return all(
        unicodedata.category(character)[0] not in "CZ" or character == " " for character in part
    )


def check_notebook(path: str, content: bytes) -> None:
    """Refuse what is not a version 4 notebook.

    Args:
        path: for the error.
        content: the file.

    Raises:
        InvalidInput: ``coursework.bad_notebook``.
    """
    try:
        notebook = json.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InvalidInput("coursework.bad_notebook", path=path) from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    right = (
        isinstance(cells, list)
        and notebook.get("nbformat") == 4
        and len(cells) <= 1000
        and all(isinstance(cell, dict) for cell in cells)
    )
    if not right:
        raise InvalidInput("coursework.bad_notebook", path=path)


def notebooks_of(entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """The names (without folder or ending) of a bundle's top-level notebooks."""
    return tuple(
        path.removesuffix(".ipynb") for path in notebook_paths(entry.path for entry in entries)
    )


def notebook_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Those paths that are top-level notebooks."""
    return tuple(path for path in paths if path.endswith(".ipynb") and "/" not in path)


def absent_notebooks(wanted: Iterable[str], paths: Iterable[str]) -> dict[str, list[str]]:
    """Which notebooks of an assignment a work has not, beside what it has.

    Args:
        wanted: paths of what was released.
        paths: of the work.

    Returns:
        ``missing`` and ``there``: paths, notebooks first; nothing when none is missing.
    """
    there = sorted(paths, key=lambda path: (not path.endswith(".ipynb"), path))
    missing = sorted(set(notebook_paths(wanted)).difference(there))
    more = ["…"] if len(there) > MOST_NAMED else []
    return {"missing": missing, "there": [*there[:MOST_NAMED], *more]} if missing else {}


def course_name(value: str) -> CourseName:
    """Read a course's name.

    Args:
        value: lower-case ASCII words joined by hyphens, at most 48.

    Raises:
        InvalidInput: ``coursework.bad_name``.
    """
    return CourseName(_word(value))


def assignment_name(value: str) -> AssignmentName:
    """Read an assignment's name.

    Args:
        value: lower-case ASCII words joined by hyphens, at most 48.

    Raises:
        InvalidInput: ``coursework.bad_name``.
    """
    return AssignmentName(_word(value))


def _word(value: str) -> str:
    if len(value) > 48 or not _NAME.fullmatch(value):
        raise InvalidInput("coursework.bad_name", value=value[:64])
    return value
