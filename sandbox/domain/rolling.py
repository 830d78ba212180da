"""Counting over a rolling window, conservatively.

A window of ``width`` is kept as buckets; what was counted at a moment counts
until its whole bucket is older than the window: a used unit frees between
``width`` and ``width`` plus one bucket later, never before. So there is no edge
at which twice the limit would pass.

>>> from datetime import UTC, datetime
>>> day = RollingCount(timedelta(hours=24), timedelta(minutes=10))
>>> noon = datetime(2026, 1, 1, 12, 3, tzinfo=UTC)
>>> day.add(noon); day.used(noon + timedelta(hours=24)), day.used(noon + timedelta(hours=25))
(1, 0)
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta


class RollingCount:
    """How many happened within the last ``width``.

    Args:
        width: of the window.
        bucket: how finely it is kept; the most by which a unit frees late.
    """

    def __init__(self, width: timedelta, bucket: timedelta) -> None:
        self._width = int(width.total_seconds())
        self._bucket = int(bucket.total_seconds())
        self._buckets: deque[list[int]] = deque()
        self._total = 0

    def add(self, at: datetime, count: int = 1) -> None:
        """Count at a moment.

        Args:
            at: when; in any order (two journals are read one after the other).
            count: how many; negative takes back what was added at that moment.
        """
        number = int(at.timestamp()) // self._bucket
        place = len(self._buckets)
        while place and self._buckets[place - 1][0] > number:
            place -= 1
        if place and self._buckets[place - 1][0] == number:
            self._buckets[place - 1][1] += count
        else:
            self._buckets.insert(place, [number, count])
        self._total += count

    def used(self, at: datetime) -> int:
        """How many count at a moment; moments never go back by more than a bucket."""
        self._drop(at)
        return self._total

    def frees_at(self, at: datetime, room: int) -> datetime | None:
        """When so many units will have become free.

        Args:
            at: now.
            room: how many units have to free, >= 1.

        Returns:
            The end of the bucket that has to leave; None when so many are not used.
        """
        self._drop(at)
        freed = 0
        for number, count in self._buckets:
            freed += count
            if freed >= room:
                end = (number + 1) * self._bucket + self._width
                return datetime.fromtimestamp(end, tz=UTC)
        return None

    def _drop(self, at: datetime) -> None:
        moment = at.timestamp()
        while self._buckets and (self._buckets[0][0] + 1) * self._bucket + self._width <= moment:
            self._total -= self._buckets.popleft()[1]


class RequestRate:
    """Requests within one second, by the permit, never by the network address.

    A bucket of tokens: full at the start, refilled evenly. A limit that is
    lowered takes effect at once.
    """

    def __init__(self) -> None:
        self._tokens: float | None = None
        self._at = 0.0
        self._limit = 0

    def take(self, now: float, limit: int, count: int = 1) -> float:
        """Take room for requests.

        Args:
            now: seconds of a monotonic clock.
            limit: requests a second, > 0; also the largest burst.
            count: how many requests, >= 1.

        Returns:
            0.0 when taken; otherwise seconds until there is room (nothing is taken).
        """
        held = limit if self._tokens is None else self._tokens
        held = min(float(limit), held + (now - self._at) * limit)
        self._at, self._limit = now, limit
        if held >= count:
            self._tokens = held - count
            return 0.0
        self._tokens = held
        return (count - held) / limit

    def recent(self, now: float) -> int:
        """About how many requests the last second saw.

        Args:
            now: seconds of a monotonic clock.
        """
        if self._tokens is None:
            return 0
        return round(max(0.0, self._limit - self._tokens - (now - self._at) * self._limit))
