"""When work of a course is due: one due date, and extensions for some students.

Rules:

- The due date is that of the assignment as it was set last; without one nothing is late.
- An extension gives some students a later due date, for a reason. It never makes one earlier:
  the latest of what holds for a student counts.
- It is revoked, for a reason, only as long as none of its students has used it, that is, has
  handed in after what would be due without it.
- Work handed in at the due moment itself is in time.

>>> from datetime import UTC
>>> day = datetime(2026, 12, 1, tzinfo=UTC)
>>> more = Extension("e", "digital-money", "lab", ("lira",), day + timedelta(days=7), "Ill.",
...                  "kanat", day)
>>> due_of("lira", day, (more,)).day, due_of("marat", day, (more,)).day
(8, 1)
>>> late_by(day + timedelta(hours=1), day)
datetime.timedelta(seconds=3600)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName

LONGEST: Final = timedelta(days=400)
"""So far from now a due date may lie."""
MOST_WORDS: Final = 1000
"""Characters of a reason or a note."""
NO_TIME: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for some students.

    Attributes:
        students: who has it, at least one.
        due: until when, instead of what is due otherwise.
        reason: read by teachers of the course and by these students.
        revoked_at: since when it holds no more; None while it does.
    """

    id: str
    course: CourseName
    assignment: AssignmentName
    students: tuple[AccountName, ...]
    due: datetime
    reason: str
    granted_by: AccountName
    granted_at: datetime
    revoked_by: AccountName | None = None
    revoked_at: datetime | None = None
    revoked_reason: str = ""
    revision: int = 0


def due_of(
    student: AccountName, due: datetime | None, extensions: Iterable[Extension]
) -> datetime | None:
    """What is due for one student: the assignment's due date or a later one of theirs."""
    if due is None:
        return None
    own = (e.due for e in extensions if e.revoked_at is None and student in e.students)
    return max((due, *own))


def late_by(handed_in: datetime, due: datetime | None) -> timedelta:
    """How late something was handed in; nothing when it was in time."""
    return NO_TIME if due is None else max(NO_TIME, handed_in - due)


def check_due(due: datetime, at: datetime) -> None:
    """Refuse a due date that has passed, or one that must be a slip of the pen.

    Raises:
        InvalidInput: ``classroom.due_passed``, ``classroom.due_too_far``.
    """
    if due <= at:
        raise InvalidInput("classroom.due_passed", due=due.isoformat())
    if due > at + LONGEST:
        raise InvalidInput("classroom.due_too_far", days=LONGEST.days)


def check_extension(wanted: Extension, due: datetime | None, others: tuple[Extension, ...]) -> None:
    """Refuse an extension that gives nobody, or somebody not, more time.

    Raises:
        Conflict: ``classroom.no_due``.
        InvalidInput: ``classroom.nobody_extended``, ``classroom.extends_nothing``, and those of
            `check_due`.
    """
    if due is None:
        raise Conflict("classroom.no_due", assignment=wanted.assignment)
    if not wanted.students:
        raise InvalidInput("classroom.nobody_extended")
    check_due(wanted.due, wanted.granted_at)
    for student in wanted.students:
        if wanted.due <= (due_of(student, due, others) or due):
            raise InvalidInput("classroom.extends_nothing", by=student)


def used_by(
    extension: Extension,
    due: datetime | None,
    extensions: Iterable[Extension],
    handed_in: Iterable[tuple[AccountName, datetime]],
) -> tuple[AccountName, ...]:
    """Its students who handed in after what is due without it.

    Args:
        extension: which.
        due: of the assignment.
        extensions: all of the assignment.
        handed_in: who handed in, when.
    """
    others = tuple(each for each in extensions if each.id != extension.id)
    without = {student: due_of(student, due, others) for student in extension.students}
    return tuple(
        sorted(
            {
                student
                for student, at in handed_in
                if student in without and late_by(at, without[student]) and at <= extension.due
            }
        )
    )


def said(text: str, *, empty: str) -> str:
    """A reason or a note, without white space round it.

    Args:
        text: as typed.
        empty: code of the error when there is none.

    Raises:
        InvalidInput: ``empty``, ``classroom.words_too_long``.
    """
    found = text.strip()
    if not found:
        raise InvalidInput(empty)
    if len(found) > MOST_WORDS:
        raise InvalidInput("classroom.words_too_long", most=MOST_WORDS)
    return found
