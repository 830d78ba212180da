"""What a class thought, without names, for a projector: opinions of addresses, shares by part.

Rules:

1. Only answers that were handed in count, and of them those whose truth may be shown already. In
   a case that several have it may be shown when it is open for one of them.
2. No name, moment or order of anybody; nothing below ``LEAST`` trainees or teams.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigations import CaseFile, Investigation, Opinion, check_truth
from sandbox.kit.errors import Conflict
from sandbox.services import investigation_room, investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_room import Answered
from sandbox.store.investigation_tables import CaseFiles

LEAST: Final = 3
"""Trainees or teams; of fewer, everybody could tell who thought what."""
MOST: Final = 60
"""Addresses that are shown."""
QUARTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Thought:
    """How many called an address what."""

    address: str
    thieves: int
    service: int
    innocent: int

    @property
    def parts(self) -> bool:
        """Whether some say the thieves' and others that it is not."""
        return bool(self.thieves and self.innocent + self.service)


@dataclass(frozen=True, slots=True)
class Shares:
    """A part of the marks: how many answers lie in each quarter of its points, the lowest first."""

    part: str
    quarters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What a class thought.

    Attributes:
        same: answers for one case that most have; fewer than ``LEAST``: no ``thoughts``.
        thoughts: where opinions part first.
        answers: that count; fewer than ``LEAST`` owners: no ``shares``.
        shares: by part of the marks.
    """

    same: int
    thoughts: tuple[Thought, ...]
    answers: int
    shares: tuple[Shares, ...]


def compared(room: Room, investigation: str) -> Compared:
    """Compare what was handed in.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``.
    """
    room.person.require(CourseRole.TEACHER)
    found = investigations.one(room, investigation)
    every = [each for each in CaseFiles(room.u.session).of(found.id) if each.reset_at is None]
    shown = {each.public for each in every if _may_show(room, found, each)}
    answered = [
        each
        for each in investigation_room.with_answers(room, every)
        if each.answer is not None and each.case.public in shown
    ]
    sizes = Counter(each.case.public for each in answered)
    most = max(sizes.values(), default=0)
    same = [each.case for each in answered if sizes[each.case.public] == most and most >= LEAST]
    same = [each for each in same if each.public == same[0].public]
    owners = {each.case.team or each.case.trainee for each in answered}
    enough = len(owners) >= LEAST
    return Compared(
        same=len(same),
        thoughts=_thoughts(same),
        answers=len(answered) if enough else 0,
        shares=_shares(answered) if enough else (),
    )


def _may_show(room: Room, found: Investigation, case: CaseFile) -> bool:
    try:
        check_truth(found, case, room.at)
    except Conflict:
        return False
    return True


def _thoughts(cases: Iterable[CaseFile]) -> tuple[Thought, ...]:
    counts: dict[str, Counter[str]] = {}
    for case in cases:
        for address, opinion in case.draft.opinions.items():
            counts.setdefault(address, Counter())[opinion] += 1
    rows = (Thought(name, *(found[each] for each in Opinion)) for name, found in counts.items())
    return tuple(sorted(rows, key=_parting)[:MOST])


def _parting(row: Thought) -> tuple[int, int, str]:
    against = row.innocent + row.service
    return -min(row.thieves, against), -(row.thieves + against), row.address


def _shares(answered: Iterable[Answered]) -> tuple[Shares, ...]:
    found: dict[str, list[int]] = {}
    for each in answered:
        marks = each.answer.marks if each.answer else None
        for part in marks["parts"] if marks else ():
            if part["share"] is not None:
                quarters = found.setdefault(part["part"], [0] * QUARTERS)
                quarters[min(int(Fraction(part["share"]) * QUARTERS), QUARTERS - 1)] += 1
    rows = (Shares(part, tuple(quarters)) for part, quarters in found.items())
    return tuple(each for each in rows if sum(each.quarters) >= LEAST)
