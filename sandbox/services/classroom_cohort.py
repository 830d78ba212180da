"""The class in an assignment: everybody, searched, filtered, ordered, in parts.

Rules: teachers only, assistants too; students' numbers are for those who may see the course's
people, which assistants may not. As many questions to the store for 300 students as for one;
who left the course and had handed in stays in the table. Late is by each student's own due date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.classroom import ActionKind, CourseRole, JobState
from sandbox.domain.coursework import AssignmentName
from sandbox.kit.folding import alphabetical, has_words, natural
from sandbox.kit.ids import AccountName
from sandbox.services import people
from sandbox.services.classroom_exchange import correction, newest_per_student, submissions
from sandbox.services.classroom_grading import Standing, standings
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_time import time_of
from sandbox.store.classroom import Actions, Jobs, Members

PART: Final = 50
"""Lines of a part."""
LATE: Final = "work_late"
"""The filter for late work, whatever its stage."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_LONGEST_TEXT: Final = 80


class Stage(StrEnum):
    """How far a student is with an assignment."""

    NOT_FETCHED = "work_not_fetched"
    FETCHED = "work_fetched"
    WAITING = "work_waiting"
    MARKING = "work_marking"
    GRADED = "work_graded"
    FAILED = "work_failed"


FILTERS: Final = (*(each.value for each in Stage), LATE)


class Order(StrEnum):
    """How the table is ordered; equal lines by name."""

    NAME = "name"
    GROUP = "group"
    HANDED_IN = "handed_in"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Row:
    """One student in an assignment.

    Attributes:
        name: as people are written.
        number: the student's, of the class list; empty without one, and for assistants.
        fetched_at: first, of any release.
        late: whether the newest submission is.
        old: whether it was handed in before the newest correction.
    """

    standing: Standing
    name: str
    number: str
    group: str
    fetched_at: datetime | None
    late: bool
    old: bool

    @property
    def student(self) -> AccountName:
        """Whose row it is."""
        return self.standing.student

    @property
    def stage(self) -> Stage:
        """How far they are."""
        one = self.standing
        if one.submission is None:
            return Stage.NOT_FETCHED if self.fetched_at is None else Stage.FETCHED
        if one.state is JobState.FAILED:
            return Stage.FAILED
        if one.state is not JobState.DONE:
            return Stage.WAITING
        return Stage.MARKING if one.waiting else Stage.GRADED


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the table is wanted.

    Attributes:
        text: words that must all be found in name, account, student number or group.
        show: one of `FILTERS`; empty for all.
        start: so many lines are left out.
    """

    text: str = ""
    show: str = ""
    order: Order = Order.NAME
    start: int = 0
    limit: int = PART

    def __post_init__(self) -> None:
        """Bring everything into its range: these are addresses that people keep."""
        object.__setattr__(self, "text", self.text.strip()[:_LONGEST_TEXT])
        object.__setattr__(self, "show", self.show if self.show in FILTERS else "")
        object.__setattr__(self, "start", max(0, self.start))


def cohort(room: Room, assignment: AssignmentName) -> tuple[Row, ...]:
    """Everybody of the course, and who handed in and left.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    found = standings(room, assignment)
    course, u = room.person.course, room.u
    accounts = [each.student for each in found]
    names = people.written(u, accounts)
    listed = u.class_people.of_accounts(accounts) if room.person.leads else {}
    groups = {each.account: each.group for each in Members(u.session).in_course(course)}
    fetched: dict[str, datetime] = {}
    for action in Actions(u.session).all_of(ActionKind.FETCHED, course, assignment):
        fetched.setdefault(action.actor, action.at)
    time, corrected = time_of(room, assignment), correction(room, assignment)
    late = {
        action.student
        for action in newest_per_student(submissions(room, assignment))
        if time.late(action)
    }
    return tuple(
        Row(
            standing=each,
            name=names[each.student],
            number=listed[each.student].number if each.student in listed else "",
            group=groups.get(each.student, ""),
            fetched_at=fetched.get(each.student),
            late=each.student in late,
            old=bool(corrected and each.submitted_at and each.submitted_at < corrected.at),
        )
        for each in found
    )


def chosen(rows: Iterable[Row], wanted: Wanted) -> tuple[Row, ...]:
    """The lines that a search finds, in its order; not cut into parts."""
    found = [each for each in rows if _shown(each, wanted.show) and _has(each, wanted.text)]
    found.sort(key=lambda each: (alphabetical(each.name), each.student))
    keys = {
        Order.GROUP: lambda each: natural(each.group),
        Order.HANDED_IN: lambda each: each.standing.submitted_at or _NEVER,
        Order.MARK: lambda each: -1.0 if each.standing.score is None else each.standing.score,
    }
    if wanted.order in keys:
        found.sort(key=keys[wanted.order])
    return tuple(found)


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """How many there are of each of `FILTERS`."""
    every = tuple(rows)
    return {each: sum(_shown(row, each) for row in every) for each in FILTERS}


def _shown(row: Row, show: str) -> bool:
    return not show or (row.late if show == LATE else row.stage.value == show)


def _has(row: Row, text: str) -> bool:
    return has_words(text, row.name, row.student, row.number, row.group)


@dataclass(frozen=True, slots=True)
class Summary:
    """An assignment in a few figures.

    Attributes:
        students: in the course now.
        handed_in: who handed in, also who left since.
        states: of the gradings of the newest submissions, by state.
    """

    students: int
    handed_in: int
    states: Counter[JobState]

    @property
    def open(self) -> int:
        """How many are queued or being graded."""
        return self.states[JobState.QUEUED] + self.states[JobState.RUNNING]


def summary(room: Room, assignment: AssignmentName) -> Summary:
    """The figures of an assignment; no mark is read.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    newest = newest_per_student(submissions(room, assignment))
    jobs = Jobs(room.u.session).of_assignment(room.person.course, assignment)
    states = {str(job.submission): job.state for job in jobs}
    return Summary(
        students=len(students_of(room.u, room.person.course, room.at)),
        handed_in=len(newest),
        states=Counter(states[each.id] for each in newest if each.id in states),
    )
