"""Marking free answers one after another: what there is, what is marked, giving a mark.

Rules:

- Marked is each student's newest submission, once it was graded: grading runs the tests, and gives
  nothing to an answer that was left as it was.
- A mark given here is a teacher's own mark like any other (`classroom_grading.set_teacher_mark`):
  it counts, outlasts grading again, and is an action and an entry of the audit log.
- Whoever saves says what they had before their eyes. If that is another mark or another submission
  by now, nothing is saved: nobody overwrites a colleague unseen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandbox.domain.classroom import Action, ActionKind, CourseRole, JobState, Mark
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.rubrics import points_for
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import newest_per_student, submissions
from sandbox.services.classroom_grading import set_teacher_mark
from sandbox.services.classroom_questions import Place, Question
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions, Jobs, Marks
from sandbox.store.repositories import lock_name

MOST_WORDS = 4000
"""Characters of a comment."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a marker gives an answer.

    Attributes:
        points: None: no mark.
        levels: the chosen levels of the rubric; none when points were typed.
        comment: to the student.
    """

    points: float | None
    levels: tuple[int, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One student's answer to a question.

    Attributes:
        code: by which the page names it: the student.
        action: the submission.
        mark: as it stands.
        given: by a person.
        by: whose mark it is; None: nobody's.
    """

    code: str
    action: Action
    mark: Mark
    given: Given
    by: AccountName | None

    @property
    def student(self) -> AccountName:
        """Whose answer it is."""
        return AccountName(str(self.action.student))

    @property
    def marked(self) -> bool:
        """Whether there is a mark, of a person or of the platform."""
        return self.given.points is not None or self.mark.mark is not None

    @property
    def state(self) -> str:
        """What somebody who looks at it has before their eyes, as a short text."""
        seen = [self.action.id, str(self.given.points), list(self.given.levels)]
        return hashlib.sha256(canonical([*seen, self.given.comment])).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Pile:
    """The answers to a question.

    Attributes:
        works: those that can be marked, in an order that says nothing of the students.
        waiting: how many submissions are not graded yet, so that they cannot be marked.
    """

    works: tuple[Work, ...]
    waiting: int

    @property
    def marked(self) -> int:
        """How many have a mark."""
        return sum(each.marked for each in self.works)

    def at(self, code: str) -> Work:
        """One of them.

        Raises:
            NotFound: ``marking.no_work``.
        """
        for each in self.works:
            if each.code == code:
                return each
        raise NotFound("marking.no_work")

    def next_open(self, code: str = "") -> Work | None:
        """The first without a mark after one, then from the start; None when all are marked."""
        codes = [each.code for each in self.works]
        here = codes.index(code) + 1 if code in codes else 0
        rest = (*self.works[here:], *self.works[:here])
        return next((each for each in rest if not each.marked and each.code != code), None)


def piles(room: Room, assignment: AssignmentName, asked: tuple[Question, ...]) -> dict[Place, Pile]:
    """The answers to some questions; as many questions to the store for one as for many.

    Args:
        room: of a teacher.
        assignment: which.
        asked: of `classroom_questions.questions`.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    course, session = room.person.course, room.u.session
    newest = newest_per_student(submissions(room, assignment))
    states = {str(j.submission): j.state for j in Jobs(session).of_assignment(course, assignment)}
    marks = Marks(session).of_assignment(course, assignment)
    given = Actions(session).all_of(ActionKind.MARKED, course, assignment)
    last = {(a.detail["submission"], a.detail["notebook"], a.detail["cell"]): a for a in given}
    found = {}
    for each in asked:
        works = [
            _work(action, mark, last.get((action.id, *each.place)))
            for action in newest
            if states.get(action.id) is JobState.DONE
            for mark in marks.get(action.id, ())
            if (mark.notebook, mark.cell) == each.place
        ]
        works.sort(key=lambda work: work.action.id)
        found[each.place] = Pile(tuple(works), len(newest) - len(works))
    return found


def give(
    room: Room, assignment: AssignmentName, asked: Question, code: str, given: Given, *, seen: str
) -> Work:
    """Give an answer a mark, another one, or none.

    Args:
        room: of a teacher.
        assignment: which.
        asked: the question.
        code: of the work.
        given: with levels where the question has a rubric, else with points.
        seen: `Work.state` of what the marker had before their eyes.

    Returns:
        The work as it was.

    Raises:
        NotFound: ``marking.no_work``.
        Conflict: ``marking.overtaken``.
        InvalidInput: ``marking.levels_missing``, ``marking.no_such_level``,
            ``classroom.mark_out_of_range``, ``classroom.words_too_long``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
    """
    room.person.require(CourseRole.TEACHER)
    lock_name(room.u.session, f"marking:{room.person.course}:{assignment}")
    work = piles(room, assignment, (asked,))[asked.place].at(code)
    if work.state != seen:
        raise Conflict("marking.overtaken")
    if len(given.comment) > MOST_WORDS:
        raise InvalidInput("classroom.words_too_long", most=MOST_WORDS)
    points = given.points
    if asked.rubric is not None and given.levels:
        points = points_for(asked.rubric, given.levels)
    set_teacher_mark(
        room,
        work.action.id,
        asked.place,
        mark=points,
        comment=given.comment,
        levels=given.levels,
    )
    return work


def _work(action: Action, mark: Mark, last: Action | None) -> Work:
    own = None if mark.teacher_mark is None else last
    levels = tuple(own.detail.get("levels") or ()) if own else ()
    return Work(
        code=str(action.student),
        action=action,
        mark=mark,
        given=Given(mark.teacher_mark, levels, mark.comment),
        by=own.actor if own else None,
    )
