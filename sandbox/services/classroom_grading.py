"""Asking for grading, watching it, reading marks.

Rules:

- Only each student's newest submission of an assignment is graded, against the newest
  release's master; asking again for what is queued, running or done changes nothing,
  unless ``again`` is said, which keeps a teacher's own marks. What an asking puts into the
  queue, and the marks it had, are kept with the asking (``domain.regrading``).
- A student sees marks when a teacher has released the feedback, not before; and as they were then,
  whatever was graded or marked since, until it is released again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sandbox.domain.classroom import (
    Action,
    ActionKind,
    CourseRole,
    Job,
    JobState,
    Mark,
    counted,
    released_marks,
)
from sandbox.domain.coursework import (
    AssignmentName,
    BundleHash,
    SubmissionId,
    absent_notebooks,
)
from sandbox.domain.regrading import kept_marks
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import (
    newest_per_student,
    newest_release,
    submission,
    submissions,
)
from sandbox.services.classroom_marking_rules import (
    hold_marking,
    require_named,
    require_plain,
    rules_of,
)
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room, act
from sandbox.store.classroom import Actions, Bundles, Jobs, Marks


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one student stands in an assignment, for teachers.

    Attributes:
        submission: the newest one's id; None: nothing handed in.
        state: of its grading; None: not asked for.
        score: what its marks count together; None: not graded, or marked anonymously and its
            feedback not released yet.
        waiting: how many marks wait for a person; while marking is anonymous all that a person
            gives, whether given or not.
        feedback: whether this submission's feedback is released.
        error_params: what the wording of the error names.
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
    error_params: Mapping[str, Any] = field(default_factory=dict)


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
    known = Marks(room.u.session).of_assignment(room.person.course, assignment)
    pairs = [_queue(room, action, master, again=again) for action in chosen]
    queued = [action.id for action, (_job, new) in zip(chosen, pairs, strict=True) if new]
    detail = {
        "submissions": [action.id for action in chosen],
        "queued": queued,
        "before": kept_marks({each: known[each] for each in queued if each in known}),
        "master": master,
        "again": again,
    }
    jobs = tuple(job for job, _new in pairs)
    act(room, ActionKind.GRADING_ASKED, assignment, detail=detail)
    return jobs


def _queue(room: Room, action: Action, master: BundleHash, *, again: bool) -> tuple[Job, bool]:
    """The job of a submission, and whether it was put into the queue by this."""
    jobs = Jobs(room.u.session)
    found = jobs.of(action.id, master)
    if found is None:
        job = jobs.add(
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
        return job, True
    if found.state is JobState.FAILED or (again and found.state is JobState.DONE):
        found = replace(found, state=JobState.QUEUED, attempts=0, error=None, finished_at=None)
        return jobs.save(found), True
    return found, False


def standings(room: Room, assignment: AssignmentName) -> tuple[Standing, ...]:
    """Every student of the course and where they stand.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    course, session = room.person.course, room.u.session
    newest = {a.student: a for a in newest_per_student(submissions(room, assignment))}
    names = sorted({*students_of(room.u, course, room.at), *filter(None, newest)})
    jobs = {job.submission: job for job in Jobs(session).of_assignment(course, assignment)}
    marks = Marks(session).of_assignment(course, assignment)
    released = Actions(session).all_of(ActionKind.FEEDBACK_RELEASED, course, assignment)
    shown = {action.student: action.detail.get("submission") for action in released}
    anonymous = rules_of(room, assignment).anonymous
    found = tuple(
        _standing(name, None, None, (), feedback=False)
        if (action := newest.get(name)) is None
        else _standing(
            name,
            action,
            jobs.get(SubmissionId(action.id)),
            marks.get(action.id, ()),
            feedback=shown.get(name) == action.id,
            params=error_params(room, action, jobs.get(SubmissionId(action.id))),
        )
        for name in names
    )
    if not anonymous:
        return found
    return tuple(each if each.feedback else _unnamed(each, marks) for each in found)


