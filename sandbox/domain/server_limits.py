"""Limits of users' servers: cores, memory, hours in a day, and disk.

Rules:

1. A permit's are its own: coursework and people's own servers have none of them. What servers of
   coursework and people's own may use is by role, from the settings; they have no limit of hours.
2. Hours are those of all the permit's servers together, whoever's they are: two servers for
   one hour are two hours. They are counted also where no limit is set.
3. A day is a day of Bishkek; what a server runs past midnight is the next day's.
4. At the limit there is nothing left: a server runs up to it, ends there, and none starts.
5. Disk is what the files and folders of one workspace take. At the limit nothing more is
   written; what is there stays, also where the limit is lowered below it.

>>> read_limits({"server_cores": 2}).cores
2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.calendar import BISHKEK
from sandbox.domain.terms import HUB_LIMITS, LoadTerms, check_hub_limit
from sandbox.kit.clock import utc
from sandbox.kit.errors import InvalidInput, Refused
from sandbox.kit.ids import PermitNumber
from sandbox.kit.money import NoLimit

_HOUR: Final = 3600.0
PERMIT: Final = "permit-"
"""How the names of permits' contexts begin."""
ROLES: Final = frozenset({"student", "teacher"})


@dataclass(frozen=True)
class ServerLimits:
    """What servers may use; None: no limit of the permit or the role.

    Attributes:
        cores: of each server.
        memory: megabytes of each server.
        hours: of all servers together in a day of Bishkek.
        disk: megabytes of each workspace's files and folders.
    """

    cores: int | None = None
    memory: int | None = None
    hours: int | None = None
    disk: int | None = None


def limits_of(load: LoadTerms) -> dict[str, int]:
    """The limits that are set, by their names in the terms."""
    found = {name: getattr(load, name) for name in HUB_LIMITS}
    return {name: limit for name, limit in found.items() if not isinstance(limit, NoLimit)}


def read_limits(data: object) -> ServerLimits:
    """Read :func:`limits_of` again.

    Raises:
        InvalidInput: ``terms.malformed``, ``terms.server_range``.
    """
    if not isinstance(data, Mapping) or not set(data) <= set(HUB_LIMITS):
        raise InvalidInput("terms.malformed", reason="limits of servers")
    for name, limit in data.items():
        check_hub_limit(name, limit)
    return ServerLimits(*(data.get(name) for name in HUB_LIMITS))


def read_role_limits(data: object) -> dict[str, dict[str, int]]:
    """The limits of servers by role, ``student`` and ``teacher``; a person's own is a student's.

    Args:
        data: role → name of a limit → cores or megabytes.

    Raises:
        InvalidInput: ``terms.malformed``, ``terms.server_range``.
    """
    if not isinstance(data, Mapping) or not set(data) <= ROLES:
        raise InvalidInput("terms.malformed", reason="roles of servers")
    for limits in data.values():
        if read_limits(limits).hours is not None:
            raise InvalidInput("terms.malformed", reason="hours are a permit's")
    return {role: dict(limits) for role, limits in data.items()}


@dataclass(frozen=True)
class DayUse:
    """What a permit's servers ran in one day.

    Attributes:
        day: of Bishkek, ISO 8601.
        seconds: of all its servers together.
    """

    day: str = ""
    seconds: float = 0.0

    def used(self, at: datetime) -> float:
        """Seconds of the day that ``at`` lies in."""
        return self.seconds if self.day == _day(at) else 0.0

    def ran(self, begin: datetime, end: datetime) -> DayUse:
        """With one server's running time counted; only what lies in the day of ``end``.

        Args:
            begin: from when it was not counted yet.
            end: not before it, or nothing is counted.
        """
        first = max(utc(begin), _midnight(end))
        ran = max(0.0, (utc(end) - first).total_seconds())
        return DayUse(_day(end), self.used(end) + ran)

    def left(self, hours: int, at: datetime) -> float:
        """Seconds left of the day's hours; never below zero."""
        return max(0.0, hours * _HOUR - self.used(at))

    def require(self, context: str, hours: int, at: datetime) -> None:
        """Refuse a server once the day's hours are used.

        Args:
            context: of the permit.
            hours: its limit.
            at: now.

        Raises:
            Refused: ``hub.server_hours_used``.
        """
        if self.left(hours, at) <= 0:
            raise Refused(
                "hub.server_hours_used",
                permit=permit_of(context),
                hours=str(hours),
                until=(_midnight(at) + timedelta(days=1)).isoformat(),
            )


def permit_of(context: str) -> str:
    """The permit's number, as people know it, from the name of its context."""
    return context.removeprefix(PERMIT).upper()


def context_of(permit: PermitNumber) -> str:
    """The name of a permit's context on the hub."""
    return PERMIT + permit.lower()


def _day(at: datetime) -> str:
    return utc(at).astimezone(BISHKEK).date().isoformat()


def _midnight(at: datetime) -> datetime:
    local = utc(at).astimezone(BISHKEK)
    return utc(local.replace(hour=0, minute=0, second=0, microsecond=0))
