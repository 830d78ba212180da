"""Marking free answers one after another: what there is, what is marked, giving a mark.

Rules:

- Marked is each student's newest submission, once it was graded: grading runs the tests, and gives
  nothing to an answer that was left as it was.
- A mark given here is a teacher's own mark like any other (`classroom_grading.record_mark`): it
  counts, outlasts grading again, and is an action and an entry of the audit log. Where two mark, it
  is an opinion first (`classroom_opinions`).
- Whoever saves says what they had before their eyes. If that is another mark or another submission
  by now, nothing is saved: nobody overwrites a colleague unseen.
- Where marking is anonymous a work has a pseudonym instead of its student, and an order of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sandbox.domain.classroom import Action, ActionKind, CourseRole, Duty, JobState, Mark
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.marking import MarkingRules, Opinion, Second, pseudonym
from sandbox.domain.rubrics import points_for
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import newest_per_student, submissions
from sandbox.services.classroom_grading import Told, author_of, record_mark
from sandbox.services.classroom_marking_rules import (
    Place,
    hold_marking,
    released_works,
    rules_of,
)
from sandbox.services.classroom_opinions import decide, give_opinion, opinions_of, wants_second
from sandbox.services.classroom_questions import Question
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions, Jobs, Marks

MOST_WORDS: Final = 4000
"""Characters of a comment."""


class Stage(StrEnum):
    """How far a work is, for whoever looks."""

    OPEN = "marking_open"
    WAITS = "marking_waits"
    MODERATION = "marking_moderation"
    DONE = "marking_done"


@dataclass(frozen=True, slots=True)
class Given:
    """What a marker gives an answer.

    Attributes:
        points: None: no mark.
        levels: the chosen levels of the rubric; none when points were typed.
        comment: to the student; a second marker's is for the teacher.
    """

    points: float | None
    levels: tuple[int, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a marker's form says.

    Attributes:
        code: of the work.
        given: what the marker gives it.
        seen: `Work.state` of what they had before their eyes.
        reason: of a decision between two markers.
    """

    code: str
    given: Given
    seen: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One student's answer to a question, as a marker may see it.

    Attributes:
        code: by which the page names it: the student, or a pseudonym.
        name: whose answer it is; None: markers may not know.
        action: the submission.
        mark: as it stands.
        given: by this marker's turn: the mark, or the opinion of the first or second markers.
        by: whose that is; None: nobody's.
        opinions: the first's and the second's, once both are in.
        state: what somebody who looks at it has before their eyes, as a short text.
    """

    code: str
    name: AccountName | None
    action: Action
    mark: Mark
    given: Given
    by: AccountName | None
    stage: Stage
    opinions: tuple[Opinion, ...]
    state: str

    @property
    def marked(self) -> bool:
        """Whether this marker's turn, or the platform, has marked it."""
        return self.given.points is not None or self.mark.mark is not None


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

    @property
    def disputed(self) -> tuple[Work, ...]:
        """On which two markers differ, so that a teacher decides."""
        return tuple(each for each in self.works if each.stage is Stage.MODERATION)

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


def turn_of(room: Room, rules: MarkingRules) -> int:
    """Whether somebody marks first or second; only who is appointed for it marks second."""
    second = rules.second is not Second.NONE and room.person.duty is Duty.SECOND_MARKER
    return 2 if second else 1


