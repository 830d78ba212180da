"""Marks of record: what each student's last released work of each assignment gave, exactly.

Rules: a mark is the decimal that was written, never what a float makes of it; work handed in after
the last released one does not count, and is said; points that changed since the release count once
they are released again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from math import isclose
from typing import Any, Final

from sandbox.domain.classroom import Action, ActionKind, JobState, Mark, counted
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.mark_scales import hundredths, share
from sandbox.domain.mark_sheets import Counting, Part
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName
from sandbox.services import investigation_results
from sandbox.services.classroom_exchange import newest_per_student, submissions
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_time import time_of
from sandbox.store.classroom import Actions, Jobs, Marks

NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Record:
    """What one student has in one assignment. ``share``: hundredths of what there was to get."""

    share: Fraction
    part: Part


Moments = Mapping[AccountName, datetime]
"""A moment for some students; who is not in it has no limit."""


def records_of(
    room: Room,
    assignment: AssignmentName,
    students: Iterable[AccountName],
    *,
    after: Moments | None = None,
    until: Moments | None = None,
) -> Mapping[AccountName, Record]:
    """The marks of record of some students in an assignment.

    Args:
        room: of a teacher.
        assignment: a released one, or what an investigation is called.
        students: of the course.
        after: only work that a student handed in later than this; a resit's.
        until: only work that a student handed in by then; a signed sheet's. Marks and releases
            may be later.

    Raises:
        Conflict: ``sheet.no_points``: the work has no task with points.
    """
    investigation = investigation_results.found_as(room, assignment)
    if investigation is not None:
        limits = {"after": after or {}, "until": until or {}}
        of_cases = investigation_results.records(room, investigation, students, **limits)
        return {name: Record(*each) for name, each in of_cases.items()}
    course, session = room.person.course, room.u.session
    handed_in = submissions(room, assignment)
    last = {each.student: each.id for each in handed_in}
    within = tuple(each for each in handed_in if _within(each, after or {}, until or {}))
    newest = {each.student: each for each in newest_per_student(within)}
    by_id = {each.id: each for each in within}
    released = {
        by_id[each.detail["submission"]].student: each
        for each in Actions(session).all_of(ActionKind.FEEDBACK_RELEASED, course, assignment)
        if each.detail.get("submission") in by_id
    }
    marks, time = Marks(session).of_assignment(course, assignment), time_of(room, assignment)
    jobs = Jobs(session).of_assignment(course, assignment)
    states = {str(each.submission): each.state for each in jobs}
    found = {}
    for student in students:
        release, work = released.get(student), newest.get(student)
        if work is None:
            found[student] = _nothing(assignment, Counting.ABSENT)
        elif release is None:
            failed = states.get(work.id) is JobState.FAILED
            found[student] = _nothing(
                assignment, Counting.FAILED if failed else Counting.UNRELEASED
            )
        else:
            counts = by_id[release.detail["submission"]]
            again = last[student] == counts.id
            given = _given(assignment, release, marks.get(counts.id, ()), again=again)
            late, newer = bool(time.late(counts)), work.id != counts.id
            found[student] = replace(given, part=replace(given.part, late=late, newer=newer))
    return found


def _within(action: Action, after: Moments, until: Moments) -> bool:
    student = AccountName(str(action.student))
    return (student not in after or action.at > after[student]) and (
        student not in until or action.at <= until[student]
    )


def _given(
    assignment: AssignmentName, release: Action, marks: tuple[Mark, ...], *, again: bool
) -> Record:
    """What released work gives.

    Points that changed since the release are no mark of record. They hold up the sheet until they
    are released again; where only newer work can be released, what was released counts.
    """
    if any(each.waits for each in marks):
        return _nothing(assignment, Counting.WAITING)
    got, most = (_sum(values) for values in (map(counted, marks), (m.points for m in marks)))
    said: list[Any] = [release.detail.get(name) for name in ("score", "points")]
    known = None not in said
    if known and not all(map(isclose, (float(got), float(most)), map(float, said))):
        if again:
            return _nothing(assignment, Counting.CHANGED)
        got, most = (_sum([float(each)]) for each in said)
    if most <= 0:
        raise Conflict("sheet.no_points", assignment=assignment)
    found = share(got, most)
    return Record(found, Part(assignment, hundredths(found), Counting.COUNTED))


def _nothing(assignment: AssignmentName, counting: Counting) -> Record:
    return Record(NOTHING, Part(assignment, hundredths(NOTHING), counting))


def _sum(values: Iterable[float]) -> Fraction:
    """The sum of decimals as they were written: 0.1 is a tenth."""
    return sum((Fraction(repr(each)) for each in values), NOTHING)
