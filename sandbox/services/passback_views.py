"""Marks that go back to learning platforms, as the teachers of a course see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sandbox.domain.classroom import ActionKind, CourseRole
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.passback import MarkState, OutsideMark
from sandbox.kit.folding import alphabetical
from sandbox.kit.ids import AccountName
from sandbox.services import people
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions, Marks, Members
from sandbox.store.passback_tables import Launches, OutsideMarks


class Before(StrEnum):
    """Why there is no mark to be sent yet."""

    NO_PLATFORM = "mark_no_platform"
    UNRELEASED = "mark_unreleased"
    UNFINISHED = "work_marking"


STATES = (*MarkState, *Before)


@dataclass(frozen=True)
class Line:
    """A student, and where their mark for one platform stands.

    Attributes:
        name: as people are written.
        number: the student's, of the class list; empty without one, and for assistants.
        platform: its name; empty for who came by none.
        state: of the mark, or why there is none to be sent.
        mark: what is sent; None: nothing yet.
    """

    student: AccountName
    name: str
    number: str
    group: str
    platform: str
    state: MarkState | Before
    mark: OutsideMark | None


def lines(room: Room, assignment: AssignmentName) -> tuple[Line, ...]:
    """Everybody of the course, and whose mark went anywhere, by name.

    Args:
        room: of a teacher.
        assignment: which.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    course, session = room.person.course, room.u.session
    marks: dict[AccountName, dict[str, OutsideMark]] = {}
    for each in OutsideMarks(session).of(course, assignment):
        marks.setdefault(each.student, {})[each.platform] = each
    ways: dict[AccountName, set[str]] = {}
    for account, launch in Launches(session).bound(course):
        if launch.assignment in {"", assignment}:
            ways.setdefault(account, set()).add(launch.platform)
    before = _before(room, assignment)
    accounts = sorted({*students_of(room.u, course, room.at), *marks})
    names = people.written(room.u, accounts)
    listed = room.u.class_people.of_accounts(accounts) if room.person.leads else {}
    groups = {each.account: each.group for each in Members(session).in_course(course)}
    found = []
    for account in accounts:
        mine = marks.get(account, {})
        for platform in sorted({*mine, *ways.get(account, ())}) or [""]:
            mark = mine.get(platform)
            none = before.get(account, Before.UNRELEASED) if platform else Before.NO_PLATFORM
            found.append(
                Line(
                    student=account,
                    name=names[account],
                    number=listed[account].number if account in listed else "",
                    group=groups.get(account, ""),
                    platform=platform,
                    state=mark.state if mark else none,
                    mark=mark,
                )
            )
    return tuple(sorted(found, key=lambda each: (alphabetical(each.name), each.student)))


def own(room: Room, assignment: AssignmentName) -> tuple[OutsideMark, ...]:
    """The reader's own mark, for each platform that it goes to."""
    person = room.person
    return OutsideMarks(room.u.session).of(person.course, assignment, person.account)


def counts(found: Iterable[Line]) -> Counter[str]:
    """How many lines there are of each state."""
    return Counter(each.state.value for each in found)


def _before(room: Room, assignment: AssignmentName) -> dict[AccountName, MarkState | Before]:
    """Whose work was released: it waits to be sent, or for a teacher's mark."""
    course, session = room.person.course, room.u.session
    released = Actions(session).all_of(ActionKind.FEEDBACK_RELEASED, course, assignment)
    given = Marks(session).of_assignment(course, assignment)
    found: dict[AccountName, MarkState | Before] = {}
    for each in released:
        parts = given.get(str(each.detail["submission"]), ())
        waits = any(part.waits for part in parts)
        student = AccountName(str(each.student))
        found[student] = Before.UNFINISHED if waits else MarkState.WAITING
    return found
