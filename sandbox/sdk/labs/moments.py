"""Moments that a lab travels to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from sandbox.sdk.errors import SdkError

FARTHEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""No lab travels beyond."""


def moment(to: datetime | date | str) -> int:
    """Seconds since 1970.

    Args:
        to: a ``date`` (its midnight, UTC), an ISO 8601 text or a ``datetime``; without a
            zone it is UTC.

    Raises:
        SdkError: ``sdk.lab_moment``.
    """
    try:
        at = datetime.fromisoformat(to) if isinstance(to, str) else to
        if not isinstance(at, datetime):
            at = datetime(at.year, at.month, at.day, tzinfo=UTC)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, AttributeError, OverflowError):
        raise SdkError("sdk.lab_moment", to=str(to)[:60]) from None