def _unnamed(one: Standing, marks: Mapping[str, tuple[Mark, ...]]) -> Standing:
    """The same while marking is anonymous: nothing in it changes when a person gives a mark."""
    free = sum(mark.mark is None for mark in marks.get(one.submission or "", ()))
    return replace(one, score=None, waiting=free)


def _standing(
    student: AccountName,
    action: Action | None,
    job: Job | None,
    marks: tuple[Mark, ...],
    *,
    feedback: bool,
    params: Mapping[str, Any] | None = None,
) -> Standing:
    return Standing(
        student=student,
        submission=None if action is None else action.id,
        submitted_at=None if action is None else action.at,
        state=None if job is None else job.state,
        error=None if job is None else job.error,
        score=sum(map(counted, marks)) if marks else None,
        points=sum(mark.points for mark in marks),
        waiting=sum(mark.waits for mark in marks),
        feedback=feedback,
        error_params=params or {},
    )


def graded(room: Room, wanted: str) -> tuple[Job | None, dict[str, str]]:
    """The newest grading of a submission, and the graded notebooks by name, for teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``marking.anonymous``.
        NotFound: ``classroom.no_submission``.
    """
    room.person.require(CourseRole.TEACHER)
    action = submission(room, wanted)
    require_named(room, action)
    job = Jobs(room.u.session).newest_of(action.id)
    if job is None or job.state is not JobState.DONE or job.result is None:
        return job, {}
    result = json.loads(room.blobs.get(job.result))
    return job, {str(name): str(text) for name, text in result["autograded"].items()}


def failure_of(room: Room, action: Action) -> IntegrityFailure | None:
    """Why the newest grading of a submission has failed; None: it has not."""
    job = Jobs(room.u.session).newest_of(action.id)
    if job is None or job.state is not JobState.FAILED or job.error is None:
        return None
    return IntegrityFailure(job.error, **error_params(room, action, job))


def error_params(room: Room, action: Action, job: Job | None) -> dict[str, Any]:
    """What the wording of a grading's error names: the job itself keeps the code alone.

    Args:
        room: of anybody who may see the work.
        action: the submission.
        job: its grading.
    """
    if job is None or job.error != "grading.notebooks_missing":
        return {}
    bundles = Bundles(room.u.session)
    return dict(absent_notebooks(bundles.get(job.master).paths, bundles.get(action.bundle).paths))


def marks_of(room: Room, wanted: str) -> tuple[Mark, ...]:
    """The marks of a submission: for teachers, and for its student as they were released.

    Raises:
        NotAllowed: ``marking.anonymous``: for teachers, while it is marked anonymously.
        NotFound: ``classroom.no_submission``, ``classroom.no_feedback``.
    """
    action = submission(room, wanted)
    if room.person.role is CourseRole.STUDENT:
        released = Actions(room.u.session).all_of(
            ActionKind.FEEDBACK_RELEASED, action.course, action.assignment, action.student
        )
        own = [each for each in released if each.detail.get("submission") == action.id]
        if not own:
            raise NotFound("classroom.no_feedback", id=wanted)
        return _as_released(room, own[-1], action)
    require_named(room, action)
    return Marks(room.u.session).of(action.id)


def _as_released(room: Room, release: Action, action: Action) -> tuple[Mark, ...]:
    """The marks that were released; of an old release, which kept none, if they are the same."""
    if "marks" in release.detail:
        return released_marks(room.blobs.get(str(release.detail["marks"])), action.id)
    now = Marks(room.u.session).of(action.id)
    return now if sum(map(counted, now)) == release.detail["score"] else ()


