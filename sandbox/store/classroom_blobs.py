"""Files by their content, coursework and documents: written once, whole, never changed.

A file is written beside its place, made durable, then renamed; so a loss of power
leaves either all of it or nothing. What is read is checked against its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

from sandbox.domain.classroom import StoredBundle
from sandbox.domain.coursework import Bundle
from sandbox.kit.errors import IntegrityFailure, NotFound, Unavailable

_SHA = re.compile(r"[0-9a-f]{64}")
CHUNK: Final = 1 << 18
"""Bytes read or written at a time."""
AT_ONCE: Final = 16
"""Files made durable side by side: a disk takes little longer for them than for one."""


class Incoming:
    """A file on its way in: written piece by piece, kept whole or not at all.

    Args:
        blobs: where it goes.
        stream: the open file beside its place.
        path: that file's path.
    """

    def __init__(self, blobs: Blobs, stream: BinaryIO, path: Path) -> None:
        self.stream = stream
        self.size = 0
        self._blobs = blobs
        self._path = path
        self._hash = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """Add to the end.

        Raises:
            Unavailable: ``classroom.blobs_unavailable``.
        """
        with _reachable():
            self.stream.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        """The name of what was written so far."""
        return self._hash.hexdigest()

    def keep(self) -> str:
        """Make it durable under its name; returns the name.

        Raises:
            Unavailable: ``classroom.blobs_unavailable``.
        """
        name = self.sha256
        with _reachable():
            self._blobs.settle(self.stream, self._path, name)
        return name


@contextlib.contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("classroom.blobs_unavailable", reason=type(error).__name__) from error


class Blobs:
    """A folder of files named by the SHA-256 of their content.

    Args:
        folder: shared by desk and worker (their common group).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blobs) and other._folder == self._folder

    def __hash__(self) -> int:
        return hash(self._folder)

    def put(self, content: bytes) -> str:
        """Keep content; returns its name.

        Raises:
            Unavailable: ``classroom.blobs_unavailable``.
        """
        name = hashlib.sha256(content).hexdigest()
        if self._path(name).exists():
            return name
        with self.incoming() as fresh:
            fresh.write(content)
            return fresh.keep()

    def put_all(self, contents: Iterable[bytes]) -> None:
        """Keep many contents; each then has its name by `put`, which finds it there.

        Raises:
            Unavailable: ``classroom.blobs_unavailable``; some may be kept all the same.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.put, dict.fromkeys(contents)))

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """A file to be written piece by piece; gone at the end unless it was kept.

        Raises:
            Unavailable: ``classroom.blobs_unavailable``.
        """
        with _reachable():
            self._folder.mkdir(mode=0o2770, parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self._folder)
        path = Path(beside)
        try:
            with os.fdopen(handle, "w+b") as stream:
                yield Incoming(self, stream, path)
        finally:
            with contextlib.suppress(OSError):
                path.unlink()

    def get(self, name: str) -> bytes:
        """Read content by its name.

        Raises:
            NotFound: ``classroom.no_blob``.
            IntegrityFailure: ``classroom.blob_changed``.
            Unavailable: ``classroom.blobs_unavailable``.
        """
        try:
            content = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("classroom.no_blob", name=name) from error
        except OSError as error:
            raise Unavailable("classroom.blobs_unavailable", reason=type(error).__name__) from error
        if hashlib.sha256(content).hexdigest() != name:
            raise IntegrityFailure("classroom.blob_changed", name=name)
        return content

    def open(self, name: str) -> BinaryIO:
        """Content by its name as an open file at its beginning, checked before it is given.

        Raises:
            NotFound: ``classroom.no_blob``.
            IntegrityFailure: ``classroom.blob_changed``.
            Unavailable: ``classroom.blobs_unavailable``.
        """
        path = self._path(name)
        if not path.exists():
            raise NotFound("classroom.no_blob", name=name)
        with _reachable():
            stream = path.open("rb")
            found = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
        if found != name:
            stream.close()
            raise IntegrityFailure("classroom.blob_changed", name=name)
        return stream

    def has(self, name: str) -> bool:
        """Whether content is kept under a name; it is checked when it is read."""
        return self._path(name).is_file()

    def names(self) -> frozenset[str]:
        """Everything that is kept here."""
        with _reachable():
            found = {path.name for path in self._folder.glob("[0-9a-f][0-9a-f]/*")}
        return frozenset(name for name in found if _SHA.fullmatch(name))

    def within(self, *names: str) -> Blobs:
        """Blobs of their own in a folder below this one; they are not among these.

        Args:
            *names: plain names of folders; the first is longer than two characters.
        """
        return Blobs(self._folder.joinpath(*names))

    def newest_first(self) -> list[tuple[str, float, int]]:
        """Name, seconds since 1970 and bytes of everything kept here, the newest first."""
        with _reachable():
            found = [(name, self._path(name).stat()) for name in self.names()]
        known = [(name, about.st_mtime, about.st_size) for name, about in found]
        return sorted(known, key=lambda each: each[1], reverse=True)

    def keep_only(self, names: Collection[str]) -> None:
        """Take away what is not among these; for whoever holds everybody else off meanwhile."""
        for name in self.names().difference(names):
            self.discard(name)

    def discard(self, name: str) -> None:
        """Take content away that nothing refers to any more."""
        with _reachable():
            self._path(name).unlink(missing_ok=True)

    def put_bundle(self, bundle: Bundle) -> StoredBundle:
        """Keep every file of a checked bundle; returns its manifest."""
        for content in bundle.files.values():
            self.put(content)
        entries = tuple((entry.path, entry.sha256, entry.size) for entry in bundle.entries)
        return StoredBundle(bundle.hash, entries)

    def files_of(self, bundle: StoredBundle) -> dict[str, bytes]:
        """All files of a bundle by path."""
        return {path: self.get(sha256) for path, sha256, _size in bundle.entries}

    def _path(self, name: str) -> Path:
        if not _SHA.fullmatch(name):
            raise NotFound("classroom.no_blob", name=name[:64])
        return self._folder / name[:2] / name

    def settle(self, stream: BinaryIO, beside: Path, name: str) -> None:
        """Make a written file durable, then give it its name (for ``Incoming.keep``)."""
        path = self._path(name)
        path.parent.mkdir(mode=0o2770, parents=True, exist_ok=True)
        stream.flush()
        os.fchmod(stream.fileno(), 0o440)
        os.fsync(stream.fileno())
        beside.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
