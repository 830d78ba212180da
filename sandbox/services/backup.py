"""A backup of a running install: the store first, the journals after, and what is said of both.

1. The store is copied as it is at one moment; so many entries its audit log then has.
2. Snapshots and checkpoints of each chain are copied, then its journal up to the first record that
   speaks of a newer entry of the audit log: so log and journal fit, and the journal is never
   behind the store. What came after is not in the backup.
3. Snapshots and checkpoints of epochs behind that place are left out again.
4. The gateway's units, the hub's accounts, handed-in files; keys only when asked for.
5. Everything is checked as a restore checks it, then the manifest is written.

Left out, since it is made again: the history's index, the gateway's policies (the worker sends
them), folded floods that were not written down yet, users' homes.

Source: the design's decision 3 (the journal is the truth).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sandbox.chain import checkpoint
from sandbox.chain.opening import JOURNAL_NAME
from sandbox.chain.records import Kind, Place, Scan
from sandbox.chain.replay import verify
from sandbox.kit.errors import Conflict, IntegrityFailure, NotFound
from sandbox.services.backup_files import (
    FORMAT,
    Manifest,
    copy_private,
    described,
    private_folder,
)
from sandbox.store.copies import copy_out, copy_sqlite, is_there
from sandbox.toolchain.layout import Layout

SECRETS: Final = ("secrets", "signer")
"""Folders of the state directory that hold keys."""
FILES: Final = ("accounts", "store/blobs")
"""Folders of the state directory that are copied file by file."""
DATABASES: Final = ("chain/units.sqlite", "hub/jupyterhub.sqlite")
"""SQLite files that others may be writing."""
_EPOCHS: Final = (("epochs", "*.snapshot"), (checkpoint.FOLDER, "*.checkpoint"))


def take_backup(
    paths: Layout, url: str, target: Path, *, at: datetime, secrets: bool = False
) -> Manifest:
    """Write a backup into a new folder.

    Args:
        paths: of the install, running or not.
        url: of its store.
        target: a folder that does not exist or is empty.
        at: now, UTC.
        secrets: also keys: then whoever has the folder can act as the platform.

    Returns:
        The manifest.

    Raises:
        Conflict: ``backup.target_not_empty``.
        NotFound: ``backup.nothing_here`` when there is no store.
        IntegrityFailure: ``journal.bad_record`` and what else a restore would refuse.
        Unavailable: ``store.unavailable``, ``backup.no_client``, ``backup.client_failed``.
    """
    if not is_there(url):
        raise NotFound("backup.nothing_here", path=str(paths.state_dir))
    _fresh(target)
    private_folder(target / "store")
    facts = copy_out(url, target / "store")  # 1
    chains = {}
    for chain in sorted(path.parent for path in paths.chain_dir.glob(f"*/{JOURNAL_NAME}")):
        chains[chain.name] = _copy_chain(chain, target / "chain" / chain.name, facts.log_size)
    for name in DATABASES:  # 4
        if (paths.state_dir / name).is_file():
            copy = target / name
            private_folder(copy.parent)
            copy_sqlite(paths.state_dir / name, copy)
    for folder in (*FILES, *(SECRETS if secrets else ())):
        _copy_folder(paths.state_dir / folder, target / folder)
    manifest = Manifest(
        format=FORMAT,
        version=version("synak"),
        schema=facts.schema,
        database=facts.kind,
        created_at=at.isoformat(),
        log_size=facts.log_size,
        log_root=facts.log_root,
        chains=chains,
        secrets=secrets,
        files=described(target),
    )
    manifest.write(target)  # 5
    return manifest


def _fresh(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict("backup.target_not_empty", what=str(target))
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o700)


def _copy_chain(source: Path, target: Path, log_size: int) -> dict[str, int]:
    """Steps 2 and 3 for one chain."""
    private_folder(target)
    for folder, pattern in _EPOCHS:
        private_folder(target / folder)
        for each in sorted((source / folder).glob(pattern)):
            _copy_if_there(each, target / folder / each.name)
    end, epoch = _fitting(source / JOURNAL_NAME, log_size)
    copy_private(source / JOURNAL_NAME, target / JOURNAL_NAME, size=end.offset)
    for folder, pattern in _EPOCHS:
        for each in (target / folder).glob(pattern):
            if int(each.stem) > epoch:
                each.unlink()
    report = verify(target)
    return {"records": report.records, "block": report.head.number}


def _fitting(journal: Path, log_size: int) -> tuple[Place, int]:
    """Up to where a journal fits an audit log of so many entries, and the last epoch before.

    Raises:
        IntegrityFailure: ``journal.bad_record``; ``journal.missing``.
    """
    epoch = 0
    try:
        with journal.open("rb", buffering=1 << 20) as file:
            scan = Scan(file)
            for stored in scan:
                record = stored.record
                if record.kind is Kind.ANCHOR and record.body["entry"] >= log_size:
                    return stored.at, epoch
                if record.kind is Kind.EPOCH:
                    epoch = int(record.body["number"])
            return scan.end, epoch
    except OSError as error:
        raise IntegrityFailure("journal.missing", path=journal.name, reason=str(error)) from error


def _copy_if_there(source: Path, target: Path) -> None:
    """Copy a snapshot or a checkpoint: old ones are removed while the chain goes on."""
    try:
        copy_private(source, target)
    except FileNotFoundError:
        target.unlink(missing_ok=True)


def _copy_folder(source: Path, target: Path) -> None:
    for path in _plain_files(source):
        _copy_if_there(path, target / path.relative_to(source))


def _plain_files(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    )


def remove_partial(target: Path) -> None:
    """Remove what a backup that failed has written."""
    shutil.rmtree(target, ignore_errors=True)
