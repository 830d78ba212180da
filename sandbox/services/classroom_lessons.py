"""Lessons as pages: what an assignment teaches, for everybody in the course.

Rules:

- A lesson is taken from what the reader gets by the newest release in their language, with their
  own values, never from the source: what no student may have cannot get into it.
- An exam's lesson is given when its notebook is: after the student's own start.
- A lesson tells what the notebook asks. So that a student has read it is noted once, before it is
  shown: what has been read cannot become an exam. Nobody is shown who read what.
- Lessons follow each other as their assignments were first released.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.domain.classroom import ActionKind, CourseRole
from sandbox.domain.coursework import AssignmentName
from sandbox.grading.lessons import Lesson, Picture, lesson_of
from sandbox.kit.errors import NotFound
from sandbox.locale import Language
from sandbox.services.classroom_exchange import Released, given_now, newest_release, released
from sandbox.services.classroom_room import Room, act
from sandbox.services.exam_gate import require_started
from sandbox.store.classroom import Actions


@dataclass(frozen=True, slots=True)
class Placed:
    """A lesson among the others of its course; ``before`` and ``after`` are None at the ends."""

    of: Released
    lesson: Lesson
    before: Released | None
    after: Released | None


def in_order(room: Room) -> tuple[Released, ...]:
    """The assignments of a course as they were first released."""
    newest = {each.assignment: each for each in released(room)}
    actions = Actions(room.u.session).all_of(ActionKind.RELEASED, room.person.course)
    return tuple(newest[name] for name in dict.fromkeys(each.assignment for each in actions))


def lesson(room: Room, assignment: AssignmentName, lang: Language) -> Placed:
    """An assignment's lesson.

    Args:
        room: of anybody in the course.
        assignment: which.
        lang: the reader's language.

    Raises:
        NotFound: ``classroom.not_released``.
        NotAllowed: those of `sandbox.services.exam_gate.require_started`.
    """
    found = newest_release(room, assignment)
    every = in_order(room)
    at = next(n for n, each in enumerate(every) if each.assignment == assignment)
    return Placed(
        found,
        lesson_of(given_now(room, assignment, lang)[0]),
        every[at - 1] if at else None,
        every[at + 1] if at + 1 < len(every) else None,
    )


def is_noted(room: Room, assignment: AssignmentName) -> bool:
    """Whether a reading of the lesson is noted already; a teacher's never needs to be."""
    person = room.person
    if person.role is not CourseRole.STUDENT:
        return True
    kind, actions = ActionKind.LESSON_READ, Actions(room.u.session)
    return actions.newest(kind, person.course, assignment, person.account) is not None


def note_reading(room: Room, assignment: AssignmentName) -> None:
    """Note that a student reads a lesson, unless it is noted; to be done before it is shown.

    Args:
        room: for writing.
        assignment: whose lesson.

    Raises:
        NotAllowed: those of `sandbox.services.exam_gate.require_started`: an exam since.
    """
    require_started(room, assignment)
    if not is_noted(room, assignment):
        act(room, ActionKind.LESSON_READ, assignment, student=room.person.account)


def picture(room: Room, assignment: AssignmentName, name: str, lang: Language) -> Picture:
    """A picture of a lesson.

    Args:
        room: of anybody in the course.
        assignment: whose lesson.
        name: as the lesson has it.
        lang: the reader's language.

    Raises:
        NotFound: ``classroom.not_released``; ``classroom.no_picture``.
        NotAllowed: those of `sandbox.services.exam_gate.require_started`.
    """
    found = lesson_of(given_now(room, assignment, lang)[0]).pictures.get(name)
    if found is None:
        raise NotFound("classroom.no_picture", name=name[:64])
    return found
