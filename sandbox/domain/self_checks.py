"""Self-checks: a student has the visible tests run on work that is not handed in.

Rules:

- So many an hour for each student and course as the course says; what failed through no fault of
  the work is not counted. A refusal says when the next is free.
- One at a time for each student. Gradings come first; among checks whoever had fewest within the
  last hour, then whoever asked first.

>>> from datetime import UTC
>>> nine = datetime(2026, 11, 23, 9, tzinfo=UTC)
>>> next_free([nine, nine + timedelta(minutes=20)], 2, nine + timedelta(minutes=30)).hour
10
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.classroom import JobState
from sandbox.domain.coursework import AssignmentName, BundleHash, CourseName
from sandbox.kit.ids import AccountName

AN_HOUR: Final = 6
"""Checks an hour where a course does not say."""
MOST_AN_HOUR: Final = 60
WINDOW: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=30)
"""How long what a check found is kept."""
MOST_BYTES: Final = 2 * 2**20
"""Of the files of one check."""
OPEN: Final = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """One check.

    Attributes:
        release: hash of what students got by the release that it is held against.
        content: hash of the files.
        files: base64 by path; emptied when it has ended.
        counted: whether it counts for the limit.
        rows: what each visible test said: notebook, cell, title, status, reason.
    """

    id: str
    course: CourseName
    assignment: AssignmentName
    student: AccountName
    release: BundleHash
    content: BundleHash
    files: Mapping[str, str]
    state: JobState
    asked_at: datetime
    counted: bool = True
    attempts: int = 0
    lease_until: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    rows: tuple[Mapping[str, Any], ...] = ()


def next_free(asked: Iterable[datetime], an_hour: int, at: datetime) -> datetime | None:
    """From when one more is allowed; None: it is allowed now.

    Args:
        asked: when the counted ones were asked for.
        an_hour: how many are allowed, >= 1.
        at: the present moment.
    """
    within = sorted(each for each in asked if each > at - WINDOW)
    return within[len(within) - an_hour] + WINDOW if len(within) >= an_hour else None


def in_turn(waiting: Iterable[SelfCheck], recent: Mapping[AccountName, int]) -> list[SelfCheck]:
    """Waiting checks in the order in which they run.

    Args:
        waiting: of anybody.
        recent: by student, how many were asked for within the last hour.
    """
    return sorted(waiting, key=lambda each: (recent.get(each.student, 0), each.asked_at, each.id))