def piles(room: Room, assignment: AssignmentName, asked: tuple[Question, ...]) -> dict[Place, Pile]:
    """The answers to some questions; as many questions to the store for one as for many.

    Args:
        room: of a teacher; a second marker gets what is to be marked twice.
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
    desk = _Desk.of(room, assignment)
    done = [each for each in newest if states.get(each.id) is JobState.DONE and each.id in marks]
    found = {}
    for each in asked:
        works = [
            desk.work(action, mark)
            for action in done
            for mark in marks[action.id]
            if (mark.notebook, mark.cell) == each.place and desk.shows(action, mark, marks)
        ]
        works.sort(key=lambda work: work.code if desk.rules.anonymous else work.action.id)
        found[each.place] = Pile(tuple(works), len(newest) - len(done))
    return found


def give(room: Room, assignment: AssignmentName, asked: Question, saved: Saved) -> None:
    """Give an answer a mark, another one, or none; where two mark, an opinion.

    Args:
        room: of a teacher.
        assignment: which.
        asked: the question.
        saved: with levels where the question has a rubric, else with points.

    Raises:
        NotFound: ``marking.no_work``.
        Conflict: ``marking.overtaken``, ``marking.settled``, ``marking.same_person``.
        InvalidInput: ``marking.levels_missing``, ``marking.no_such_level``,
            ``classroom.mark_out_of_range``, ``classroom.words_too_long``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
    """
    room.person.require(CourseRole.TEACHER)
    work, told = _taken_up(room, assignment, asked, saved)
    rules = rules_of(room, assignment)
    if rules.second is Second.NONE or work.mark.mark is not None:
        record_mark(room, work.action, work.mark, told)
    else:
        give_opinion(room, work.action, work.mark, told, turn=turn_of(room, rules))


def settle(room: Room, assignment: AssignmentName, asked: Question, saved: Saved) -> None:
    """Decide what counts when two markers differ; see `give`.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        Conflict, InvalidInput, NotFound: those of `give` and `classroom_opinions.decide`.
    """
    room.person.require_lead()
    work, told = _taken_up(room, assignment, asked, saved)
    decide(room, work.action, work.mark, told, saved.reason, work.opinions)


def _taken_up(
    room: Room, assignment: AssignmentName, asked: Question, saved: Saved
) -> tuple[Work, Told]:
    """The work that somebody saves, held, and what they give by the rubric."""
    hold_marking(room, assignment)
    work, given = piles(room, assignment, (asked,))[asked.place].at(saved.code), saved.given
    if work.state != saved.seen:
        raise Conflict("marking.overtaken")
    if len(given.comment) > MOST_WORDS:
        raise InvalidInput("classroom.words_too_long", most=MOST_WORDS)
    points = given.points
    if asked.rubric is not None and given.levels:
        points = points_for(asked.rubric, given.levels)
    held = Marks(room.u.session).get(work.action.id, *asked.place, lock=True)
    return replace(work, mark=held), Told(points, given.comment, given.levels)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What of an assignment a marker's view is made of, read once."""

    rules: MarkingRules
    turn: int
    opinions: dict[tuple[str, str, str, int], Opinion]
    last: dict[tuple[str, str, str], Action]
    released: frozenset[str]

    @classmethod
    def of(cls, room: Room, assignment: AssignmentName) -> _Desk:
        rules = rules_of(room, assignment)
        given = Actions(room.u.session).all_of(ActionKind.MARKED, room.person.course, assignment)
        return cls(
            rules=rules,
            turn=turn_of(room, rules),
            opinions=opinions_of(room, assignment, rules),
            last={
                (a.detail["submission"], a.detail["notebook"], a.detail["cell"]): a for a in given
            },
            released=released_works(room, assignment) if rules.anonymous else frozenset(),
        )

    def shows(self, action: Action, mark: Mark, marks: dict[str, tuple[Mark, ...]]) -> bool:
        """Whether an answer is this marker's: all are the first's, some the second's."""
        if self.turn == 1:
            return True
        wanted = wants_second(self.rules, action, marks[action.id], self.opinions)
        return mark.mark is None and wanted is True

    def work(self, action: Action, mark: Mark) -> Work:
        """One answer."""
        student, place = AccountName(str(action.student)), (action.id, mark.notebook, mark.cell)
        given, by = self._given(place, mark)
        both = tuple(self.opinions[*place, n] for n in (1, 2) if (*place, n) in self.opinions)
        both = both if len(both) == 2 else ()
        named = not self.rules.anonymous or action.id in self.released
        seen = [self.rules.secret, action.id, str(given.points), list(given.levels), given.comment]
        said = [*seen, str(mark.teacher_mark)] if both else seen
        return Work(
            code=pseudonym(self.rules, student) if self.rules.anonymous else student,
            name=student if named else None,
            action=action,
            mark=mark,
            given=given,
            by=by,
            stage=self._stage(mark, given, both=bool(both)),
            opinions=both,
            state=hashlib.sha256(canonical(said)).hexdigest()[:16],
        )

    def _given(self, place: tuple[str, str, str], mark: Mark) -> tuple[Given, AccountName | None]:
        if self.rules.second is not Second.NONE and mark.mark is None:
            mine = self.opinions.get((*place, self.turn))
            if mine is None:
                return Given(None), None
            return Given(mine.points, mine.levels, mine.comment), mine.author
        last = None if mark.teacher_mark is None else self.last.get(place)
        levels = tuple(last.detail.get("levels") or ()) if last else ()
        return Given(mark.teacher_mark, levels, mark.comment), author_of(last) if last else None

    @staticmethod
    def _stage(mark: Mark, given: Given, *, both: bool) -> Stage:
        if mark.mark is not None or mark.teacher_mark is not None:
            return Stage.DONE
        if both:
            return Stage.MODERATION
        return Stage.OPEN if given.points is None else Stage.WAITS
