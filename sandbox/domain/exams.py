"""Exams: an assignment that each student works on in a room, within a time of their own.

Rules:

- An exam has a number of minutes, and for each academic group a room: from when a start is
  possible, a hard closing, who invigilates. The room's code is made when an invigilator opens it.
- What happens is a book that only grows; starts, extra minutes and pauses are read from it. A
  wrong entry is corrected by another entry.
- A student belongs to the room of their group, until an invigilator lets them into another one.
- A pause holds for one student, for a room or for all. Somebody whose time is over gets none of it.
- Extra minutes are a total: the newest entry counts.
- A room that has closed is opened again by an entry of its own kind, never by the way.

>>> spoken(" kx7-2ml ")
'KX72M1'
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.customer_page import ALPHABET
from sandbox.domain.exam_clock import Clock, Pause
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

CODE_LENGTH: Final = 6
FEWEST_MINUTES: Final = 5
MOST_MINUTES: Final = 600
LONGEST_WINDOW: Final = timedelta(hours=24)
FARTHEST: Final = timedelta(days=400)
OPEN_BEFORE: Final = timedelta(hours=1)
"""So long before the first start a room may be opened."""
MOST_TRIES: Final = 5
"""Wrong codes, after which a student waits."""
WAIT: Final = timedelta(minutes=5)
MOST_LATE: Final = 20
"""Refused hand-ins of a student that are kept; who repeats more is refused all the same."""


class EntryKind(StrEnum):
    """What happened in an exam."""

    OPENED = "exam_opened"
    STARTED = "exam_started"
    ADMITTED = "exam_admitted"
    PAUSED = "exam_paused"
    RESUMED = "exam_resumed"
    EXTRA = "exam_extra"
    CLOSING = "exam_closing"
    REOPENED = "exam_reopened"
    LATE = "exam_late"
    INCIDENT = "exam_incident"


@dataclass(frozen=True, slots=True)
class Exam:
    """An assignment that is an exam.

    Attributes:
        minutes: that everybody has.
        cancelled_at: since when the assignment is no exam any more.
    """

    id: str
    course: CourseName
    assignment: AssignmentName
    minutes: int
    planned_by: AccountName
    planned_at: datetime
    cancelled_at: datetime | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class ExamRoom:
    """The room of an academic group.

    Attributes:
        opens: from when a start is possible.
        closes: the last moment at which work is taken, whatever else holds.
        code: that opens the exam to who is in the room; empty until an invigilator opens it.
    """

    id: str
    exam: str
    group: str
    term: str
    opens: datetime
    closes: datetime
    invigilators: tuple[AccountName, ...]
    code: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class ExamEntry:
    """A line of an exam's book.

    Attributes:
        number: order of all entries.
        room: whose room, or of which; None: of all rooms.
        student: of whom; None: of everybody in the room.
        text: a reason, or what happened; may tell of an illness.
        minutes: extra ones, in all.
        moment: a room's new closing; of refused work, when the student's time was over.
        content: hash of refused work.
        corrects: number of the entry that this one sets right.
    """

    number: int
    exam: str
    kind: EntryKind
    at: datetime
    by: AccountName
    room: str | None = None
    student: AccountName | None = None
    text: str = ""
    minutes: int | None = None
    moment: datetime | None = None
    content: str | None = None
    corrects: int | None = None


Scope = tuple[str | None, AccountName | None]
"""For whom a pause holds: a student, else a room, else (None, None) all."""


@dataclass(frozen=True)
class Book:
    """An exam with all that happened.

    Attributes:
        entries: oldest first.
    """

    exam: Exam
    rooms: tuple[ExamRoom, ...]
    entries: tuple[ExamEntry, ...]

    @cached_property
    def starts(self) -> dict[AccountName, ExamEntry]:
        """Who started, with the entry of it."""
        return self._by_student(EntryKind.STARTED)

    @cached_property
    def admitted(self) -> dict[AccountName, ExamEntry]:
        """Who was let into another room, with the newest entry of it."""
        return self._by_student(EntryKind.ADMITTED)

    @cached_property
    def extra(self) -> dict[AccountName, int]:
        """Extra minutes in all, by student."""
        return {name: each.minutes or 0 for name, each in self._by_student(EntryKind.EXTRA).items()}

    def changed(self, student: AccountName) -> datetime | None:
        """When a student's minutes were last changed while their time ran; None if never."""
        began, given = self.starts.get(student), self._by_student(EntryKind.EXTRA).get(student)
        return given.at if began and given and given.number > began.number else None

    @cached_property
    def pauses(self) -> dict[Scope, tuple[Pause, ...]]:
        """Pauses by whom they hold for, oldest first."""
        found: dict[Scope, list[Pause]] = defaultdict(list)
        for each in self.entries:
            scope = (None if each.student else each.room, each.student)
            if each.kind is EntryKind.PAUSED:
                found[scope].append(Pause(each.at, None))
            elif each.kind is EntryKind.RESUMED and found[scope]:
                found[scope][-1] = Pause(found[scope][-1].since, each.at)
        return {scope: tuple(several) for scope, several in found.items()}

    @property
    def closes(self) -> datetime | None:
        """When the last room closes; None while there is no room."""
        return max((each.closes for each in self.rooms), default=None)

    def over(self, at: datetime) -> bool:
        """Whether the last room has closed."""
        return self.closes is not None and at > self.closes

    def room(self, wanted: str | None) -> ExamRoom | None:
        """The room with an id, or None."""
        return next((each for each in self.rooms if each.id == wanted), None)

    def room_of(self, student: AccountName, group: str, term: str) -> ExamRoom | None:
        """Where a student sits: started in, let into, or that of their group; None: nowhere."""
        entry = self.starts.get(student) or self.admitted.get(student)
        if entry is not None:
            return self.room(entry.room)
        own = (each for each in self.rooms if group and (each.group, each.term) == (group, term))
        return next(own, None)

    def clock(self, student: AccountName) -> Clock | None:
        """A student's clock; None before they started."""
        start = self.starts.get(student)
        room = self.room(start.room) if start else None
        if start is None or room is None:
            return None
        scopes: tuple[Scope, ...] = ((None, None), (room.id, None), (None, student))
        return Clock(
            started=start.at,
            minutes=self.exam.minutes,
            closes=room.closes,
            extra=self.extra.get(student, 0),
            pauses=tuple(pause for scope in scopes for pause in self.pauses.get(scope, ())),
        )

    def is_paused(self, scope: Scope) -> bool:
        """Whether a pause of exactly this scope lasts."""
        several = self.pauses.get(scope, ())
        return bool(several) and several[-1].until is None

    def late_of(self, student: AccountName) -> tuple[ExamEntry, ...]:
        """Hand-ins of a student that were refused because the time was over."""
        return tuple(
            each for each in self.entries if each.kind is EntryKind.LATE and each.student == student
        )

    def reopened(self, wanted: str) -> tuple[ExamEntry, ...]:
        """How often a room was opened again after it had closed, oldest first."""
        several = (each for each in self.entries if each.kind is EntryKind.REOPENED)
        return tuple(each for each in several if each.room == wanted)

    def _by_student(self, kind: EntryKind) -> dict[AccountName, ExamEntry]:
        return {each.student: each for each in self.entries if each.kind is kind and each.student}


