"""What a permit's workspaces use of the machine: asked of the launcher, which holds those limits.

Rules: only permits that limit hours or disk are asked about. Hours are those of today, all
workspaces together; of disk the fullest workspace is shown, since the limit is each one's. What
lies in the workspace of somebody who left is nobody's use, and what was never measured is not zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.domain.records import Permit
from sandbox.domain.server_limits import context_of
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import AccountName, PermitNumber
from sandbox.kit.money import NoLimit
from sandbox.services.launcher_client import LauncherClient
from sandbox.services.ports import Ports, WorkspaceUse
from sandbox.services.views import UsageLine
from sandbox.store import UnitOfWork

SHOWN: Final = ("server_hours_per_day", "server_disk")
_DECIMALS: Final = {"server_hours_per_day": 2, "server_disk": 0}
_HOUR: Final = 3600
_SECONDS: Final = 2.0


class LauncherWorkspaces:
    """The launcher's count (``sandbox.services.ports.WorkspacePort``).

    Args:
        path: of the launcher's socket.
    """

    def __init__(self, path: Path) -> None:
        self._launcher = LauncherClient(
            path, seconds=_SECONDS, unreachable="launcher.unreachable", passing=frozenset()
        )

    def use(self, permit: PermitNumber) -> WorkspaceUse:
        """What the workspaces of a permit use.

        Raises:
            Unavailable: ``launcher.unreachable``.
            IntegrityFailure: what the launcher refused with.
        """
        answer = self._launcher.ask({"op": "server.use", "context": context_of(permit)})
        disks: dict[str, Any] = dict(answer["disks"])
        return WorkspaceUse(
            seconds=int(answer["seconds"]),
            disks={user: int(each["used"]) for user, each in disks.items()},
        )


def left_of(
    u: UnitOfWork, permits: Collection[Permit]
) -> Mapping[PermitNumber, Collection[AccountName]]:
    """Who left the firms of permits that limit disk, by permit."""
    limited = [each for each in permits if not isinstance(each.terms.load.server_disk, NoLimit)]
    if not limited:
        return {}
    closed = u.accounts.closed_of_orgs({each.org for each in limited})
    return {
        permit.number: [each.name for each in closed if each.org == permit.org]
        for permit in limited
    }


def workspace_lines(
    permit: Permit, ports: Ports, incomplete: list[str], left: Collection[str] = ()
) -> Iterator[UsageLine]:
    """The limits of workspaces that are counted, where the permit has them.

    Args:
        permit: its record.
        ports: with the launcher.
        incomplete: gets ``workspaces`` when it cannot be asked.
        left: accounts whose workspaces do not count any more.
    """
    limits = {name: getattr(permit.terms.load, name) for name in SHOWN}
    limits = {name: each for name, each in limits.items() if not isinstance(each, NoLimit)}
    if not limits:
        return
    used = _used(permit.number, ports, left)
    if not used:
        incomplete.append("workspaces")
    for name, limit in limits.items():
        yield UsageLine(
            clause=name,
            asset=None,
            limit=str(limit * 10 ** _DECIMALS[name]),
            used=str(used[name]) if name in used else None,
            decimals=_DECIMALS[name],
            held_by="hub",
        )


def _used(permit: PermitNumber, ports: Ports, left: Collection[str]) -> dict[str, int]:
    """What is used of each limit that was measured; nothing when nobody says."""
    if ports.workspaces is None:
        return {}
    try:
        found = ports.workspaces.use(permit)
    except (SynakError, KeyError, ValueError, TypeError):
        return {}
    used = {"server_hours_per_day": found.seconds * 100 // _HOUR}
    disks = [megabytes for user, megabytes in found.disks.items() if user not in left]
    if disks:
        used["server_disk"] = max(disks)
    return used
