"""Days and moments as people type them, within the years that the product reckons with.

Rule: a year outside ``FIRST_YEAR`` to ``LAST_YEAR`` is refused before anything is reckoned with it,
so that no time zone, term or repetition leads out of what a ``datetime`` holds.

>>> read_day(" 2026-12-31 ").isoformat()
'2026-12-31'
>>> read_moment("2026-12-31T06:00", UTC).isoformat()
'2026-12-31T06:00:00+00:00'
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Final, TypeVar

from sandbox.kit.errors import InvalidInput

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
NOT_A_DATE: Final = "limits.not_a_date"
NOT_A_MOMENT: Final = "limits.not_a_moment"
_Day = TypeVar("_Day", bound=date)


def in_range(found: _Day) -> _Day:
    """The same day or moment, if its year may be reckoned with.

    Raises:
        InvalidInput: ``date.out_of_range``.
    """
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidInput(
            "date.out_of_range",
            day=found.isoformat()[:10],
            first=str(FIRST_YEAR),
            last=str(LAST_YEAR),
        )
    return found


def read_day(text: str, code: str = NOT_A_DATE) -> date:
    """A day as a form sends it; an hour behind it is left out.

    Args:
        text: year-month-day.
        code: of the error for what is no date.

    Raises:
        InvalidInput: ``date.out_of_range``, and ``code``.
    """
    return _read(text, code).date()


def read_moment(text: str, zone: tzinfo, code: str = NOT_A_MOMENT) -> datetime:
    """A moment as a form sends it, in UTC.

    Args:
        text: a day, or a day and a time; it may say its own offset.
        zone: where the clock hangs that a text without an offset means.
        code: of the error for what is no date.

    Raises:
        InvalidInput: ``date.out_of_range``, and ``code``.
    """
    found = _read(text, code)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _read(text: str, code: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(code, text=text[:40]) from error
    return in_range(found)
