"""Asking for grading, watching it, reading marks.

Rules:

- Only each student's newest submission of an assignment is graded, against the newest
  release's master; asking again for what is queued, running or done changes nothing,
  unless ``again`` is said, which keeps a teacher's own marks.
- A student sees marks when a teacher has released the feedback, not before.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.classroom import (
    Action,
    ActionKind,
    CourseRole,
    Job,
    JobState,
    Mark,
    counted,
)
from sandbox.domain.coursework import AssignmentName, BundleHash, SubmissionId
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import (
    newest_per_student,
    newest_release,
    submission,
    submissions,
)
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room, act
from sandbox.store.classroom import Actions, Jobs, Marks


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one student stands in an assignment, for teachers.

    Attributes:
        submission: the newest one's id; None: nothing handed in.
        state: of its grading; None: not asked for.
        score: what its marks count together; None: not graded.
        waiting: how many marks wait for a person.
        feedback: whether this submission's feedback is released.
    """

    student: AccountName
    submission: str | None
    submitted_at: datetime | None
    state: JobState | None
    error: str | None
    score: float | None
    points: float
    waiting: int
    feedback: bool


def ask_grading(
    room: Room, assignment: AssignmentName, *, wanted: tuple[str, ...] = (), again: bool = False
) -> tuple[Job, ...]:
    """Put submissions into the grading queue.

    Args:
        room: of a teacher.
        assignment: which.
        wanted: ids of submissions; none: the newest of every student.
        again: also those that are done.

    Returns:
        The jobs, as they stand.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.not_released``, ``classroom.no_submission``.
    """
    room.person.require(CourseRole.TEACHER)
    master = BundleHash(newest_release(room, assignment).master)
    chosen = (
        tuple(submission(room, each) for each in wanted)
        if wanted
        else newest_per_student(submissions(room, assignment))
    )
    if any(action.assignment != assignment for action in chosen):
        raise NotFound("classroom.no_submission", id=assignment)
    jobs = tuple(_queue(room, action, master, again=again) for action in chosen)
    detail = {"submissions": [action.id for action in chosen], "master": master, "again": again}
    act(room, ActionKind.GRADING_ASKED, assignment, detail=detail)
    return jobs


def _queue(room: Room, action: Action, master: BundleHash, *, again: bool) -> Job:
    jobs = Jobs(room.u.session)
    found = jobs.of(action.id, master)
    if found is None:
        return jobs.add(
            Job(
                id=uuid.uuid4().hex,
                submission=SubmissionId(action.id),
                course=action.course,
                assignment=action.assignment,
                master=master,
                state=JobState.QUEUED,
                priority=0,
                attempts=0,
                created_at=room.at,
            )
        )
    if found.state is JobState.FAILED or (again and found.state is JobState.DONE):
        found = replace(found, state=JobState.QUEUED, attempts=0, error=None, finished_at=None)
        return jobs.save(found)
    return found


def standings(room: Room, assignment: AssignmentName) -> tuple[Standing, ...]:
    """Every student of the course and where they stand.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    newest = {a.student: a for a in newest_per_student(submissions(room, assignment))}
    names = sorted({*students_of(room.u, room.person.course, room.at), *filter(None, newest)})
    return tuple(_standing(room, assignment, name, newest.get(name)) for name in names)


def _standing(
    room: Room, assignment: AssignmentName, student: AccountName, action: Action | None
) -> Standing:
    if action is None:
        return Standing(student, None, None, None, None, None, 0.0, 0, feedback=False)
    job = Jobs(room.u.session).newest_of(action.id)
    marks = Marks(room.u.session).of(action.id)
    shown = Actions(room.u.session).newest(
        ActionKind.FEEDBACK_RELEASED, room.person.course, assignment, student
    )
    return Standing(
        student=student,
        submission=action.id,
        submitted_at=action.at,
        state=None if job is None else job.state,
        error=None if job is None else job.error,
        score=sum(map(counted, marks)) if marks else None,
        points=sum(mark.points for mark in marks),
        waiting=sum(mark.mark is None and mark.teacher_mark is None for mark in marks),
        feedback=shown is not None and shown.detail.get("submission") == action.id,
    )


def graded(room: Room, wanted: str) -> tuple[Job | None, dict[str, str]]:
    """The newest grading of a submission, and the graded notebooks by name, for teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.no_submission``.
    """
    room.person.require(CourseRole.TEACHER)
    job = Jobs(room.u.session).newest_of(submission(room, wanted).id)
    if job is None or job.state is not JobState.DONE or job.result is None:
        return job, {}
    result = json.loads(room.blobs.get(job.result))
    return job, {str(name): str(text) for name, text in result["autograded"].items()}


def marks_of(room: Room, wanted: str) -> tuple[Mark, ...]:
    """The marks of a submission: for teachers, and for its student once released.

    Raises:
        NotFound: ``classroom.no_submission``, ``classroom.no_feedback``.
    """
    action = submission(room, wanted)
    if room.person.role is CourseRole.STUDENT:
        released = Actions(room.u.session).all_of(
            ActionKind.FEEDBACK_RELEASED, action.course, action.assignment, action.student
        )
        if all(each.detail.get("submission") != action.id for each in released):
            raise NotFound("classroom.no_feedback", id=wanted)
    return Marks(room.u.session).of(action.id)


def set_teacher_mark(
    room: Room, wanted: str, cell: tuple[str, str], *, mark: float | None, comment: str
) -> Mark:
    """A teacher's own mark or comment for one test.

    Args:
        room: of a teacher.
        wanted: the submission.
        cell: notebook and cell.
        mark: from 0 to the points; None: the platform's counts.
        comment: plain text.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.no_submission``, ``mark.not_found``.
        InvalidInput: ``classroom.mark_out_of_range``.
    """
    room.person.require(CourseRole.TEACHER)
    action = submission(room, wanted)
    marks = Marks(room.u.session)
    found = marks.get(action.id, *cell)
    if mark is not None and not 0 <= mark <= found.points:
        raise InvalidInput("classroom.mark_out_of_range", mark=str(mark), points=str(found.points))
    return marks.save(replace(found, teacher_mark=mark, comment=comment[:4000]))