def set_teacher_mark(
    room: Room, wanted: str, cell: tuple[str, str], *, mark: float | None, comment: str
) -> Mark:
    """A teacher's own mark or comment for one test; who gave it is an action and is audited.

    The same mark and comment again change nothing.

    Args:
        room: of a teacher.
        wanted: the submission.
        cell: notebook and cell.
        mark: from 0 to the points; None: the platform's counts.
        comment: plain text.

    Raises:
        NotAllowed: ``classroom.wrong_role``; ``marking.on_its_page`` for a free answer that is
            marked anonymously or by two.
        NotFound: ``classroom.no_submission``, ``mark.not_found``.
        InvalidInput: ``classroom.mark_out_of_range``.
    """
    room.person.require(CourseRole.TEACHER)
    action = submission(room, wanted)
    hold_marking(room, action.assignment)
    found = Marks(room.u.session).get(action.id, *cell, lock=True)
    if found.mark is None and (found.teacher_mark, found.comment) != (mark, comment[:4000]):
        require_plain(room, action)
    return record_mark(room, action, found, Told(mark, comment))


@dataclass(frozen=True, slots=True)
class Told:
    """A mark of a person, and how it came about.

    Attributes:
        mark: from 0 to the points; None: the platform's counts.
        comment: plain text, to the student.
        levels: of a rubric, that the mark was reckoned from; none when it was typed.
        about: more for the list of actions; ``given_by`` is whose mark it is, if not the actor's.
    """

    mark: float | None
    comment: str
    levels: tuple[int, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


def record_mark(room: Room, action: Action, found: Mark, told: Told) -> Mark:
    """Write a mark of a person down, as an action that is audited.

    The same mark and comment again, by the same levels, change nothing.

    Args:
        room: of a teacher, who may give it.
        action: the submission.
        found: the mark as it stands, held.
        told: what it becomes.

    Raises:
        InvalidInput: ``classroom.mark_out_of_range``.
    """
    mark, levels = told.mark, told.levels
    if mark is not None and not 0 <= mark <= found.points:
        raise InvalidInput("classroom.mark_out_of_range", mark=str(mark), points=str(found.points))
    given = replace(found, teacher_mark=mark, comment=told.comment[:4000])
    cell = (found.notebook, found.cell)
    if given == found and (not levels or levels == _levels(room, action, cell)):
        return found
    detail = {
        "submission": action.id,
        "notebook": found.notebook,
        "cell": found.cell,
        "mark": None if mark is None else str(mark),
        "before": None if found.teacher_mark is None else str(found.teacher_mark),
        "comment_changed": given.comment != found.comment,
        **({"levels": list(levels)} if levels else {}),
        **told.about,
    }
    act(room, ActionKind.MARKED, action.assignment, student=action.student, detail=detail)
    return Marks(room.u.session).save(given)


def author_of(marked: Action) -> AccountName:
    """Whose mark an action gave: its actor's, or that of the first marker whom it settled."""
    return AccountName(str(marked.detail.get("given_by") or marked.actor))


def _levels(room: Room, work: Action, cell: tuple[str, str]) -> tuple[int, ...]:
    """The levels by which a cell was marked last."""
    given = Actions(room.u.session).all_of(
        ActionKind.MARKED, work.course, work.assignment, work.student
    )
    found: tuple[int, ...] = ()
    for each in given:
        where = (each.detail["submission"], each.detail["notebook"], each.detail["cell"])
        if where == (work.id, *cell):
            found = tuple(each.detail.get("levels") or ())
    return found


def marked_by(room: Room, wanted: str) -> dict[tuple[str, str], AccountName]:
    """Who gave a submission's marks of a person, by notebook and cell: the last one of each.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.no_submission``.
    """
    room.person.require(CourseRole.TEACHER)
    action = submission(room, wanted)
    given = Actions(room.u.session).all_of(
        ActionKind.MARKED, action.course, action.assignment, action.student
    )
    return {
        (str(each.detail["notebook"]), str(each.detail["cell"])): author_of(each)
        for each in given
        if each.detail["submission"] == action.id
    }
