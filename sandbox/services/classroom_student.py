"""One student's work in an assignment, for teachers; and the look at what the student sees.

Rules: looking as the student is noted before anything is shown, in the list of actions and in the
audit log; the student reads on the own page who looked and when. Nothing can be done that way:
what comes back is a room for reading, in the student's place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sandbox.domain.classroom import Action, ActionKind, CourseRole, Job, Mark
from sandbox.domain.coursework import AssignmentName
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import AccountName
from sandbox.locale import Language
from sandbox.services import classroom_people
from sandbox.services.classroom_checks import hidden_checks, told_apart
from sandbox.services.classroom_exchange import newest_release
from sandbox.services.classroom_feedback import FeedbackLine, released_feedback
from sandbox.services.classroom_grading import error_params, marked_by
from sandbox.services.classroom_marking_rules import is_hidden
from sandbox.services.classroom_room import Room, act
from sandbox.services.classroom_words import in_words
from sandbox.store.classroom import Actions, Jobs, Marks


@dataclass(frozen=True, slots=True)
class HandIn:
    """One submission and what became of it.

    Attributes:
        job: its newest grading; None: not asked for.
        marks: in the reader's language; none before it was graded, or while it is `hidden`.
        authors: who gave a mark of a person, by notebook and cell.
        feedback: what the student was given; None: not released.
        fetched_at: when the student last fetched the feedback.
        hidden: whether it is marked anonymously, so that no mark stands beside the name.
        error_params: what the wording of the grading's error names.
    """

    action: Action
    job: Job | None
    marks: tuple[Mark, ...]
    authors: Mapping[tuple[str, str], AccountName]
    feedback: FeedbackLine | None
    fetched_at: datetime | None
    hidden: bool = False
    error_params: Mapping[str, Any] = field(default_factory=dict)


def hand_ins(
    room: Room, assignment: AssignmentName, student: AccountName, lang: Language
) -> tuple[HandIn, ...]:
    """A student's submissions of an assignment, the newest first.

    Args:
        room: of a teacher.
        assignment: which.
        student: whose.
        lang: the reader's language.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``member.not_found`` for who neither is a student of the course nor handed in.
    """
    room.person.require(CourseRole.TEACHER)
    course, session = room.person.course, room.u.session
    actions = Actions(session)
    mine = actions.all_of(ActionKind.SUBMITTED, course, assignment, student)
    if not mine and student not in classroom_people.students_of(room.u, course, room.at):
        raise NotFound("member.not_found", id=student)
    feedback = {
        each.submission: each for each in released_feedback(as_of(room, student), assignment)
    }
    fetched = {
        str(each.detail["submission"]): each.at
        for each in actions.all_of(ActionKind.FEEDBACK_FETCHED, course, assignment, student)
    }
    checks = hidden_checks(room, assignment) if mine else None
    return tuple(
        HandIn(
            action=each,
            job=(job := Jobs(session).newest_of(each.id)),
            error_params=error_params(room, each, job),
            marks=()
            if (hidden := is_hidden(room, each))
            else told_apart(
                in_words(room, assignment, Marks(session).of(each.id), lang), lang, checks
            ),
            hidden=hidden,
            authors=marked_by(room, each.id),
            feedback=feedback.get(each.id),
            fetched_at=fetched.get(each.id),
        )
        for each in reversed(mine)
    )


def view_as(room: Room, assignment: AssignmentName, student: AccountName) -> Room:
    """Note that a teacher looks as a student; a room for reading in the student's place.

    Args:
        room: of a teacher.
        assignment: which.
        student: a student of the course.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.not_released``, ``member.not_found``.
    """
    room.person.require(CourseRole.TEACHER)
    newest_release(room, assignment)
    if student not in classroom_people.students_of(room.u, room.person.course, room.at):
        raise NotFound("member.not_found", id=student)
    act(room, ActionKind.VIEWED_AS_STUDENT, assignment, student=student)
    return as_of(room, student)


def as_of(room: Room, student: AccountName) -> Room:
    """The same room in a student's place, for reading what the student may read."""
    person = replace(room.person, account=student, role=CourseRole.STUDENT, duty=None)
    return replace(room, person=person)


def views(room: Room, assignment: AssignmentName) -> tuple[Action, ...]:
    """Who looked as the reader, a student, and when; the newest first."""
    found = Actions(room.u.session).all_of(
        ActionKind.VIEWED_AS_STUDENT, room.person.course, assignment, room.person.account
    )
    return found[::-1]
