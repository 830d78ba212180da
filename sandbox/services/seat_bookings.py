"""Seats booked for a class: by who leads the course or coordinates its department.

Rules:

1. Everybody sees how many seats are booked, and nobody whose bookings others' are.
2. Two bookings at the same time are judged one after the other: together they never exceed the
   machine. The same booking again changes nothing.
3. A booking is cancelled at any moment, and can be had back until its end.
4. Each act is one entry of the audit log.
5. The hub is told who may sit on which seats (``holds``); it does the rest (``domain.held_seats``).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.bookings import (
    HOURS,
    MOST_OPEN,
    MOST_TIME,
    NEAR,
    Booking,
    Window,
    check_seats,
    check_window,
    free_windows,
    hours_of,
    require_free,
    total_time,
)
from sandbox.domain.classroom import Course, CourseRole, Member
from sandbox.domain.coursework import CourseName
from sandbox.domain.exams import ExamRoom
from sandbox.domain.seats import Actor
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.services.classroom_people import (
    person_in,
    require_open,
    students_by_group,
    students_of,
)
from sandbox.services.departments import coordinates
from sandbox.store import UnitOfWork
from sandbox.store.booking_tables import Bookings
from sandbox.store.classroom import Courses, Members, holds
from sandbox.store.repositories import lock_name

LOCK: Final = "seat_booking"
TOLD_AHEAD: Final = timedelta(days=2)
"""So far ahead the hub knows bookings, should the desk be out of reach for it."""


@dataclass(frozen=True)
class Book:
    """Book seats for a class.

    Attributes:
        group: with ``term``, an academic group of the course; empty for the whole course.
        seats: how many; None: one for each student, and one for who teaches.
    """

    course: CourseName
    group: str
    term: str
    window: Window
    seats: int | None = None


@dataclass(frozen=True)
class Class:
    """A class that seats can be booked for.

    Attributes:
        group: empty for the whole course.
        students: how many they are.
    """

    group: str
    term: str
    students: int


@dataclass(frozen=True)
class OfCourse:
    """A course with its bookings that have not ended, cancelled ones too, and its classes."""

    course: Course
    bookings: tuple[Booking, ...]
    classes: tuple[Class, ...]

    @property
    def taken(self) -> timedelta:
        """How long those together are that are not cancelled; at most `MOST_TIME`."""
        return total_time(self.bookings)


def of_course(u: UnitOfWork, actor: Actor, name: CourseName, *, at: datetime) -> OfCourse:
    """What a course has booked.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    course = _course(u, actor, name, at)
    groups = students_by_group(u, name, at)
    classes = [Class(group, term, len(students)) for (group, term), students in groups.items()]
    whole = Class("", "", len(students_of(u, name, at)))
    return OfCourse(course, Bookings(u.session).of_course(name, at), (*classes, whole))


def book(u: UnitOfWork, actor: Actor, command: Book, *, at: datetime, seats: int) -> Booking:
    """Book seats; the same again changes nothing.

    Args:
        u: a writing unit of work.
        actor: who leads the course, or coordinates its department.
        command: what.
        at: now.
        seats: of the machine.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        InvalidInput: ``booking.window``, ``booking.no_class``, ``booking.seats``.
        Conflict: ``booking.full``, ``booking.twice``, ``booking.many``, ``booking.hours``.
    """
    _course(u, actor, command.course, at)
    require_open(u, command.course)
    check_window(command.window, at)
    wanted = _wanted(u, command, at)
    lock_name(u.session, LOCK)
    bookings = Bookings(u.session)
    fresh = Booking(
        id=uuid.uuid4().hex,
        course=command.course,
        group=command.group,
        term=command.term if command.group else "",
        begins=command.window.begins,
        ends=command.window.ends,
        seats=wanted,
        booked_by=actor.account,
        booked_at=at,
    )
    others = bookings.within(fresh.window)
    for each in others:
        if each.said == fresh.said and each.course == fresh.course:
            return each
    _require_few(bookings, fresh, at)
    _require_place(fresh, others, seats)
    bookings.add(fresh)
    _enter(u, actor, "booked", fresh, at)
    return fresh


def cancel(u: UnitOfWork, actor: Actor, name: CourseName, booking: str, *, at: datetime) -> None:
    """Give booked seats up; again changes nothing.

    Raises:
        NotFound: ``course.not_found``, ``booking.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        Conflict: ``booking.over``.
    """
    found = _open_booking(u, actor, name, booking, at)
    if found.cancelled_at is None:
        saved = replace(found, cancelled_by=actor.account, cancelled_at=at)
        Bookings(u.session).save(saved)
        _enter(u, actor, "cancelled", found, at)


def restore(
    u: UnitOfWork, actor: Actor, name: CourseName, booking: str, *, at: datetime, seats: int
) -> None:
    """Take a cancelling back, if the seats are still free; again changes nothing.

    Raises:
        NotFound: ``course.not_found``, ``booking.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        Conflict: ``booking.over``, ``booking.full``, ``booking.twice``, ``booking.many``,
            ``booking.hours``.
    """
    _course(u, actor, name, at)
    require_open(u, name)
    lock_name(u.session, LOCK)
    found = _open_booking(u, actor, name, booking, at)
    if found.cancelled_at is not None:
        bookings = Bookings(u.session)
        _require_few(bookings, found, at)
        _require_place(found, bookings.within(found.window), seats)
        bookings.save(replace(found, cancelled_by=None, cancelled_at=None))
        _enter(u, actor, "restored", found, at)


