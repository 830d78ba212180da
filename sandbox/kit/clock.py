"""Time is aware UTC and is passed in.

Domain functions take ``at: datetime``; whoever needs "now" is given a ``Clock``.

>>> FixedClock(datetime(2026, 1, 1, tzinfo=UTC)).now().isoformat()
'2026-01-01T00:00:00+00:00'
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from sandbox.kit.errors import InvalidInput


class Clock(Protocol):
    """Whatever tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved, forward only."""

    def __init__(self, at: datetime) -> None:
        self._at = utc(at)

    def now(self) -> datetime:
        """The moment it stands at."""
        return self._at

    def forward(self, by: timedelta) -> None:
        """Move the clock.

        Args:
            by: how far, not negative.

        Raises:
            InvalidInput: ``clock.backward``.
        """
        if by < timedelta(0):
            raise InvalidInput("clock.backward", by=str(by))
        self._at += by


def utc(at: datetime) -> datetime:
    """The same moment in UTC.

    Args:
        at: an aware datetime.

    Raises:
        InvalidInput: ``clock.naive`` when the time zone is missing.
    """
    if at.tzinfo is None:
        raise InvalidInput("clock.naive", value=at.isoformat())
    return at.astimezone(UTC)
