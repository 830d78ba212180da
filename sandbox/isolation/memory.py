"""Memory limits by cgroup, version 1 or 2, where this machine lets us write them.

Rules:

- A limit that cannot be set is not pretended: :func:`memory_control` says ``None``
  and the doctor shows it.
- Groups are named ``synak-<install>-<name>`` below the group the manager runs in
  and are removed with the process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_V1 = Path("/sys/fs/cgroup/memory")
_V2 = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class MemoryControl:
    """Where memory groups can be made.

    Attributes:
        version: 1 or 2.
        parent: the folder below which groups are made.
    """

    version: int
    parent: Path

    def limit(self, name: str, limit_bytes: int) -> Path:
        """Make a group with a limit, or set the limit of the one there is.

        Args:
            name: of the group, unique on this machine.
            limit_bytes: memory, with swap where the kernel accounts it.

        Raises:
            OSError: when the group cannot be made after all.
        """
        group = self.parent / name
        group.mkdir(exist_ok=True)
        if self.version == 1:
            (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
            with contextlib.suppress(OSError):
                (group / "memory.memsw.limit_in_bytes").write_text(str(limit_bytes))
        else:
            (group / "memory.max").write_text(str(limit_bytes))
            with contextlib.suppress(OSError):
                (group / "memory.swap.max").write_text("0")
        return group


def joined(group: Path, command: Sequence[str]) -> list[str]:
    """The same command, put into a group before its first instruction.

    Args:
        group: made by :meth:`MemoryControl.limit`; the caller must be allowed to write it.
        command: what to run.
    """
    script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", script, str(group), *command]


def joining(group: Path) -> Path:
    """The file by which a process of one thread joins a group: it writes ``0``.

    In version 1 a thread can join by itself, without the lock for which the kernel lets all
    forks of the machine wait some milliseconds.

    Args:
        group: made by :meth:`MemoryControl.limit`.
    """
    alone = group / "tasks"
    return alone if alone.exists() else group / "cgroup.procs"


def remove(group: Path) -> None:
    """Remove an empty group; one that is not empty stays."""
    with contextlib.suppress(OSError):
        group.rmdir()


def memory_control() -> MemoryControl | None:
    """Where memory can be limited on this machine; None where it cannot."""
    for version, root in ((1, _V1), (2, _V2)):
        for parent in candidates(version, root, "memory"):
            control = MemoryControl(version, parent)
            if _works(control):
                return control
    return None


def candidates(version: int, root: Path, controller: str) -> list[Path]:
    """Where groups of a controller could be made: the manager's own group, then the root.

    Args:
        version: of cgroups, 1 or 2.
        root: of the hierarchy.
        controller: ``memory`` or ``cpu``.
    """
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    own = ""
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if (version == 1 and controller in controllers.split(",")) or (
            version == 2 and controllers == ""
        ):
            own = path
    if version == 2 and not (root / "cgroup.controllers").exists():
        return []
    inside = root / own.lstrip("/")
    return [path for path in dict.fromkeys((inside, root)) if path.is_dir()]


def _works(control: MemoryControl) -> bool:
    name = f"synak-probe-{os.getpid()}"
    try:
        group = control.limit(name, 1 << 30)
    except OSError:
        remove(control.parent / name)
        return False
    remove(group)
    return True
