"""Working days of Kyrgyzstan: what deadlines are counted in.

Rules:

1. A day is a day of Bishkek (UTC+6, no summer time), whatever the machine's zone.
2. Saturday and Sunday are free; so are the public holidays below. A holiday that falls on a weekend
   is *not* carried over to the next working day.
3. What was entered by hand goes before both: a day off (a lunar holiday, a day of mourning) or a
   working day (a Saturday that is worked instead of another day).
4. A period of *n* working days begins on the day after the act and ends with the end of its
   *n*-th working day; a period of none ends with the day of the act, or the next working one.

Sources: rules 2 and 3, the Labour Code of 2025 as the ministry of labour announced the free days of
2026 (press; to be confirmed): 23 February and 7 April are working days, nothing is carried over.
Rule 4: the general rule of administrative procedure (Law No. 210 of 31 July 2015; to be confirmed).

>>> from datetime import date
>>> Calendar().add(date(2026, 11, 20), 1)   # a Friday
datetime.date(2026, 11, 23)
>>> Calendar().is_working(date(2026, 3, 9))  # 8 March 2026 is a Sunday: not carried over
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final

from sandbox.kit.clock import utc
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

BISHKEK: Final = timezone(timedelta(hours=6), "Asia/Bishkek")
"""Asia/Bishkek: UTC+6 without summer time since 2005 (IANA time zone database)."""
SATURDAY: Final = 5
MOST_DAYS: Final = 1_000
"""Working days in the longest period that is counted at all."""
LAST_MOMENT: Final = time(23, 59, 59)


class DayKind(StrEnum):
    """What a day was entered as."""

    OFF = "day_off"
    WORKING = "working_day"


@dataclass(frozen=True)
class Holiday:
    """A public holiday on the same days of every year, both ends included."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]

    def covers(self, day: date) -> bool:
        """Whether a day belongs to it."""
        return self.first <= (day.month, day.day) <= self.last


HOLIDAYS: Final = (
    Holiday("new_year", (1, 1), (1, 6)),
    Holiday("christmas", (1, 7), (1, 7)),
    Holiday("womens_day", (3, 8), (3, 8)),
    Holiday("nooruz", (3, 21), (3, 21)),
    Holiday("may_days", (5, 1), (5, 8)),
    Holiday("victory_day", (5, 9), (5, 9)),
    Holiday("independence_day", (8, 31), (8, 31)),
)
"""Source: Labour Code of 2025, as announced for 2026 by the ministry of labour (press; to be
confirmed). 1 May is Labour Day and 5 May the Day of the Constitution, within the days of May."""

LUNAR: Final[Mapping[date, str]] = {
    date(2026, 3, 20): "orozo_ait",
    date(2026, 5, 27): "kurman_ait",
}
"""Holidays of the lunar calendar, announced each year; other years are entered by hand. Source:
20 March 2026, ministry of labour (press); 27 May 2026, astronomical (to be confirmed)."""


@dataclass(frozen=True)
class CalendarDay:
    """A day that somebody entered.

    Attributes:
        day: a day of Bishkek.
        kind: free or worked.
        reason: why, as the announcement says.
        pair: the other day of a transfer: worked instead, or free instead.
    """

    day: date
    kind: DayKind
    reason: str
    entered_by: AccountName
    entered_at: datetime
    pair: date | None = None


@dataclass(frozen=True)
class Calendar:
    """Weekends, holidays and what was entered by hand.

    Attributes:
        entered: day to what it was entered as.
    """

    entered: Mapping[date, DayKind] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether people work on a day."""
        if day in self.entered:
            return self.entered[day] is DayKind.WORKING
        return day.weekday() < SATURDAY and holiday_of(day) is None

    def add(self, day: date, days: int) -> date:
        """The n-th working day after a day.

        Args:
            day: not counted itself.
            days: working days, 0..``MOST_DAYS``; 0: the day itself, or the next working one.

        Raises:
            InvalidInput: ``calendar.too_many_days``.
        """
        _check(days)
        if days == 0:
            return self._next(day)
        for _ in range(days):
            day = self._next(day + timedelta(days=1))
        return day

    def before(self, day: date, days: int) -> date:
        """The n-th working day before a day, which is not counted itself.

        Raises:
            InvalidInput: ``calendar.too_many_days``.
        """
        _check(days)
        for _ in range(days):
            day -= timedelta(days=1)
            while not self.is_working(day):
                day -= timedelta(days=1)
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after ``first`` up to and with ``last``; 0 when it is not later."""
        span = (last - first).days
        return sum(self.is_working(first + timedelta(days=n)) for n in range(1, span + 1))

    def deadline(self, at: datetime, days: int) -> datetime:
        """The last moment of a period of working days that an act begins, UTC.

        Args:
            at: the act.
            days: working days, 0..``MOST_DAYS``.
        """
        return end_of(self.add(day_of(at), days))

    def end_on(self, day: date) -> datetime:
        """The last moment of a day, or of the next working one when it is free, UTC."""
        return end_of(self._next(day))

    def _next(self, day: date) -> date:
        while not self.is_working(day):
            day += timedelta(days=1)
        return day


def holiday_of(day: date) -> str | None:
    """Which public holiday a day is, by name; None for none."""
    if day in LUNAR:
        return LUNAR[day]
    return next((each.name for each in HOLIDAYS if each.covers(day)), None)


def lunar_missing(year: int, entered: Mapping[date, DayKind]) -> bool:
    """Whether nobody has entered the lunar holidays of a year yet, and none are known."""
    known = [day for day in LUNAR if day.year == year]
    by_hand = [day for day, kind in entered.items() if day.year == year and kind is DayKind.OFF]
    return not known and not by_hand


def day_of(at: datetime) -> date:
    """The day in Bishkek that a moment belongs to."""
    return utc(at).astimezone(BISHKEK).date()


def end_of(day: date) -> datetime:
    """The last second of a day in Bishkek, UTC.

    >>> from datetime import date
    >>> end_of(date(2026, 11, 23)).isoformat()
    '2026-11-23T17:59:59+00:00'
    """
    return datetime.combine(day, LAST_MOMENT, tzinfo=BISHKEK).astimezone(UTC)


def _check(days: int) -> None:
    if not 0 <= days <= MOST_DAYS:
        raise InvalidInput("calendar.too_many_days", most=MOST_DAYS, days=days)
