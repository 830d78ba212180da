"""``synak backup`` and ``synak restore``: settings, services, owners of files."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.kit.clock import SystemClock
from sandbox.run.identity import Identities, identities
from sandbox.run.prepare import folders, make_folders, owner_of
from sandbox.services.backup import remove_partial, take_backup
from sandbox.services.restore import restore_backup
from sandbox.settings import Settings


def backup(settings: Settings, target: Path, *, secrets: bool) -> list[str]:
    """Back an install up, running or not.

    Args:
        settings: this install's.
        target: a new folder.
        secrets: also keys.

    Returns:
        What was written, line by line.
    """
    there = target.exists()
    try:
        made = take_backup(
            settings.paths,
            settings.database_url,
            target,
            at=SystemClock().now(),
            secrets=secrets,
        )
    except BaseException:
        if not there:
            remove_partial(target)
        raise
    size = sum(int(each["bytes"]) for each in made.files.values())
    keys = "with keys: keep it as you keep them" if secrets else "without keys"
    return [
        f"backed up to {target}: {len(made.files)} files, {size:,} bytes, {keys}",
        f"audit log: {made.log_size:,} entries, root {made.log_root}",
        *(
            f"chain {chain}: {said['records']:,} records, block {said['block']:,}"
            for chain, said in made.chains.items()
        ),
    ]


def restore(settings: Settings, source: Path) -> list[str]:
    """Put a backup into an empty install.

    Args:
        settings: the install's.
        source: the backup's folder.

    Returns:
        What was put back, line by line.
    """
    done = restore_backup(settings.paths, settings.database_url, source)
    ids = identities(settings.isolation.uid_base)
    make_folders(settings, ids)
    if ids.separate:
        _give_owners(settings, ids)
    log = done.manifest
    keys = [] if log.secrets else ["keys are not in this backup: put yours into place, then start"]
    return [
        f"restored from {source}, as of {log.created_at}",
        f"audit log: {log.log_size:,} entries, root {log.log_root}: sound",
        *(f"journal {each.chain}: {each.sentence()}" for each in done.journals),
        *(f"not in this backup, though the store names it: {each}" for each in done.missing),
        *keys,
    ]


def _give_owners(settings: Settings, ids: Identities) -> None:
    """Files get the owner and group of the nearest folder that the install knows."""
    known = {folder.path: owner_of(folder, ids) for folder in folders(settings)}
    for path in settings.paths.state_dir.rglob("*"):
        if path in known or path.is_symlink():
            continue
        nearest = next((known[each] for each in path.parents if each in known), None)
        if nearest is not None:
            os.chown(path, *nearest)
