"""How far the grading of an assignment is, and how long it may still take.

Rules:

- A run begins with the asking that queued the oldest work still open; its durations are its own.
- What is left is told from this run's pace alone, its waiting and warming included, and not
  before `FEWEST` are done. It grows when nothing gets done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.classroom import ActionKind, CourseRole, JobState
from sandbox.domain.coursework import AssignmentName
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions, Jobs

FEWEST: Final = 2
"""Gradings without which nothing is said of the time."""
OPEN: Final = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True, slots=True)
class Run:
    """Gradings that are under way.

    Attributes:
        since: when the oldest of them was asked for.
        done: how many of this run came to an end, failed ones too.
        failed: how many of these failed.
        open: how many are queued or being graded.
        left: how long it may still take; None: too early to say.
    """

    since: datetime
    done: int
    failed: int
    open: int
    left: timedelta | None

    @property
    def total(self) -> int:
        """How many there are in the run."""
        return self.done + self.open


def progress(room: Room, assignment: AssignmentName) -> Run | None:
    """The run that is under way; None: nothing is being graded.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    session, course = room.u.session, room.person.course
    jobs = Jobs(session).of_assignment(course, assignment)
    waiting = [job for job in jobs if job.state in OPEN]
    if not waiting:
        return None
    asked = {job.submission: job.created_at for job in jobs}
    for action in Actions(session).all_of(ActionKind.GRADING_ASKED, course, assignment):
        asked.update(dict.fromkeys(action.detail.get("queued", ()), action.at))
    since = min(asked[job.submission] for job in waiting)
    ended = [
        job
        for job in jobs
        if job.state not in OPEN
        and asked[job.submission] >= since
        and job.finished_at is not None
        and job.finished_at >= since
    ]
    enough = len(ended) >= FEWEST
    return Run(
        since=since,
        done=len(ended),
        failed=sum(job.state is JobState.FAILED for job in ended),
        open=len(waiting),
        left=(room.at - since) * len(waiting) / len(ended) if enough else None,
    )
