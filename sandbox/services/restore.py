"""Putting a backup back: everything is checked, nothing is put over what is there.

1. The manifest: a format, a version and a schema of ours, and the same kind of database.
2. Every file is as it was written; nothing else lies in the folder.
3. The target is empty: the state directory holds no file (but keys, when the backup has none), the
   database no table.
4. Each journal is sound and ends where the manifest says.
5. The store is put back; its audit log is whole, has the size and the root of the manifest, and
   every batch of records that it knows is in the journals: a store ahead of its journal is refused
   and taken out again.
6. Journals and files are put into place, and the journals are read once more where they lie.
7. Papers whose bytes are not among the files are named: the store comes first, so a draft's
   document that was taken away while the backup was made is in the one and not in the other.

A step that fails leaves the target as empty as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sandbox.chain.opening import JOURNAL_NAME
from sandbox.chain.replay import verify
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput
from sandbox.services.audit import verify_log
from sandbox.services.backup import SECRETS
from sandbox.services.backup_files import Manifest, check_files, copy_private
from sandbox.services.journal_compare import Comparison, compare
from sandbox.services.papers_kept import missing_papers
from sandbox.store import Store
from sandbox.store.copies import (
    copy_in,
    kind_of,
    newest_schema,
    refuse_unless_empty,
    take_back,
)
from sandbox.toolchain.layout import Layout


@dataclass(frozen=True)
class Restored:
    """What was put back.

    Attributes:
        manifest: of the backup.
        journals: each chain's journal beside the audit log.
        missing: papers that the store names and whose bytes the backup has not, because they were
            taken away while it was made.
    """

    manifest: Manifest
    journals: tuple[Comparison, ...]
    missing: tuple[str, ...] = ()


def restore_backup(paths: Layout, url: str, source: Path) -> Restored:
    """Put a backup into an empty install that does not run.

    Args:
        paths: of the install.
        url: of its store.
        source: the backup's folder.

    Raises:
        InvalidInput: ``backup.other_format``, ``backup.other_version``, ``backup.other_database``.
        IntegrityFailure: ``backup.no_manifest``, ``backup.manifest_malformed``,
            ``backup.file_missing``, ``backup.file_altered``, ``backup.strange_file``,
            ``backup.journal_differs``, ``backup.log_differs``, ``backup.log_unsound``,
            ``backup.store_ahead``, ``journal.bad_record``.
        Conflict: ``backup.target_not_empty``.
        Unavailable: ``store.unavailable``, ``backup.no_client``, ``backup.client_failed``.
    """
    manifest = check_backup(source, url)
    _refuse_unless_empty(paths, url, secrets=manifest.secrets)
    with _or_nothing(paths, url, manifest):
        copy_in(url, source / "store")
        journals = _check_store(url, source, manifest)
        for name in manifest.files:
            if not name.startswith("store/store."):
                copy_private(source / name, paths.state_dir / name)
        for chain in manifest.chains:
            _check_journal(paths.chain_dir / chain, chain, manifest)
        missing = _missing(paths, url)
    return Restored(manifest, journals, missing)


def check_backup(source: Path, url: str) -> Manifest:
    """Steps 1, 2 and 4: whether a folder is a backup that this version can put back."""
    manifest = Manifest.read(source)
    for found, known, what in (
        (manifest.version, version("synak"), "synak"),
        (manifest.schema, newest_schema(), "schema"),
    ):
        if found != known:
            raise InvalidInput("backup.other_version", what=what, found=found[:40], known=known)
    if manifest.database != kind_of(url):
        raise InvalidInput(
            "backup.other_database", found=manifest.database[:40], known=kind_of(url)
        )
    check_files(source, manifest)
    for chain in manifest.chains:
        _check_journal(source / "chain" / chain, chain, manifest)
    return manifest


def _check_journal(path: Path, chain: str, manifest: Manifest) -> None:
    report, said = verify(path), manifest.chains[chain]
    if {"records": report.records, "block": report.head.number} != dict(said):
        raise IntegrityFailure("backup.journal_differs", chain=chain)


def _refuse_unless_empty(paths: Layout, url: str, *, secrets: bool) -> None:
    refuse_unless_empty(url)
    allowed = () if secrets else SECRETS
    for path in paths.state_dir.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            continue
        if path.relative_to(paths.state_dir).parts[0] not in allowed:
            raise Conflict("backup.target_not_empty", what=str(path))


def _check_store(url: str, source: Path, manifest: Manifest) -> tuple[Comparison, ...]:
    """Step 5."""
    store = Store(url)
    try:
        with store.unit(read_only=True) as u:
            report = verify_log(u)
            journals = tuple(
                compare(u, source / "chain" / chain / JOURNAL_NAME) for chain in manifest.chains
            )
    finally:
        store.close()
    if not report.ok:
        raise IntegrityFailure("backup.log_unsound", reason=report.code or "")
    if (report.size, report.root) != (manifest.log_size, manifest.log_root):
        raise IntegrityFailure("backup.log_differs", size=report.size, said=manifest.log_size)
    for each in journals:
        if each.code is not None:
            raise IntegrityFailure("backup.store_ahead", chain=each.chain, reason=each.code)
    return journals


def _missing(paths: Layout, url: str) -> tuple[str, ...]:
    """Step 7."""
    store = Store(url)
    try:
        with store.unit(read_only=True) as u:
            return missing_papers(u, paths.store_dir / "blobs")
    finally:
        store.close()


@contextmanager
def _or_nothing(paths: Layout, url: str, manifest: Manifest) -> Iterator[None]:
    """Take everything out again when a step fails."""
    try:
        yield
    except BaseException:
        take_back(url)
        for name in manifest.files:
            (paths.state_dir / name).unlink(missing_ok=True)
        for chain in manifest.chains:
            shutil.rmtree(paths.chain_dir / chain, ignore_errors=True)
        raise
