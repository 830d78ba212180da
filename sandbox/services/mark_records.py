"""Marks of record: what each student's last released work of each assignment gave, exactly.

Rules: a mark is the decimal that was written, never what a float makes of it; work handed in after
the last released one does not count, and is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sandbox.domain.classroom import Action, ActionKind, Mark, counted
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.mark_scales import hundredths, share
from sandbox.domain.mark_sheets import Counting, Part
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import newest_per_student, submissions
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_time import CourseTime, time_of
from sandbox.store.classroom import Actions, Marks

NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Record:
    """What one student has in one assignment. ``share``: hundredths of what there was to get."""

    share: Fraction
    part: Part


def records_of(
    room: Room, assignment: AssignmentName, students: Iterable[AccountName]
) -> Mapping[AccountName, Record]:
    """The marks of record of some students in an assignment.

    Args:
        room: of a teacher.
        assignment: a released one.
        students: of the course.

    Raises:
        Conflict: ``sheet.no_points``: the work has no task with points.
    """
    course, session = room.person.course, room.u.session
    handed_in = submissions(room, assignment)
    by_id = {each.id: each for each in handed_in}
    newest = {each.student: each for each in newest_per_student(handed_in)}
    released = Actions(session).all_of(ActionKind.FEEDBACK_RELEASED, course, assignment)
    shown = {each.student: str(each.detail.get("submission")) for each in released}
    marks, time = Marks(session).of_assignment(course, assignment), time_of(room, assignment)
    found = {}
    for student in students:
        counts = by_id.get(shown.get(student, ""))
        found[student] = _record(
            assignment,
            newest.get(student),
            counts,
            marks.get(counts.id, ()) if counts else (),
            time,
        )
    return found


def _record(
    assignment: AssignmentName,
    newest: Action | None,
    counts: Action | None,
    marks: tuple[Mark, ...],
    time: CourseTime,
) -> Record:
    if newest is None:
        return _nothing(assignment, Counting.ABSENT)
    if counts is None:
        return _nothing(assignment, Counting.UNRELEASED)
    if any(each.mark is None and each.teacher_mark is None for each in marks):
        return _nothing(assignment, Counting.WAITING)
    got, most = (_sum(values) for values in (map(counted, marks), (m.points for m in marks)))
    if most <= 0:
        raise Conflict("sheet.no_points", assignment=assignment)
    found = share(got, most)
    part = Part(
        assignment,
        hundredths(found),
        Counting.COUNTED,
        late=bool(time.late(counts)),
        newer=newest.id != counts.id,
    )
    return Record(found, part)


def _nothing(assignment: AssignmentName, counting: Counting) -> Record:
    return Record(NOTHING, Part(assignment, hundredths(NOTHING), counting))


def _sum(values: Iterable[float]) -> Fraction:
    """The sum of decimals as they were written: 0.1 is a tenth."""
    return sum((Fraction(repr(each)) for each in values), NOTHING)