def offered(
    u: UnitOfWork, actor: Actor, command: Book, *, at: datetime, seats: int
) -> tuple[Window, ...]:
    """Windows of the same length in which a class could be booked instead, the nearest ones.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        InvalidInput: ``booking.window``, ``booking.no_class``, ``booking.seats``.
    """
    _course(u, actor, command.course, at)
    window = command.window
    check_window(window, at)
    wanted = _wanted(u, command, at)
    near = Window(window.begins - NEAR - window.length, window.ends + NEAR + window.length)
    others = Bookings(u.session).within(near)
    own = [each for each in others if each.same_people(command.course, command.group, command.term)]
    found = free_windows(others, window, wanted, seats=seats, at=at)
    return tuple(each for each in found if not any(each.meets(one.window) for one in own))


def fullness(u: UnitOfWork, day: datetime) -> tuple[int, ...]:
    """How many seats are booked in each hour of a day, by everybody.

    Args:
        u: a unit of work.
        day: its first moment.
    """
    return hours_of(Bookings(u.session).within(Window(day, day + timedelta(hours=HOURS))), day)


def of_room(u: UnitOfWork, course: CourseName, room: ExamRoom) -> bool:
    """Whether an exam's room has seats for the whole of its window."""
    return any(
        each.course == course
        and each.group in {"", room.group}
        and (not each.group or each.term == room.term)
        and each.begins <= room.opens
        and room.closes <= each.ends
        for each in Bookings(u.session).within(Window(room.opens, room.closes))
    )


def holds_of(u: UnitOfWork, at: datetime) -> list[dict[str, Any]]:
    """What the hub has to know: bookings from now on, with who may sit on their seats.

    Returns:
        ``{id, begins, ends, seats, server, people}``: moments as ISO texts, accounts as names. No
        more seats than people: a class may have become smaller since.
    """
    found = Bookings(u.session).within(Window(at, at + TOLD_AHEAD))
    members = Members(u.session).in_courses({each.course for each in found})
    people = {each.id: [one.account for one in members if _sits(one, each, at)] for each in found}
    return [
        {
            "id": each.id,
            "begins": each.begins.isoformat(),
            "ends": each.ends.isoformat(),
            "seats": min(each.seats, len(people[each.id])),
            "server": f"course-{each.course}",
            "people": people[each.id],
        }
        for each in found
    ]


def _sits(member: Member, booking: Booking | Book, at: datetime) -> bool:
    """Whether somebody may sit on a seat of a booking: of the class, or teaching it."""
    if member.course != booking.course or not holds(member, max(booking.window.begins, at)):
        return False
    if member.role is CourseRole.TEACHER or not booking.group:
        return True
    return (member.group, member.term) == (booking.group, booking.term)


def _wanted(u: UnitOfWork, command: Book, at: datetime) -> int:
    """How many seats a class is to have."""
    members = Members(u.session).in_course(command.course)
    people = [each for each in members if _sits(each, command, at)]
    students = sum(each.role is CourseRole.STUDENT for each in people)
    if not students:
        raise InvalidInput("booking.no_class", group=command.group[:40])
    wanted = command.seats if command.seats is not None else min(students + 1, len(people))
    check_seats(wanted, len(people))
    return wanted


def _require_few(bookings: Bookings, fresh: Booking, at: datetime) -> None:
    known = bookings.of_course(fresh.course, at)
    if sum(each.cancelled_at is None for each in known) >= MOST_OPEN:
        raise Conflict("booking.many", most=MOST_OPEN)
    if total_time(known) + fresh.window.length > MOST_TIME:
        raise Conflict("booking.hours", hours=MOST_TIME // timedelta(hours=1))


def _require_place(booking: Booking, others: Sequence[Booking], seats: int) -> None:
    for each in others:
        if each.same_people(booking.course, booking.group, booking.term):
            raise Conflict("booking.twice", begins=each.begins, ends=each.ends)
    require_free(others, booking.window, booking.seats, seats=seats)


def _open_booking(
    u: UnitOfWork, actor: Actor, name: CourseName, booking: str, at: datetime
) -> Booking:
    _course(u, actor, name, at)
    found = Bookings(u.session).find(booking[:32], lock=True)
    if found is None or found.course != name:
        raise NotFound("booking.not_found", id=booking[:32])
    if found.ends <= at:
        raise Conflict("booking.over")
    return found


def _course(u: UnitOfWork, actor: Actor, name: CourseName, at: datetime) -> Course:
    course = Courses(u.session).find(name)
    if course is not None and coordinates(u, actor, course, at):
        return course
    person_in(u, actor.account, name, at).require_lead()
    return Courses(u.session).get(name)


def _enter(u: UnitOfWork, actor: Actor, what: str, booking: Booking, at: datetime) -> None:
    u.audit.append(
        kind=f"course.seats_{what}",
        actor=actor.account,
        subject=f"course/{booking.course}",
        data={"course": booking.course, "booking": booking.id, **booking.said},
        at=at,
    )
