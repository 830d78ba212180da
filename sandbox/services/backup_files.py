"""A backup's folder: what is in it, and its manifest.

Rules:

1. Every file but the manifest is named in it with length and SHA-256; nothing else lies there.
2. The manifest is canonical JSON (RFC 8785) and is written last: a folder without one is no backup.
3. Files have mode 0600, folders 0700.

>>> safe_name("chain/kgst/journal"), safe_name("../etc/passwd")
(True, False)
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure, InvalidInput

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_PART: Final = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        format: of the folder.
        version: of the program that wrote it.
        schema: the revision of the store's tables.
        database: ``sqlite`` or ``postgresql``.
        created_at: when the store was copied, ISO 8601.
        log_size: entries of the audit log in the copy.
        log_root: the root over them, hex.
        chains: of each chain ``records`` and the ``block`` its journal ends with.
        secrets: whether keys are in it.
        files: path to ``{"bytes", "sha256"}``.
    """

    format: int
    version: str
    schema: str
    database: str
    created_at: str
    log_size: int
    log_root: str
    chains: Mapping[str, Mapping[str, int]]
    secrets: bool
    files: Mapping[str, Mapping[str, Any]]

    def write(self, folder: Path) -> None:
        """Write it, whole and synced."""
        fresh = folder / f".{MANIFEST}"
        write_private(fresh, canonical(asdict(self)) + b"\n")
        fresh.replace(folder / MANIFEST)
        sync_folder(folder)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a backup's manifest.

        Raises:
            IntegrityFailure: ``backup.no_manifest``, ``backup.manifest_malformed``.
            InvalidInput: ``backup.other_format``.
        """
        try:
            data = json.loads((folder / MANIFEST).read_bytes())
        except OSError as error:
            raise IntegrityFailure("backup.no_manifest", folder=str(folder)) from error
        except ValueError as error:
            raise IntegrityFailure("backup.manifest_malformed", reason="json") from error
        if not isinstance(data, dict):
            raise IntegrityFailure("backup.manifest_malformed", reason="not an object")
        if data.get("format") != FORMAT:
            found = str(data.get("format"))[:20]
            raise InvalidInput("backup.other_format", found=found, known=FORMAT)
        try:
            made = cls(**data)
            named = {
                name: (int(each["bytes"]), str(each["sha256"])) for name, each in made.files.items()
            }
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            reason = type(error).__name__
            raise IntegrityFailure("backup.manifest_malformed", reason=reason) from error
        wrong = next((name for name in named if not safe_name(name)), None)
        if wrong is not None:
            raise IntegrityFailure("backup.manifest_malformed", reason=wrong[:80])
        return made


def safe_name(name: str) -> bool:
    """Whether a name stays inside the folder and is no manifest."""
    path = PurePosixPath(name)
    parts = path.parts
    return bool(parts) and not path.is_absolute() and ".." not in parts and name != MANIFEST


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Length and SHA-256 of every file of a folder but its manifest, by relative path.

    Raises:
        IntegrityFailure: ``backup.strange_file`` for what is neither file nor folder.
    """
    return {
        name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for name, path in sorted(_files(folder))
        if name != MANIFEST
    }


def check_files(folder: Path, manifest: Manifest) -> None:
    """Every file is there as it was written, and nothing else.

    Raises:
        IntegrityFailure: ``backup.file_missing``, ``backup.file_altered``,
            ``backup.strange_file``.
    """
    there = dict(_files(folder))
    there.pop(MANIFEST, None)
    for name, said in manifest.files.items():
        path = there.pop(name, None)
        if path is None:
            raise IntegrityFailure("backup.file_missing", file=name)
        if path.stat().st_size != said["bytes"] or sha256_of(path) != said["sha256"]:
            raise IntegrityFailure("backup.file_altered", file=name)
    if there:
        raise IntegrityFailure("backup.strange_file", file=min(there)[:200])


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()


def copy_private(source: Path, target: Path, *, size: int | None = None) -> None:
    """Copy a file, or its first bytes, mode 0600, synced.

    Args:
        source: may grow meanwhile.
        target: must not exist; its folder is made.
        size: bytes; all when left out.
    """
    private_folder(target.parent)
    left = size
    with (
        source.open("rb") as old,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new,
    ):
        while left is None or left > 0:
            part = old.read(_PART if left is None else min(_PART, left))
            if not part:
                break
            new.write(part)
            left = None if left is None else left - len(part)
        new.flush()
        os.fsync(new.fileno())
    if left:
        raise IntegrityFailure("backup.file_shrank", file=source.name)


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file, mode 0600, synced."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise IntegrityFailure("backup.strange_file", file=str(path.relative_to(folder)))
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path
