"""Limits of processor cores by cgroup, version 1 or 2, where this machine lets us write them.

Rules:

- A limit that cannot be set is not pretended: :func:`cores_control` says ``None``.
- A group may use so many cores' time in each tenth of a second, whichever cores these are.
- Version 2 has one hierarchy, so the group is the one that limits memory; without
  that one there is none.

Source: Linux kernel documentation, "CFS Bandwidth Control" and "Control Group v2", ``cpu.max``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.isolation.memory import MemoryControl, candidates, remove

_V1 = Path("/sys/fs/cgroup/cpu")
_PERIOD = 100_000


@dataclass(frozen=True)
class CoresControl:
    """Where groups with a share of the processor can be made.

    Attributes:
        version: 1 or 2.
        parent: the folder below which groups are made.
    """

    version: int
    parent: Path

    def limit(self, name: str, cores: int | None) -> Path:
        """Make a group with a limit, or set the limit of the one there is.

        Args:
            name: of the group; in version 2 the name of its memory group.
            cores: at least 1; more than the machine has means all of them. None: no limit, but
                where cores are short each group gets as much as any other.

        Raises:
            OSError: when the group cannot be made after all.
        """
        group = self.parent / name
        group.mkdir(exist_ok=True)
        quota = None if cores is None else min(cores, os.cpu_count() or cores) * _PERIOD
        if self.version == 1:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota or -1))
        else:
            (group / "cpu.max").write_text(f"{quota or 'max'} {_PERIOD}")
        return group


def cores_control(memory: MemoryControl | None) -> CoresControl | None:
    """Where cores can be limited on this machine; None where they cannot.

    Args:
        memory: where memory is limited.
    """
    found = [CoresControl(1, parent) for parent in candidates(1, _V1, "cpu")]
    if memory is not None and memory.version == 2:
        found = [CoresControl(2, memory.parent)]
    return next((each for each in found if _works(each)), None)


def _works(control: CoresControl) -> bool:
    name = f"synak-probe-cores-{os.getpid()}"
    try:
        group = control.limit(name, 1)
    except OSError:
        return False
    finally:
        remove(control.parent / name)
    return group == control.parent / name
