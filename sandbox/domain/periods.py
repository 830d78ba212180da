"""Whole months, quarters and half-years of Bishkek: what a periodic report is about.

Rules:

1. A period begins with the first of a month in Bishkek; its end is the beginning of the next.
2. Periods divide the year evenly: of 1, 2, 3, 4, 6 or 12 months, the first beginning in January.

>>> from datetime import UTC
>>> one = before(datetime(2026, 11, 15, tzinfo=UTC), 3)
>>> (one.start.isoformat(), one.last.isoformat(), one.name)
('2026-06-30T18:00:00+00:00', '2026-09-30', '2026-07..2026-09')
>>> one.next.name
'2026-10..2026-12'
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sandbox.domain.calendar import BISHKEK

LENGTHS: Final = (1, 2, 3, 4, 6, 12)
"""How many months a period may have."""


@dataclass(frozen=True, order=True)
class Period:
    """A span of time, from ``start`` (included) to ``end`` (excluded), UTC.

    Attributes:
        months: how many it has.
    """

    start: datetime
    end: datetime
    months: int

    @property
    def first(self) -> date:
        """Its first day in Bishkek."""
        return self.start.astimezone(BISHKEK).date()

    @property
    def last(self) -> date:
        """Its last day in Bishkek."""
        return self.end.astimezone(BISHKEK).date() - timedelta(days=1)

    @property
    def name(self) -> str:
        """``2026-10`` for a month, ``2026-07..2026-09`` for more."""
        first, last = f"{self.first:%Y-%m}", f"{self.last:%Y-%m}"
        return first if self.months == 1 else f"{first}..{last}"

    @property
    def next(self) -> Period:
        """The period that begins where this one ends."""
        return _from(self.last + timedelta(days=1), self.months)

    def covers(self, at: datetime | None) -> bool:
        """Whether a moment lies in it; no moment does not."""
        return at is not None and self.start <= at < self.end


def containing(at: datetime, months: int) -> Period:
    """The period that a moment lies in.

    Args:
        at: aware.
        months: one of :data:`LENGTHS`.
    """
    day = at.astimezone(BISHKEK).date()
    first = (day.month - 1) // months * months + 1
    return _from(date(day.year, first, 1), months)


def before(at: datetime, months: int) -> Period:
    """The last whole period that has ended at a moment."""
    now = containing(at, months)
    return containing(now.start - timedelta(seconds=1), months)


def year_of(year: int) -> Period:
    """A calendar year of Bishkek."""
    return _from(date(year, 1, 1), 12)


def _from(first: date, months: int) -> Period:
    number = first.year * 12 + first.month - 1 + months
    after = date(number // 12, number % 12 + 1, 1)
    return Period(_midnight(first), _midnight(after), months)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BISHKEK).astimezone(UTC)
