"""Feedback: released by a teacher, a snapshot of that moment, fetched by its student.

Pages and marks are kept with the release: what changes later reaches the student with the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import groupby
from typing import Any

from sandbox.domain.classroom import Action, ActionKind, CourseRole, JobState, as_released, counted
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.marking import Second
from sandbox.grading.feedback import FeedbackOf, render_feedback
from sandbox.kit.errors import Conflict, NotFound
from sandbox.kit.ids import AccountName
from sandbox.locale import Language, language
from sandbox.services import classroom_checks, classroom_time, exam_gate, passback
from sandbox.services.classroom_checks import told_apart
from sandbox.services.classroom_exchange import newest_per_student, newest_release, submissions
from sandbox.services.classroom_marking_rules import rules_of
from sandbox.services.classroom_room import Room, act
from sandbox.services.classroom_words import said_in, words_now
from sandbox.store.classroom import Actions, Jobs, Marks


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """A released feedback, as its student sees it in a list.

    Attributes:
        notebooks: name → SHA-256 of the page.
    """

    submission: str
    assignment: AssignmentName
    student: AccountName
    submitted_at: datetime
    released_at: datetime
    score: float
    points: float
    notebooks: dict[str, str]


def release_feedback(
    room: Room,
    assignment: AssignmentName,
    *,
    students: tuple[str, ...] = (),
    early: bool = False,
) -> tuple[FeedbackLine, ...]:
    """Release the feedback of what is graded: each student's newest submission.

    Feedback tells what hidden tests found. While anybody may still hand in it waits, unless whoever
    releases it says that it is to go out early.

    Where marking is anonymous or by two, work that still waits for a person's mark is left out: its
    release would show the names, and one marker's view, before it is marked. Marks of students who
    came by a learning platform go back there (``passback``).

    Args:
        room: of a teacher.
        assignment: which.
        students: only these; none: all.
        early: also before the last moment that holds for anybody.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``, ``classroom.nothing_graded``.
        Conflict: ``exam.not_closed``, ``classroom.still_open``, ``marking.unfinished``.
    """
    room.person.require_lead()
    release = newest_release(room, assignment)
    exam_gate.require_closed(room, assignment)
    last, over = classroom_time.last_due(room, assignment), classroom_time.over(room, assignment)
    if last is not None and not over and not early:
        raise Conflict("classroom.still_open", until=last.isoformat())
    passback.hold(room.u, room.person.course, assignment)
    rules = rules_of(room, assignment)
    finished = rules.anonymous or rules.second is not Second.NONE
    common = _Common(
        titles=dict(release.detail.get("titles") or {}),
        hidden=classroom_checks.hidden_cells(room, assignment) if over else None,
        words=cache(partial(words_now, room, assignment)),
    )
    lines = []
    waits = 0
    for action in newest_per_student(submissions(room, assignment)):
        job = Jobs(room.u.session).newest_of(action.id)
        graded = job is not None and job.state is JobState.DONE
        wanted = not students or action.student in students
        if graded and wanted and finished and _waits(room, action):
            waits += 1
        elif graded and wanted:
            lines.append(_release(room, action, common))
    if waits and not lines:
        raise Conflict("marking.unfinished", works=waits)
    if not lines:
        raise NotFound("classroom.nothing_graded", assignment=assignment)
    given = [each.student for each in lines]
    passback.queue(room.u, room.person.course, assignment=assignment, students=given, at=room.at)
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _Common:
    """What all feedback of a release has in common, read once for a whole class.

    Attributes:
        titles: of the assignment, by language.
        hidden: checks that may be called so; None: none may.
        words: of the assignment's catalogue, by language.
    """

    titles: Mapping[str, str]
    hidden: frozenset[classroom_checks.Cell] | None
    words: Callable[[Language], Mapping[str, str]]


def _release(room: Room, action: Action, common: _Common) -> FeedbackLine:
    student = AccountName(str(action.student))
    account = room.u.accounts.find(student)
    lang: Language = language("", account.language if account else None)
    about = FeedbackOf(common.titles.get(lang) or action.assignment, student, action.at)
    marks = Marks(room.u.session).of(action.id)
    said = told_apart(said_in(common.words(lang), marks), lang, common.hidden)
    notebooks = {
        name: room.blobs.put(render_feedback(about, tuple(rows), lang).encode())
        for name, rows in groupby(said, key=lambda mark: mark.notebook)
    }
    detail: dict[str, Any] = {
        "submission": action.id,
        "notebooks": notebooks,
        "score": sum(map(counted, marks)),
        "points": sum(mark.points for mark in marks),
        "marks": room.blobs.put(as_released(marks)),
    }
    newest = Actions(room.u.session).newest(
        ActionKind.FEEDBACK_RELEASED, action.course, action.assignment, student
    )
    if newest is None or {"marks": detail["marks"], **newest.detail} != detail:
        newest = act(
            room, ActionKind.FEEDBACK_RELEASED, action.assignment, student=student, detail=detail
        )
    return _line(newest, action)


def _waits(room: Room, action: Action) -> bool:
    """Whether a submission waits for a person's mark."""
    marks = Marks(room.u.session).of(action.id)
    return any(each.mark is None and each.teacher_mark is None for each in marks)


def released_feedback(
    room: Room, assignment: AssignmentName | None = None
) -> tuple[FeedbackLine, ...]:
    """The newest feedback of each submission: students see their own."""
    student = None if room.person.role is CourseRole.TEACHER else room.person.account
    actions = Actions(room.u.session)
    found = actions.all_of(ActionKind.FEEDBACK_RELEASED, room.person.course, assignment, student)
    newest = {str(action.detail["submission"]): action for action in found}
    return tuple(
        _line(action, handed_in)
        for wanted, action in newest.items()
        if (handed_in := actions.by_id(wanted)) is not None
    )


def fetch_feedback(room: Room, wanted: str) -> dict[str, bytes]:
    """The pages of a submission's feedback, by notebook; that they were fetched is noted.

    Raises:
        NotFound: ``classroom.no_feedback``: also for those it is not for.
    """
    for line in released_feedback(room):
        if line.submission == wanted:
            act(
                room,
                ActionKind.FEEDBACK_FETCHED,
                line.assignment,
                student=line.student,
                detail={"submission": wanted},
            )
            return {name: room.blobs.get(sha256) for name, sha256 in line.notebooks.items()}
    raise NotFound("classroom.no_feedback", id=wanted[:64])


def _line(released: Action, handed_in: Action) -> FeedbackLine:
    return FeedbackLine(
        submission=handed_in.id,
        assignment=handed_in.assignment,
        student=AccountName(str(handed_in.student)),
        submitted_at=handed_in.at,
        released_at=released.at,
        score=float(released.detail["score"]),
        points=float(released.detail["points"]),
        notebooks=dict(released.detail["notebooks"]),
    )
