"""Teams of an investigation: one case, one draft and one mark for two to six trainees.

Rules:

1. A team is a number within an investigation; who is in none works alone. Teams are formed by
   trainers, and stay as they are for whoever has a case already.
2. All of a team see and work on the same case; it is handed in once, and the mark is everybody's.
3. A member may have a seat with powers of its own: investigators work and hand in, analysts work
   and do not hand in, prosecutors read and approve. Without a seat one works and hands in. With a
   prosecutor in the team nothing is handed in but the very answer that a prosecutor approved.
4. Somebody in each team can work and hand in.

>>> at_random(["a", "b", "c", "d", "e"], 2, lambda names: list(names))
[('a', 'b'), ('c', 'd', 'e')]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from sandbox.kit.errors import InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName

LEAST: Final = 2
MOST: Final = 6
MOST_TEAMS: Final = 99
Name = TypeVar("Name")


class Power(StrEnum):
    """What a seat in a team may do."""

    ALL = "all"
    INVESTIGATOR = "investigator"
    ANALYST = "analyst"
    PROSECUTOR = "prosecutor"


WORKING: Final = frozenset({Power.ALL, Power.INVESTIGATOR, Power.ANALYST})
HANDING_IN: Final = frozenset({Power.ALL, Power.INVESTIGATOR})


@dataclass(frozen=True, slots=True)
class Place:
    """A trainee's place in a team.

    Attributes:
        team: from 1 to `MOST_TEAMS`.
    """

    investigation: str
    trainee: AccountName
    team: int
    power: Power


def check_teams(places: Iterable[Place]) -> None:
    """Refuse teams that cannot be.

    Args:
        places: every place of an investigation.

    Raises:
        InvalidInput: ``investigation.team_number``, ``investigation.team_size``,
            ``investigation.team_powers``: ``team`` which.
    """
    teams: dict[int, list[Place]] = defaultdict(list)
    for each in places:
        teams[each.team].append(each)
    for number, members in sorted(teams.items()):
        if not 1 <= number <= MOST_TEAMS:
            raise InvalidInput("investigation.team_number", most=MOST_TEAMS)
        if not LEAST <= len(members) <= MOST:
            raise InvalidInput("investigation.team_size", team=number, least=LEAST, most=MOST)
        if not any(each.power in HANDING_IN for each in members):
            raise InvalidInput("investigation.team_powers", team=number)


def require_power(power: Power, allowed: Iterable[Power]) -> None:
    """Refuse who has a seat without that power.

    Raises:
        NotAllowed: ``investigation.seat``.
    """
    if power not in allowed:
        raise NotAllowed("investigation.seat", seat=power.value)


def at_random(
    names: Sequence[Name], size: int, shuffled: Callable[[Sequence[Name]], list[Name]]
) -> list[tuple[Name, ...]]:
    """Teams of a size; who is left over joins the last team, or is a smaller one.

    Args:
        names: whom; fewer than two make no team.
        size: 2 to 6.
        shuffled: gives them in another order.

    Raises:
        InvalidInput: ``investigation.team_size``.
    """
    if not LEAST <= size <= MOST:
        raise InvalidInput("investigation.team_size", team="", least=LEAST, most=MOST)
    left = shuffled(names)
    teams = [tuple(left[start : start + size]) for start in range(0, len(left), size)]
    if len(teams) > 1 and len(teams[-1]) < LEAST and size < MOST:
        teams[-2:] = [(*teams[-2], *teams[-1])]
    return [each for each in teams if len(each) >= LEAST]
