"""An exam as it goes: rooms opened, students started and let in, time given, paused, moved.

Numbered plan of a start:

1. the room is the student's: of their group, or the one they were let into;
2. the room's window is open, and the assignment is released;
3. a wrong code is counted before it is compared; after five the student waits;
4. the entry of the start is written: from it their clock runs. Who has started stays so: asked
   again, after a power cut or in another window, it is the same start.

Who acts: invigilators of the room, and the course's teachers. For all rooms at once: every
invigilator of the exam (a fire alarm waits for nobody).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import said
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.customer_page import ALPHABET
from sandbox.domain.exam_clock import ExamState
from sandbox.domain.exams import (
    CODE_LENGTH,
    LONGEST_WINDOW,
    MOST_MINUTES,
    MOST_TRIES,
    OPEN_BEFORE,
    WAIT,
    Book,
    EntryKind,
    ExamEntry,
    ExamRoom,
    Scope,
    spoken,
)
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import newest_release
from sandbox.services.classroom_people import require_open, students_of
from sandbox.services.classroom_room import Room
from sandbox.services.exam_gate import enter, group_of, hold, require_no_feedback, sitting_in
from sandbox.services.exams import required
from sandbox.store.exam_tables import ExamRooms

NO_REASON: Final = "classroom.no_reason"


def open_room(room: Room, assignment: AssignmentName, wanted: str) -> ExamRoom:
    """Open a room: make its code; again: another code, who has started is not touched.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``.
        NotFound: ``exam.not_found``, ``exam.no_room``.
        Conflict: ``exam.too_early``, ``exam.room_closed``.
    """
    book = _acting(room, assignment)
    found = _invigilated(room, book, wanted)
    if room.at < found.opens - OPEN_BEFORE:
        raise Conflict("exam.too_early", opens=found.opens.isoformat())
    if room.at > found.closes:
        raise Conflict("exam.room_closed")
    taken = {each.code for each in book.rooms}
    code = _random()
    while code in taken:
        code = _random()
    saved = ExamRooms(room.u.session).save(replace(found, code=code))
    enter(room, book.exam, EntryKind.OPENED, room=saved.id)
    return saved


def start(room: Room, assignment: AssignmentName, code: str) -> ExamEntry:
    """Start a student's own time.

    Args:
        room: of a student.
        assignment: which exam.
        code: as typed.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``course.archived``, ``exam.wrong_code``,
            ``exam.other_room``, ``exam.too_many_tries``.
        NotFound: ``exam.not_found``, ``classroom.not_released``.
        Conflict: ``exam.no_own_room``, ``exam.too_early``, ``exam.room_closed``,
            ``exam.not_opened``.
    """
    room.person.require(CourseRole.STUDENT)
    require_open(room.u, room.person.course)
    hold(room, assignment)
    book, student = required(room, assignment), room.person.account
    if student in book.starts:
        return book.starts[student]
    own = book.room_of(student, *group_of(room, student))
    if own is None:
        raise Conflict("exam.no_own_room")
    if room.at < own.opens:
        raise Conflict("exam.too_early", opens=own.opens.isoformat())
    if room.at > own.closes:
        raise Conflict("exam.room_closed")
    newest_release(room, assignment)
    if not own.code:
        raise Conflict("exam.not_opened")
    _check_code(room, book, own, code)
    return enter(room, book.exam, EntryKind.STARTED, room=own.id, student=student)


def _check_code(room: Room, book: Book, own: ExamRoom, code: str) -> None:
    """Step 3; what is counted is committed though the start is refused."""
    typed = spoken(code[:40])
    name = content_hash(["exam code", book.exam.id, room.person.account]).hex()
    tries = room.u.pages.tries
    within = tries.take(name, MOST_TRIES, WAIT, room.at)
    if within and hmac.compare_digest(typed, own.code):
        tries.clear(name)
        return
    others = {each.code for each in book.rooms if each.code and each.id != own.id}
    room.u.commit()
    if not within:
        raise NotAllowed("exam.too_many_tries", minutes=WAIT.seconds // 60)
    raise NotAllowed("exam.other_room" if typed in others else "exam.wrong_code")


def admit(
    room: Room, assignment: AssignmentName, student: AccountName, wanted: str, *, reason: str
) -> ExamEntry:
    """Let a student into a room that is not their group's, before they start.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``.
        NotFound: ``exam.not_found``, ``exam.no_room``, ``member.not_found``.
        InvalidInput: ``classroom.no_reason``, ``classroom.words_too_long``.
        Conflict: ``exam.has_started``, ``exam.there_already``.
    """
    book = _acting(room, assignment)
    found = _invigilated(room, book, wanted)
    _student(room, student)
    if student in book.starts:
        raise Conflict("exam.has_started")
    if book.room_of(student, *group_of(room, student)) == found:
        raise Conflict("exam.there_already")
    words = said(reason, empty=NO_REASON)
    return enter(room, book.exam, EntryKind.ADMITTED, room=found.id, student=student, text=words)


def pause(room: Room, assignment: AssignmentName, scope: Scope, *, reason: str) -> ExamEntry:
    """Stop the time of one student, of a room, or of all.

    Args:
        room: of an invigilator.
        assignment: which exam.
        scope: room's id and student, of which one or none is given.
        reason: kept in the book alone.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``.
        NotFound: ``exam.not_found``, ``exam.no_room``, ``member.not_found``.
        InvalidInput: ``classroom.no_reason``, ``classroom.words_too_long``.
        Conflict: ``exam.paused_already``, ``exam.nothing_runs``.
    """
    book = _acting(room, assignment)
    _scoped(room, book, scope)
    if book.is_paused(scope):
        raise Conflict("exam.paused_already")
    clock = book.clock(scope[1]) if scope[1] else None
    if scope[1] and (clock is None or clock.state(room.at) is ExamState.OVER):
        raise Conflict("exam.nothing_runs")
    words = said(reason, empty=NO_REASON)
    return enter(room, book.exam, EntryKind.PAUSED, room=scope[0], student=scope[1], text=words)


def resume(room: Room, assignment: AssignmentName, scope: Scope) -> ExamEntry:
    """Let the time go on that was stopped for exactly this scope.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``.
        NotFound: ``exam.not_found``, ``exam.no_room``, ``member.not_found``.
        Conflict: ``exam.not_paused``.
    """
    book = _acting(room, assignment)
    _scoped(room, book, scope)
    if not book.is_paused(scope):
        raise Conflict("exam.not_paused")
    return enter(room, book.exam, EntryKind.RESUMED, room=scope[0], student=scope[1])


def give_minutes(
    room: Room, assignment: AssignmentName, student: AccountName, minutes: int, *, reason: str
) -> ExamEntry:
    """Say how many minutes a student has besides, in all; before or after the start.

    Fewer than before are possible as long as the student's time is not over by it. The student is
    told, without the reason.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``.
        NotFound: ``exam.not_found``, ``member.not_found``.
        InvalidInput: ``exam.extra``, ``classroom.no_reason``, ``classroom.words_too_long``.
        Conflict: ``exam.minutes_used``, ``exam.same_minutes``.
    """
    book = _acting(room, assignment)
    _scoped(room, book, (None, student))
    if not 0 <= minutes <= MOST_MINUTES:
        raise InvalidInput("exam.extra", most=MOST_MINUTES)
    before = book.extra.get(student, 0)
    if minutes == before:
        raise Conflict("exam.same_minutes", minutes=minutes)
    clock = book.clock(student)
    if (
        minutes < before
        and clock is not None
        and room.at > replace(clock, extra=minutes).ends(room.at)
    ):
        raise Conflict("exam.minutes_used")
    words = said(reason, empty=NO_REASON)
    return enter(
        room,
        book.exam,
        EntryKind.EXTRA,
        students=[student],
        room=_seat(room, book, student),
        student=student,
        minutes=minutes,
        text=words,
    )


def move_closing(
    room: Room, assignment: AssignmentName, wanted: str, closes: datetime, *, reason: str
) -> ExamRoom:
    """Let a room close later; one that has closed is opened again, by who leads the course.

    The students of the room are told. Opening again is an entry of its own kind, that the
    attendance sheet names as well.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``;
            ``classroom.teachers_own`` for a room that has closed.
        NotFound: ``exam.not_found``, ``exam.no_room``.
        InvalidInput: ``exam.not_later``, ``classroom.no_reason``, ``classroom.words_too_long``.
        Conflict: ``exam.feedback_out``.
    """
    book = _acting(room, assignment)
    found = _invigilated(room, book, wanted)
    closed = room.at > found.closes
    if closed:
        room.person.require_lead()
    if not max(found.closes, room.at) < closes <= found.opens + 2 * LONGEST_WINDOW:
        raise InvalidInput("exam.not_later", closes=found.closes.isoformat())
    words = said(reason, empty=NO_REASON)
    require_no_feedback(room, assignment)
    saved = ExamRooms(room.u.session).save(replace(found, closes=closes))
    kind = EntryKind.REOPENED if closed else EntryKind.CLOSING
    told = sitting_in(room, book, [saved])
    enter(room, book.exam, kind, students=told, room=saved.id, moment=closes, text=words)
    return saved


def log_incident(
    room: Room,
    assignment: AssignmentName,
    scope: Scope,
    text: str,
    *,
    corrects: int | None = None,
) -> ExamEntry:
    """Write what happened into the book, or set an entry right by another one.

    Args:
        room: of an invigilator.
        assignment: which exam.
        scope: of a student, a room, or of all.
        text: what happened.
        corrects: number of an entry of this exam.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``exam.not_invigilator``, ``course.archived``.
        NotFound: ``exam.not_found``, ``exam.no_room``, ``member.not_found``, ``exam.no_entry``.
        InvalidInput: ``exam.no_text``, ``classroom.words_too_long``.
    """
    book = _acting(room, assignment)
    _scoped(room, book, scope)
    if corrects is not None and corrects not in {each.number for each in book.entries}:
        raise NotFound("exam.no_entry", number=str(corrects)[:12])
    student = scope[1]
    return enter(
        room,
        book.exam,
        EntryKind.INCIDENT,
        room=_seat(room, book, student) if student else scope[0],
        student=student,
        text=said(text, empty="exam.no_text"),
        corrects=corrects,
    )


def _acting(room: Room, assignment: AssignmentName) -> Book:
    room.person.require(CourseRole.TEACHER)
    require_open(room.u, room.person.course)
    hold(room, assignment)
    return required(room, assignment)


def may_act(room: Room, book: Book, own: ExamRoom | None) -> bool:
    """Whether a teacher may act in a room; None: in all of them, or for somebody in none."""
    rooms = book.rooms if own is None else (own,)
    return room.person.leads or any(room.person.account in each.invigilators for each in rooms)


def _invigilated(room: Room, book: Book, wanted: str) -> ExamRoom:
    found = book.room(wanted)
    if found is None:
        raise NotFound("exam.no_room", id=wanted[:32])
    if not may_act(room, book, found):
        raise NotAllowed("exam.not_invigilator")
    return found


def _scoped(room: Room, book: Book, scope: Scope) -> None:
    """Refuse a scope that is not there, or not the invigilator's."""
    wanted, student = scope
    if student is not None:
        _student(room, student)
        wanted = _seat(room, book, student)
    if wanted is not None:
        _invigilated(room, book, wanted)
    elif not may_act(room, book, None):
        raise NotAllowed("exam.not_invigilator")


def _seat(room: Room, book: Book, student: AccountName) -> str | None:
    found = book.room_of(student, *group_of(room, student))
    return found.id if found else None


def _student(room: Room, student: AccountName) -> None:
    if student not in students_of(room.u, room.person.course, room.at):
        raise NotFound("member.not_found", id=student[:64])


def _random() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
