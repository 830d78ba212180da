"""Exams as they are looked at: by the student, by who invigilates, on the attendance sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.classroom import Action, ActionKind, CourseRole, Member
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.exam_clock import Clock, ExamState
from sandbox.domain.exams import Book, Exam, ExamEntry, ExamRoom
from sandbox.kit.errors import NotFound
from sandbox.kit.folding import alphabetical
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import newest_per_student, submissions
from sandbox.services.classroom_people import by_name
from sandbox.services.classroom_room import Room
from sandbox.services.exam_gate import group_of, whole_book
from sandbox.services.exams import required
from sandbox.store.classroom import Actions, Courses, Members
from sandbox.store.exam_tables import Exams

NO_TIME: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one student stands in an exam.

    Attributes:
        room: they sit in; None: in none yet.
        own_group: whether that is the room of their own group.
        ends: of their time; None before the start.
        extra_at: when these were last changed, if that was after the start.
        handed_in: their newest submission.
        late: how many hand-ins were refused because the time was over.
    """

    student: AccountName
    group: str
    room: ExamRoom | None
    own_group: bool
    state: ExamState
    started: datetime | None
    ends: datetime | None
    left: timedelta
    cut: timedelta
    extra: int
    extra_at: datetime | None
    handed_in: Action | None
    late: int


@dataclass(frozen=True, slots=True)
class OwnExam:
    """An exam as its student sees it.

    Attributes:
        released: whether there is something to fetch.
        late: refused hand-ins.
    """

    book: Book
    seat: Seat
    released: bool
    late: tuple[ExamEntry, ...]

    @property
    def minutes(self) -> int:
        """That this student has."""
        return self.book.exam.minutes + self.seat.extra


@dataclass(frozen=True, slots=True)
class Attended:
    """A line of the attendance sheet.

    Attributes:
        name: as the class list has it, else as the account is shown.
        number: the student's.
        group: their own, where it is another one than the room's.
        elsewhere: they were let into another room.
    """

    seat: Seat
    name: str
    number: str
    group: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Attendance:
    """The attendance sheet of a room.

    Attributes:
        invigilators: as they are shown.
        reopened: that the room was opened again: when, until when, by whom as they are shown.
    """

    book: Book
    room: ExamRoom
    titles: dict[str, str]
    course: dict[str, str]
    university: str
    invigilators: tuple[str, ...]
    reopened: tuple[tuple[datetime, datetime | None, str], ...]
    lines: tuple[Attended, ...]


def exams_of(room: Room) -> tuple[Book, ...]:
    """The exams of a course, by assignment."""
    found: Iterable[Exam] = Exams(room.u.session).of_course(room.person.course)
    return tuple(whole_book(room, each) for each in found)


def own_exam(room: Room, assignment: AssignmentName) -> OwnExam:
    """An exam for its student.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``exam.not_found``.
    """
    room.person.require(CourseRole.STUDENT)
    book, student = required(room, assignment), room.person.account
    mine = newest_per_student(submissions(room, assignment))
    newest = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    return OwnExam(
        book=book,
        seat=_seat(room, book, student, group_of(room, student), mine[0] if mine else None),
        released=newest is not None,
        late=book.late_of(student),
    )


def seats(room: Room, book: Book) -> tuple[Seat, ...]:
    """Every student of the course, and who started and left it since, by name.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    done = {e.student: e for e in newest_per_student(submissions(room, book.exam.assignment))}
    found = {each.account: (each.group, each.term) for each in _students(room)}
    for name in book.starts:
        found.setdefault(name, group_of(room, name))
    ordered = by_name(room.u, found)
    return tuple(_seat(room, book, name, found[name], done.get(name)) for name in ordered)


def is_expected(seat: Seat) -> bool:
    """Whether somebody belongs to an exam: has a room of it, started or handed in."""
    return bool(seat.room or seat.started or seat.handed_in)


def attendance(room: Room, assignment: AssignmentName, wanted: str) -> Attendance:
    """The attendance sheet of a room: its group, and who was let in from others.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``exam.not_found``, ``exam.no_room``.
    """
    room.person.require(CourseRole.TEACHER)
    book = required(room, assignment)
    found = book.room(wanted)
    if found is None:
        raise NotFound("exam.no_room", id=wanted[:32])
    of_group = {each.account for each in _students(room) if (each.group, each.term) == _key(found)}
    listed = [
        each
        for each in seats(room, book)
        if each.student in of_group or (each.room is not None and each.room.id == found.id)
    ]
    course = Courses(room.u.session).get(room.person.course)
    university = room.u.organisations.find(course.org) if course.org else None
    newest = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    again = book.reopened(found.id)
    accounts = room.u.accounts.several([*found.invigilators, *(each.by for each in again)])
    shown = {name: each.display_name for name, each in accounts.items()}
    return Attendance(
        book=book,
        room=found,
        titles=dict((newest.detail.get("titles") or {}) if newest else {}),
        course=dict(course.titles),
        university=university.name if university else "",
        invigilators=tuple(shown.get(each, each) for each in found.invigilators),
        reopened=tuple((each.at, each.moment, shown.get(each.by, each.by)) for each in again),
        lines=_attended(room, found, listed),
    )


def _attended(room: Room, own: ExamRoom, listed: list[Seat]) -> tuple[Attended, ...]:
    names = [each.student for each in listed]
    people = room.u.class_people.of_accounts(names)
    accounts = room.u.accounts.several(names)
    lines = []
    for seat in listed:
        person, account = people.get(seat.student), accounts.get(seat.student)
        parts = (person.surname, person.given, person.patronymic) if person else ()
        shown = account.display_name if account else seat.student
        lines.append(
            Attended(
                seat=seat,
                name=" ".join(filter(None, parts)) or shown,
                number=person.number if person else "",
                group="" if seat.group == own.group else seat.group,
                elsewhere=seat.room is None or seat.room.id != own.id,
            )
        )
    return tuple(sorted(lines, key=lambda each: (alphabetical(each.name), each.number)))


def _seat(
    room: Room, book: Book, student: AccountName, group: tuple[str, str], done: Action | None
) -> Seat:
    own, clock = book.room_of(student, *group), book.clock(student)
    return Seat(
        student=student,
        group=group[0],
        room=own,
        own_group=own is not None and _key(own) == group,
        state=_state(own, clock, room.at),
        started=clock.started if clock else None,
        ends=clock.ends(room.at) if clock else None,
        left=clock.left(room.at) if clock else NO_TIME,
        cut=clock.cut(room.at) if clock else NO_TIME,
        extra=book.extra.get(student, 0),
        extra_at=book.changed(student),
        handed_in=done,
        late=len(book.late_of(student)),
    )


def _state(own: ExamRoom | None, clock: Clock | None, at: datetime) -> ExamState:
    if clock is not None:
        return clock.state(at)
    return ExamState.OVER if own is not None and at > own.closes else ExamState.NOT_STARTED


def _key(own: ExamRoom) -> tuple[str, str]:
    return own.group, own.term


def _students(room: Room) -> tuple[Member, ...]:
    members = Members(room.u.session).of_course(room.person.course, room.at)
    return tuple(each for each in members if each.role is CourseRole.STUDENT)
