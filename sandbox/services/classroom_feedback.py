"""Feedback: released by a teacher, a snapshot of that moment, fetched by its student.

Rules:

- Pages and marks are kept with the release: what changes later reaches the student with the next
  one.
- All of a press is released or nothing. Its files are made and kept first (`make_feedback`), in a
  reading unit: of a whole class that takes seconds, in which nobody else's writing is to wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import groupby
from typing import Any

from sandbox.domain.classroom import (
    Action,
    ActionKind,
    CourseRole,
    JobState,
    Mark,
    as_released,
    counted,
)
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.marking import Second
from sandbox.domain.records import Account
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
    unmarked: bool = False,
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
        unmarked: also works in which an answer waits for a person's mark.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``, ``classroom.nothing_graded``.
        Conflict: ``exam.not_closed``, ``classroom.still_open``, ``marking.unfinished``,
            ``classroom.unmarked``.
    """
    room.person.require_lead()
    passback.hold(room.u, room.person.course, assignment)
    made = _made(room, assignment, students=students, early=early, unmarked=unmarked)
    room.blobs.put_all(_contents(made))
    lines = tuple(_release(room, each) for each in made)
    given = [each.student for each in lines]
    passback.queue(room.u, room.person.course, assignment=assignment, students=given, at=room.at)
    return lines


def make_feedback(
    room: Room,
    assignment: AssignmentName,
    *,
    students: tuple[str, ...] = (),
    early: bool = False,
    unmarked: bool = False,
) -> None:
    """Make and keep the files of feedback that is released next, so that releasing it is quick.

    Nothing is released by it, and files that are not are nobody's.

    Args and errors are those of `release_feedback`.
    """
    made = _made(room, assignment, students=students, early=early, unmarked=unmarked)
    room.blobs.put_all(_contents(made))


@dataclass(frozen=True, slots=True)
class _Made:
    """A work's feedback that is made.

    Attributes:
        work: the submission.
        pages: by notebook.
        marks: of now.
    """

    work: Action
    pages: Mapping[str, bytes]
    marks: tuple[Mark, ...]


def _made(
    room: Room,
    assignment: AssignmentName,
    *,
    students: tuple[str, ...],
    early: bool,
    unmarked: bool,
) -> list[_Made]:
    """The feedback of what is graded and wanted; something."""
    room.person.require_lead()
    release = newest_release(room, assignment)
    exam_gate.require_closed(room, assignment)
    last, over = classroom_time.last_due(room, assignment), classroom_time.over(room, assignment)
    if last is not None and not over and not early:
        raise Conflict("classroom.still_open", until=last.isoformat())
    common = _Common(
        titles=dict(release.detail.get("titles") or {}),
        hidden=classroom_checks.hidden_cells(room, assignment) if over else None,
        words=cache(partial(words_now, room, assignment)),
    )
    marks = Marks(room.u.session).of_assignment(room.person.course, assignment)
    graded = [
        each for each in _graded(room, assignment) if not students or each.student in students
    ]
    waiting = {each.id for each in graded if any(mark.waits for mark in marks.get(each.id, ()))}
    ready = graded
    if _only_finished(room, assignment):
        ready = [each for each in graded if each.id not in waiting]
    elif waiting and not unmarked:
        raise Conflict("classroom.unmarked", works=len(waiting))
    if graded and not ready:
        raise Conflict("marking.unfinished", works=len(graded))
    if not ready:
        raise NotFound("classroom.nothing_graded", assignment=assignment)
    accounts = room.u.accounts.several([AccountName(str(each.student)) for each in ready])
    return [
        _make(each, marks.get(each.id, ()), accounts.get(AccountName(str(each.student))), common)
        for each in ready
    ]


def _only_finished(room: Room, assignment: AssignmentName) -> bool:
    rules = rules_of(room, assignment)
    return rules.anonymous or rules.second is not Second.NONE


def _graded(room: Room, assignment: AssignmentName) -> list[Action]:
    jobs = Jobs(room.u.session).of_assignment(room.person.course, assignment)
    states = {str(job.submission): job.state for job in jobs}
    newest = newest_per_student(submissions(room, assignment))
    return [each for each in newest if states.get(each.id) is JobState.DONE]


def _contents(made: list[_Made]) -> Iterator[bytes]:
    for each in made:
        yield from each.pages.values()
        yield as_released(each.marks)


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


def _make(work: Action, marks: tuple[Mark, ...], account: Account | None, common: _Common) -> _Made:
    lang: Language = language("", account.language if account else None)
    about = FeedbackOf(common.titles.get(lang) or work.assignment, str(work.student), work.at)
    said = told_apart(said_in(common.words(lang), marks), lang, common.hidden)
    pages = {
        name: render_feedback(about, tuple(rows), lang).encode()
        for name, rows in groupby(said, key=lambda mark: mark.notebook)
    }
    return _Made(work, pages, marks)


def _release(room: Room, made: _Made) -> FeedbackLine:
    action, marks = made.work, made.marks
    student = AccountName(str(action.student))
    detail: dict[str, Any] = {
        "submission": action.id,
        "notebooks": {name: room.blobs.put(page) for name, page in made.pages.items()},
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
