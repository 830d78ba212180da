"""Seats of the machine that a class books: how many, from when until when, and what is left.

Rules:

1. A booking is for an academic group, or for a whole course, and for one window.
2. At no moment more seats are booked than the machine has.
3. Nobody books more seats than the class has people, and no class two windows that meet.
4. A cancelled booking holds nothing. Until its end it can be had back, if its seats are still free.
   Archiving a course cancels its bookings.

What a booking means while people come is in ``held_seats``.

>>> from datetime import UTC
>>> nine, ten, eleven = (datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in (9, 10, 11))
>>> one = Window(nine, eleven)
>>> one.meets(Window(ten, eleven)), one.meets(Window(eleven, eleven + timedelta(hours=1)))
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.coursework import CourseName
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName

LONGEST: Final = timedelta(hours=24)
FARTHEST: Final = timedelta(days=400)
MOST_OPEN: Final = 60
"""Bookings of a course that have not ended."""
MOST_TIME: Final = timedelta(hours=240)
"""Of those together: 60 lessons of four hours, or ten whole days."""
MOST_OFFERS: Final = 4
NEAR: Final = timedelta(days=7)
"""How far from the wanted window another one is offered."""
HOURS: Final = 24


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """From a moment until another one, which is not in it any more."""

    begins: datetime
    ends: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.ends - self.begins

    def meets(self, other: Window) -> bool:
        """Whether both have a moment in common."""
        return self.begins < other.ends and other.begins < self.ends


@dataclass(frozen=True, slots=True)
class Booking:
    """Seats booked for a class.

    Attributes:
        group: the academic group, with ``term``; empty for the whole course.
        begins: with ``ends``, the window.
        seats: how many, >= 1.
        cancelled_at: since when it holds nothing.
    """

    id: str
    course: CourseName
    group: str
    term: str
    begins: datetime
    ends: datetime
    seats: int
    booked_by: AccountName
    booked_at: datetime
    cancelled_by: AccountName | None = None
    cancelled_at: datetime | None = None
    revision: int = 0

    @property
    def window(self) -> Window:
        """When its seats are held."""
        return Window(self.begins, self.ends)

    @property
    def said(self) -> dict[str, Any]:
        """What was booked, as the audit log tells it."""
        return {
            "group": self.group,
            "term": self.term,
            "begins": self.begins.isoformat(),
            "ends": self.ends.isoformat(),
            "seats": self.seats,
        }

    def same_people(self, course: CourseName, group: str, term: str) -> bool:
        """Whether somebody of a class is in this one as well."""
        if self.course != course:
            return False
        return not self.group or not group or (self.group, self.term) == (group, term)


def check_window(window: Window, at: datetime) -> None:
    """Refuse a window that has passed, or that is a slip of the pen.

    Raises:
        InvalidInput: ``booking.window``.
    """
    begins, ends = window.begins, window.ends
    if not (begins < ends <= begins + LONGEST and at < ends and begins <= at + FARTHEST):
        raise InvalidInput(
            "booking.window", hours=LONGEST // timedelta(hours=1), days=FARTHEST.days
        )


def check_seats(seats: int, people: int) -> None:
    """Refuse no seat, and more than there are people to sit on them.

    Args:
        seats: wanted.
        people: of the class, with those who teach it.

    Raises:
        InvalidInput: ``booking.seats``.
    """
    if not 1 <= seats <= people:
        raise InvalidInput("booking.seats", most=people)


def peak(bookings: Iterable[Booking], window: Window) -> int:
    """The most seats that are booked at one moment of a window.

    Args:
        bookings: none of them cancelled.
        window: in which.
    """
    found = [each for each in bookings if each.window.meets(window)]
    moments = {max(each.begins, window.begins) for each in found}
    return max(
        (sum(each.seats for each in found if each.begins <= at < each.ends) for at in moments),
        default=0,
    )


def require_free(bookings: Sequence[Booking], window: Window, wanted: int, *, seats: int) -> None:
    """Refuse seats that others have booked already.

    Args:
        bookings: of all others, none of them cancelled.
        window: when.
        wanted: how many.
        seats: of the machine.

    Raises:
        Conflict: ``booking.full``.
    """
    free = seats - peak(bookings, window)
    if wanted > free:
        raise Conflict("booking.full", free=max(0, free), seats=seats, wanted=wanted)


def free_windows(
    bookings: Sequence[Booking], window: Window, wanted: int, *, seats: int, at: datetime
) -> tuple[Window, ...]:
    """Windows of the same length near a wanted one in which the seats are free.

    Looked at: right before and right after others' bookings, and the same hour of the next days.

    Args:
        bookings: of all others, none of them cancelled.
        window: the wanted one.
        wanted: how many seats.
        seats: of the machine.
        at: now; nothing before it is offered.

    Returns:
        At most ``MOST_OFFERS``, the nearest ones, in order of time.
    """
    days = (window.begins + timedelta(days=turn) for turn in range(1, NEAR.days + 1))
    after = (each.ends for each in bookings)
    before = (each.begins - window.length for each in bookings)
    starts = {
        start
        for start in (*days, *after, *before)
        if start >= at and abs(start - window.begins) <= NEAR
    }
    near = sorted(starts, key=lambda start: (abs(start - window.begins), start))
    found = (Window(start, start + window.length) for start in near)
    fitting = [each for each in found if wanted + peak(bookings, each) <= seats]
    return tuple(sorted(fitting[:MOST_OFFERS]))


def total_time(bookings: Iterable[Booking]) -> timedelta:
    """How long bookings are together; a cancelled one takes nothing."""
    kept = (each.window.length for each in bookings if each.cancelled_at is None)
    return sum(kept, timedelta())


def hours_of(bookings: Sequence[Booking], begins: datetime) -> tuple[int, ...]:
    """How many seats are booked in each hour of a day: the most at one moment of it.

    Args:
        bookings: none of them cancelled.
        begins: the day's first moment.
    """
    starts = (begins + timedelta(hours=hour) for hour in range(HOURS))
    return tuple(peak(bookings, Window(each, each + timedelta(hours=1))) for each in starts)
