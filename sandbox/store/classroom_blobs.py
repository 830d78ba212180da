"""Files of the classroom by their content: written once, whole, never changed.

A file is written beside its place, made durable, then renamed; so a loss of power
leaves either all of it or nothing. What is read is checked against its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from sandbox.domain.classroom import StoredBundle
from sandbox.domain.coursework import Bundle
from sandbox.kit.errors import IntegrityFailure, NotFound, Unavailable

_SHA = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """A folder of files named by the SHA-256 of their content.

    Args:
        folder: shared by desk and worker (their common group).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep content; returns its name.

        Raises:
            Unavailable: ``classroom.blobs_unavailable``.
        """
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if path.exists():
            return name
        try:
            path.parent.mkdir(mode=0o2770, parents=True, exist_ok=True)
            self._write(path, content)
        except OSError as error:
            raise Unavailable("classroom.blobs_unavailable", reason=type(error).__name__) from error
        return name

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

    def _write(self, path: Path, content: bytes) -> None:
        handle, beside = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), 0o440)
                os.fsync(file.fileno())
            Path(beside).rename(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(beside).unlink()
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
