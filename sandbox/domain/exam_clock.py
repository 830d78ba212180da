"""The clock of one student in an exam: when it ends, and what may be taken from whom.

Rules:

- Each student's time begins with their own start. It lasts the exam's minutes and their extra ones.
- While a pause holds for a student, their time stands still. Pauses that overlap count once; what
  lies before the start, or begins when the time was over, counts nothing.
- Nothing goes beyond the closing of the room, whatever was paused or given: that is moved by an
  act of its own.
- Work that comes at the last moment itself is in time. In a pause nothing is taken.

>>> from datetime import UTC
>>> nine = datetime(2026, 12, 1, 9, tzinfo=UTC)
>>> clock = Clock(nine, 60, nine + timedelta(hours=3), 10,
...               (Pause(nine + timedelta(minutes=20), nine + timedelta(minutes=25)),))
>>> clock.ends(nine).minute, clock.left(nine + timedelta(minutes=70)).seconds // 60
(15, 5)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class ExamState(StrEnum):
    """Where a student stands in an exam."""

    NOT_STARTED = "exam_not_started"
    RUNNING = "exam_running"
    PAUSED = "exam_paused_now"
    OVER = "exam_over"


@dataclass(frozen=True, slots=True, order=True)
class Pause:
    """A pause; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Clock:
    """A student's clock.

    Attributes:
        started: when they started.
        minutes: that everybody has.
        closes: the hard closing of their room.
        extra: minutes that they have besides.
        pauses: that held for them, in any order.
    """

    started: datetime
    minutes: int
    closes: datetime
    extra: int = 0
    pauses: tuple[Pause, ...] = ()

    def unbounded(self, at: datetime) -> datetime:
        """When the time would be over without a closing, if a pause that lasts ended at ``at``."""
        end = self.started + timedelta(minutes=self.minutes + self.extra)
        covered = self.started
        for pause in sorted(self.pauses, key=lambda each: each.since):
            since = max(pause.since, covered)
            until = max(since, at if pause.until is None else pause.until)
            if since >= end:
                break
            end += until - since
            covered = until
        return end

    def ends(self, at: datetime) -> datetime:
        """The last moment of the time, by what is known at ``at``."""
        return min(self.unbounded(at), self.closes)

    def left(self, at: datetime) -> timedelta:
        """What is left; nothing when it is over."""
        return max(timedelta(0), self.ends(at) - at)

    def cut(self, at: datetime) -> timedelta:
        """What the closing takes away of the student's time."""
        return max(timedelta(0), self.unbounded(at) - self.closes)

    def state(self, at: datetime) -> ExamState:
        """Running, paused or over."""
        if at > self.ends(at):
            return ExamState.OVER
        paused = any(
            each.since <= at and (each.until is None or at < each.until) for each in self.pauses
        )
        return ExamState.PAUSED if paused else ExamState.RUNNING
