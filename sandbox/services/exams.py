"""Exams planned: which assignment, how long, which group when, who invigilates.

Rules:

1. The course's teachers and their substitutes plan. An assignment can become an exam as long as no
   student has fetched it, read its lesson or handed it in: best before it is released.
2. A room is set again as long as nobody has started in it; afterwards only its closing is moved,
   with a reason (``services.exam_rooms``). Once the last room has closed on somebody's start no
   room is set: one is opened again, with a reason.
3. An exam that nobody has started can be cancelled: the assignment is an ordinary one again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.classroom import ActionKind, CourseRole
from sandbox.domain.coursework import PAGES_OF_COURSE, AssignmentName
from sandbox.domain.exams import (
    OPEN_BEFORE,
    Book,
    Exam,
    ExamRoom,
    check_invigilators,
    check_minutes,
    check_window,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_people import require_open, students_by_group
from sandbox.services.classroom_room import Room
from sandbox.services.exam_gate import book_of, hold, note, require_no_feedback, sitting_in
from sandbox.store.classroom import Actions, Members, holds
from sandbox.store.exam_tables import ExamRooms, Exams


@dataclass(frozen=True, slots=True)
class SetRoom:
    """The room of a group, as it is to be.

    Attributes:
        group: with ``term``, of students of the course.
        opens: from when a start is possible.
        closes: the hard closing.
        invigilators: who teaches or helps in the course then.
    """

    group: str
    term: str
    opens: datetime
    closes: datetime
    invigilators: tuple[AccountName, ...]


def required(room: Room, assignment: AssignmentName) -> Book:
    """The book of an exam.

    Raises:
        NotFound: ``exam.not_found``.
    """
    found = book_of(room, assignment)
    if found is None:
        raise NotFound("exam.not_found", id=assignment)
    return found


def plan(room: Room, assignment: AssignmentName, minutes: int) -> Exam:
    """Make an assignment an exam, or give the exam other minutes; the same again changes nothing.

    Args:
        room: of a teacher who leads.
        assignment: released or not yet.
        minutes: that everybody has.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        InvalidInput: ``exam.minutes``, ``exam.window_short``, ``coursework.page_name``.
        Conflict: ``exam.already_given``, ``exam.begun``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    check_minutes(minutes)
    if assignment in PAGES_OF_COURSE:
        raise InvalidInput("coursework.page_name", value=assignment)
    hold(room, assignment)
    book = book_of(room, assignment)
    if book is not None:
        return _lasting(room, book, minutes)
    _nobody_has(room, assignment)
    made = Exams(room.u.session).add(
        Exam(
            id=uuid.uuid4().hex,
            course=room.person.course,
            assignment=assignment,
            minutes=minutes,
            planned_by=room.person.account,
            planned_at=room.at,
        )
    )
    note(room, made, "exam_planned", {"assignment": assignment, "minutes": minutes})
    return made


def _lasting(room: Room, book: Book, minutes: int) -> Exam:
    if minutes == book.exam.minutes:
        return book.exam
    _nobody_started(book)
    for each in book.rooms:
        check_window(each.opens, each.closes, minutes, min(room.at, each.opens))
    saved = Exams(room.u.session).save(replace(book.exam, minutes=minutes))
    note(room, saved, "exam_planned", {"assignment": saved.assignment, "minutes": minutes})
    return saved


def cancel(room: Room, assignment: AssignmentName) -> None:
    """Make an exam an ordinary assignment again; the students who have a room are told.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``exam.not_found``.
        Conflict: ``exam.begun``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    hold(room, assignment)
    book = required(room, assignment)
    _nobody_started(book)
    Exams(room.u.session).save(replace(book.exam, cancelled_at=room.at))
    told = sitting_in(room, book, book.rooms)
    note(room, book.exam, "exam_cancelled", {"assignment": assignment, "students": told})


def set_room(room: Room, assignment: AssignmentName, wanted: SetRoom) -> ExamRoom:
    """Give a group its window and its invigilators, or other ones.

    The students of the room are told when it is set, and when its window is another one.

    A code that was made stays, unless the room opens so much later that it would be made anew.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``exam.not_found``, ``exam.no_group``.
        InvalidInput: ``exam.window``, ``exam.window_short``, ``exam.no_invigilator``,
            ``exam.not_staff``.
        Conflict: ``exam.begun``, ``exam.closed``, ``exam.feedback_out``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    hold(room, assignment)
    book = required(room, assignment)
    if (wanted.group, wanted.term) not in groups(room):
        raise NotFound("exam.no_group", group=wanted.group[:40])
    check_window(wanted.opens, wanted.closes, book.exam.minutes, room.at)
    chosen = tuple(sorted(set(wanted.invigilators)))
    check_invigilators(chosen, staff(room, wanted.opens))
    fresh = ExamRoom(
        id=uuid.uuid4().hex,
        exam=book.exam.id,
        group=wanted.group,
        term=wanted.term,
        opens=wanted.opens,
        closes=wanted.closes,
        invigilators=chosen,
    )
    own = [e for e in book.rooms if (e.group, e.term) == (wanted.group, wanted.term)]
    before = own[0] if own else None
    if before is not None:
        code = before.code if room.at >= wanted.opens - OPEN_BEFORE else ""
        fresh = replace(fresh, id=before.id, code=code, revision=before.revision)
        if fresh == before:
            return before
        if any(start.room == before.id for start in book.starts.values()):
            raise Conflict("exam.begun")
    if book.starts and book.over(room.at):
        raise Conflict("exam.closed")
    require_no_feedback(room, assignment)
    rooms = ExamRooms(room.u.session)
    saved = rooms.add(fresh) if before is None else rooms.save(fresh)
    data = {
        "assignment": assignment,
        "room": saved.id,
        "group": saved.group,
        "opens": saved.opens.isoformat(),
        "closes": saved.closes.isoformat(),
        "invigilators": list(saved.invigilators),
    }
    moved = before is not None and (before.opens, before.closes) != (saved.opens, saved.closes)
    if before is None or moved:
        others = tuple(each for each in book.rooms if each.id != saved.id)
        now = replace(book, rooms=(*others, saved))
        data["students"] = sitting_in(room, now, [saved])
    note(room, book.exam, "exam_room_moved" if moved else "exam_room_set", data)
    return saved


def groups(room: Room) -> tuple[tuple[str, str], ...]:
    """The academic groups of the course's students with their terms, in order."""
    return tuple(students_by_group(room.u, room.person.course, room.at))


def staff(room: Room, at: datetime) -> tuple[AccountName, ...]:
    """Who teaches or helps in the course at a moment, by name."""
    members = Members(room.u.session).in_course(room.person.course)
    found: Iterable[AccountName] = (
        each.account for each in members if each.role is CourseRole.TEACHER and holds(each, at)
    )
    return tuple(sorted(found))


def _nobody_started(book: Book) -> None:
    if book.starts:
        raise Conflict("exam.begun")


def _nobody_has(room: Room, assignment: AssignmentName) -> None:
    """Refuse what somebody has in hand already; teachers may look at what they released."""
    actions, course = Actions(room.u.session), room.person.course
    teachers = set(staff(room, room.at))
    by = {
        each.actor
        for kind in (ActionKind.FETCHED, ActionKind.LESSON_READ, ActionKind.SUBMITTED)
        for each in actions.all_of(kind, course, assignment)
    } - teachers
    if by:
        raise Conflict("exam.already_given", count=len(by))