def check_minutes(minutes: int) -> None:
    """Refuse an exam that is too short or too long.

    Raises:
        InvalidInput: ``exam.minutes``.
    """
    if not FEWEST_MINUTES <= minutes <= MOST_MINUTES:
        raise InvalidInput("exam.minutes", least=FEWEST_MINUTES, most=MOST_MINUTES)


def check_window(opens: datetime, closes: datetime, minutes: int, at: datetime) -> None:
    """Refuse a window that has passed, that is a slip of the pen, or that holds no exam.

    Raises:
        InvalidInput: ``exam.window``, ``exam.window_short``.
    """
    if not (opens < closes <= opens + LONGEST_WINDOW and at < closes <= at + FARTHEST):
        raise InvalidInput("exam.window", hours=LONGEST_WINDOW // timedelta(hours=1))
    if closes - opens < timedelta(minutes=minutes):
        raise InvalidInput("exam.window_short", minutes=minutes)


def check_invigilators(chosen: Collection[AccountName], staff: Collection[AccountName]) -> None:
    """Refuse a room without an invigilator, or with somebody who teaches no longer or not yet.

    Raises:
        InvalidInput: ``exam.no_invigilator``, ``exam.not_staff``.
    """
    if not chosen:
        raise InvalidInput("exam.no_invigilator")
    if strangers := sorted(set(chosen) - set(staff)):
        raise InvalidInput("exam.not_staff", by=strangers[0][:64])


def spoken(text: str) -> str:
    """A code as it is compared, whatever it was typed like: letters that look like digits too."""
    found = text.upper().translate(str.maketrans("OIL", "011"))
    return "".join(each for each in found if each in ALPHABET)
