"""Dates of birth as lists give them: a day, or a year alone.

>>> births(Birth.read("1971-05-03"), Birth.read("1971-03-05")), births(Birth(1971), Birth(1975))
('near', 'differs')
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

from sandbox.forensics.errors import CannotScreen

_FORM: Final = re.compile(r"(\d{4})(?:-(\d{2}-\d{2}))?")
_FIRST_YEAR: Final = 1850


@dataclass(frozen=True)
class Birth:
    """When somebody was born.

    Attributes:
        year: of birth.
        day: the day, where it is known.
    """

    year: int
    day: date | None = None

    @classmethod
    def read(cls, said: Birth | date | str | None) -> Birth | None:
        """A date of birth.

        Args:
            said: ``1971``, ``1971-05-03``, a date; nothing or an empty text is not known.

        Raises:
            CannotScreen: ``screening.birth_malformed``.
        """
        if said is None or isinstance(said, Birth):
            return said
        if said == "":
            return None
        if isinstance(said, date):
            return cls(said.year, date(said.year, said.month, said.day))
        form = _FORM.fullmatch(str(said).strip())
        with suppress(ValueError):
            if form and int(form[1]) >= _FIRST_YEAR:
                return cls(int(form[1]), date.fromisoformat(form[0]) if form[2] else None)
        raise CannotScreen("screening.birth_malformed", said=str(said)[:20])

    def __str__(self) -> str:
        return self.day.isoformat() if self.day else str(self.year)


def births(one: Birth | None, other: Birth | None) -> str:
    """How two dates agree.

    Returns:
        ``equal``; ``equal year`` where one of them is a year alone; ``near``: a year apart, or day
        and month exchanged; ``differs``; nothing where one is not known.
    """
    if one is None or other is None:
        return ""
    if one.day is None or other.day is None:
        apart = abs(one.year - other.year)
        return ("equal year", "near")[apart] if apart < 2 else "differs"
    if one.day == other.day:
        return "equal"
    day, month = one.day.day, one.day.month
    exchanged = one.year == other.year and (month, day) == (other.day.day, other.day.month)
    year_apart = (day, month) == (other.day.day, other.day.month) and abs(
        one.year - other.year
    ) == 1
    return "near" if exchanged or year_apart else "differs"
