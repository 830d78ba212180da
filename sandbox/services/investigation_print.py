"""Cases to be printed: one for whoever may read it, a class's for who leads.

Rules:

1. Made of what may be seen: in a lab with the law's clock up to the clock's moment of that very
   case, for trainers too. Nothing sealed is opened here.
2. Of a class each case that counts is there once: one case of all, or of a team, is one file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigations import CaseFile, Investigation
from sandbox.forensics.acting import seen
from sandbox.forensics.cases import Public
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName
from sandbox.services import investigation_room, investigations
from sandbox.services.classroom_people import by_name
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_places import people_of

MOST: Final = 60
"""Cases in one file."""


@dataclass(frozen=True)
class Printed:
    """What a case file is made of.

    Attributes:
        public: what may be seen of the case.
        people: whose it is, in the order of their names.
        clock: the moment of the case's own time; None: nobody acts in this lab.
    """

    investigation: Investigation
    case: CaseFile
    public: Public
    people: tuple[AccountName, ...]
    clock: datetime | None = None


def one(room: Room, investigation: str, case: str) -> Printed:
    """A case for its trainee, for each of its team, and for the trainers of the course.

    Raises:
        NotFound: ``investigation.not_found``: also for everybody else's case.
    """
    if room.person.role is CourseRole.TEACHER:
        return _printed(room, *investigations.of_a_trainee(room, investigation, case))
    held = investigations.held(room, investigation, case)
    return _printed(room, held.investigation, held.case)


def whole_class(room: Room, investigation: str) -> tuple[Printed, ...]:
    """The case that counts of every trainee and team, in the order of names.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.print_none``, ``investigation.print_many``.
    """
    room.person.require_lead()
    found = investigations.one(room, investigation)
    newest = [row.newest.case for row in investigation_room.rows(room, found) if row.newest]
    if not newest:
        raise Conflict("investigation.print_none")
    if len(newest) > MOST:
        raise Conflict("investigation.print_many", most=MOST, count=len(newest))
    order = by_name(room.u, {each.trainee for each in newest})
    sheets: dict[str, Printed] = {}
    for case in sorted(newest, key=lambda each: order.index(each.trainee)):
        made = _printed(room, found, case)
        key = case.id if made.clock else case.public
        there = sheets.get(key)
        both = (*there.people, *made.people) if there else made.people
        sheets[key] = replace(there or made, people=by_name(room.u, set(both)))
    return tuple(sheets.values())


def _printed(room: Room, found: Investigation, case: CaseFile) -> Printed:
    public, acted = investigations.public_of(room, case), investigations.acted_on(room, found, case)
    people = by_name(room.u, people_of(room, case))
    if acted is None:
        return Printed(found, case, public, people)
    return Printed(found, case, seen(public, acted.now), people, acted.file.clock)
