"""What an exam lets through: the book behind each look, and what is refused by the server's clock.

Rules:

- Before a student's own start nothing of the exam is given to them; in a pause neither.
- Work is taken until the student's own end. What comes later is refused, and that it came is
  kept: when, by its hash, and when the time was over. So who was held up by something else than
  themselves can be given minutes, and hands the same files in again.
- What was handed in in time and is sent once more is that submission, however late.
- Before the last room has closed no feedback is released, and nobody sees one; there is no
  self-check and no quiz of it either.
- Teachers of the course are not students: nothing here holds for them but the last rule.

What students are given is decided behind this gate: ``Book.starts`` names the entry of a start,
which is the same for ever, for whatever is drawn for a student.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sandbox.domain.classroom import ActionKind, CourseRole
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.domain.exam_clock import Clock, ExamState
from sandbox.domain.exams import MOST_LATE, Book, EntryKind, Exam, ExamEntry, ExamRoom
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions, Members
from sandbox.store.exam_tables import ExamEntries, ExamRooms, Exams
from sandbox.store.repositories import lock_name

COUNTER: Final = "classroom_exam_entry"


def book_of(room: Room, assignment: AssignmentName) -> Book | None:
    """The book of the exam that an assignment is; None: it is none."""
    exam = Exams(room.u.session).of(room.person.course, assignment)
    return None if exam is None else whole_book(room, exam)


def whole_book(room: Room, exam: Exam) -> Book:
    """The book of an exam."""
    session = room.u.session
    return Book(exam, ExamRooms(session).of(exam.id), ExamEntries(session).of(exam.id))


def own_clock(room: Room, assignment: AssignmentName) -> Clock | None:
    """The reader's own clock; None: no exam, or not started."""
    book = book_of(room, assignment)
    return None if book is None else book.clock(room.person.account)


def require_started(room: Room, assignment: AssignmentName) -> None:
    """Refuse to give a student an exam that they have not started, or that stands still.

    Nobody makes the assignment an exam while it is being given.

    Raises:
        NotAllowed: ``exam.not_started``, ``exam.paused``.
    """
    if room.person.role is not CourseRole.STUDENT:
        return
    hold(room, assignment)
    book = book_of(room, assignment)
    if book is not None:
        _running(book, room)


def may_have(room: Room, assignment: AssignmentName) -> bool:
    """Whether the reader may know what an assignment holds: a student not before the own start."""
    if room.person.role is not CourseRole.STUDENT:
        return True
    book = book_of(room, assignment)
    return book is None or room.person.account in book.starts


def require_in_time(room: Room, assignment: AssignmentName, content: BundleHash) -> None:
    """Refuse work that comes too early, in a pause, or too late; what is late is kept, committed.

    Raises:
        NotAllowed: ``exam.not_started``, ``exam.paused``.
        Conflict: ``exam.late``.
    """
    book = book_of(room, assignment)
    if book is None:
        return
    clock = _running(book, room)
    ends = clock.ends(room.at)
    if room.at > ends:
        late = book.late_of(room.person.account)
        if len(late) < MOST_LATE and content not in {each.content for each in late}:
            start = book.starts[room.person.account]
            enter(
                room,
                book.exam,
                EntryKind.LATE,
                room=start.room,
                student=room.person.account,
                moment=ends,
                content=content,
            )
            room.u.commit()
        raise Conflict("exam.late", ended=ends.isoformat(), content=content[:12])


def takes_work(room: Room, assignment: AssignmentName) -> bool:
    """Whether work of the reader would be taken now; nothing is noted."""
    book = book_of(room, assignment)
    clock = None if book is None else book.clock(room.person.account)
    if book is None or clock is None:
        return book is None
    return clock.state(room.at) is not ExamState.PAUSED and room.at <= clock.ends(room.at)


def _running(book: Book, room: Room) -> Clock:
    clock = book.clock(room.person.account)
    if clock is None:
        raise NotAllowed("exam.not_started", assignment=book.exam.assignment)
    if clock.state(room.at) is ExamState.PAUSED:
        raise NotAllowed("exam.paused")
    return clock


def require_closed(room: Room, assignment: AssignmentName) -> None:
    """Refuse feedback before the last room has closed; nobody moves a closing meanwhile.

    Raises:
        Conflict: ``exam.not_closed``.
    """
    hold(room, assignment)
    book = book_of(room, assignment)
    if book is not None and not book.over(room.at):
        raise Conflict("exam.not_closed", assignment=assignment)


def require_no_exam(room: Room, assignment: AssignmentName) -> None:
    """Refuse a student's self-check or quiz of an exam before its last room has closed.

    Raises:
        Conflict: ``exam.no_help``.
    """
    if room.person.role is CourseRole.STUDENT:
        book = book_of(room, assignment)
        if book is not None and not book.over(room.at):
            raise Conflict("exam.no_help", assignment=assignment)


def require_no_feedback(room: Room, assignment: AssignmentName) -> None:
    """Refuse to open again what somebody has had the feedback of.

    Raises:
        Conflict: ``exam.feedback_out``.
    """
    kind, course = ActionKind.FEEDBACK_RELEASED, room.person.course
    if Actions(room.u.session).newest(kind, course, assignment) is not None:
        raise Conflict("exam.feedback_out")


def sitting_in(room: Room, book: Book, rooms: Iterable[ExamRoom]) -> list[AccountName]:
    """The students of the course whose exam room is one of these, by name."""
    wanted = {each.id for each in rooms}
    members = Members(room.u.session).of_course(room.person.course, room.at)
    seats = {
        each.account: book.room_of(each.account, each.group, each.term)
        for each in members
        if each.role is CourseRole.STUDENT
    }
    return sorted(name for name, own in seats.items() if own is not None and own.id in wanted)


def enter(
    room: Room,
    exam: Exam,
    kind: EntryKind,
    /,
    *,
    students: list[AccountName] | None = None,
    **said: Any,
) -> ExamEntry:
    """Write a line into an exam's book, and that it was written into the audit log.

    Reasons and what happened are in the book alone: they may tell of an illness.

    Args:
        room: who writes, when.
        exam: whose book.
        kind: what happened.
        students: who get a notice of it (``domain.notices``).
        **said: the other attributes of ``ExamEntry``.
    """
    number = room.u.counters.next(COUNTER)
    by = room.person.account
    made = ExamEntry(number=number, exam=exam.id, kind=kind, at=room.at, by=by, **said)
    ExamEntries(room.u.session).add(made)
    data = {
        "assignment": exam.assignment,
        "entry": number,
        "room": made.room,
        "student": made.student,
        "minutes": made.minutes,
        "moment": made.moment.isoformat() if made.moment else None,
        "content": made.content,
        "corrects": made.corrects,
        "students": students,
    }
    note(room, exam, kind.value, {key: value for key, value in data.items() if value is not None})
    return made


def note(room: Room, exam: Exam, what: str, data: dict[str, Any]) -> None:
    """Note an act of an exam in the audit log."""
    room.u.audit.append(
        kind=f"course.{what}",
        actor=room.person.account,
        subject=f"course/{exam.course}",
        data={"exam": exam.id, "course": exam.course, **data},
        at=room.at,
    )


def hold(room: Room, assignment: AssignmentName) -> None:
    """Let nobody else act in an exam until the transaction ends: two starts at once are one."""
    lock_name(room.u.session, f"exam:{room.person.course}:{assignment}")


def group_of(room: Room, student: AccountName) -> tuple[str, str]:
    """A student's academic group and term in the course, as it is now."""
    member = Members(room.u.session).find(room.person.course, student)
    return ("", "") if member is None else (member.group, member.term)
