"""Marking by two: opinions, what they settle, and a teacher's decision where they differ.

Rules:

- The first opinion is that of the course's teachers and assistants, the second that of who is
  appointed as a second marker; nobody gives both, by whatever account. Neither sees the other's
  before both are in.
- What is settled becomes the mark: the first's at once where no second is wanted; what counts of
  two that agree; a teacher's decision, with a reason, where they do not. Until then none. Neither
  of the two decides, by whatever account.
- When both are in, neither changes any more. Every opinion, and every decision, is an action and an
  entry of the audit log; the mark says whose it is and who checked it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sandbox.domain.classroom import Action, ActionKind, Mark, counted
from sandbox.domain.course_time import said
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.marking import (
    MarkingRules,
    Opinion,
    Second,
    agreed_points,
    drawn,
    near_border,
)
from sandbox.domain.rubrics import exact_sum
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_grading import Told, record_mark
from sandbox.services.classroom_marking_rules import rules_of
from sandbox.services.classroom_room import Room, act
from sandbox.store.classroom import Marks
from sandbox.store.marking_tables import Opinions

Known = Mapping[tuple[str, str, str, int], Opinion]
"""Opinions by submission, notebook, cell and turn."""


def opinions_of(
    room: Room, assignment: AssignmentName, rules: MarkingRules
) -> dict[tuple[str, str, str, int], Opinion]:
    """All opinions of an assignment; none where one person marks."""
    if rules.second is Second.NONE:
        return {}
    return Opinions(room.u.session).of_assignment(room.person.course, assignment)


def wants_second(
    rules: MarkingRules, work: Action, marks: tuple[Mark, ...], known: Known
) -> bool | None:
    """Whether a work is to be marked twice; None: that shows when it was marked first.

    Args:
        rules: of the assignment.
        work: the submission.
        marks: of all its cells.
        known: opinions.
    """
    if rules.second is Second.SAMPLE:
        return drawn(rules, AccountName(str(work.student)))
    if rules.second is Second.NONE:
        return False
    free = [each for each in marks if each.mark is None]
    first = [known.get((work.id, each.notebook, each.cell, 1)) for each in free]
    if None in first:
        return None
    tests = [counted(each) for each in marks if each.mark is not None]
    score = exact_sum([*tests, *(each.points for each in first if each)])
    return near_border(rules, score, exact_sum(each.points for each in marks))


def give_opinion(room: Room, work: Action, mark: Mark, told: Told, *, turn: int) -> None:
    """Give an opinion, another one, or take it back; and settle what can be settled.

    Args:
        room: of a marker whose turn it is.
        work: the submission.
        mark: of the answer, as it stands.
        told: points, or none; comment and levels.
        turn: 1 or 2.

    Raises:
        Conflict: ``marking.settled``: both are in; ``marking.same_person``.
        InvalidInput: ``classroom.mark_out_of_range``.
    """
    rules = rules_of(room, work.assignment)
    known = opinions_of(room, work.assignment, rules)
    place = (work.id, mark.notebook, mark.cell)
    mine, other = known.get((*place, turn)), known.get((*place, 3 - turn))
    if mine and other:
        raise Conflict("marking.settled")
    if other and _same_person(room, other.author):
        raise Conflict("marking.same_person")
    if told.mark is not None and not 0 <= told.mark <= mark.points:
        raise InvalidInput(
            "classroom.mark_out_of_range", mark=str(told.mark), points=str(mark.points)
        )
    store = Opinions(room.u.session)
    if mine:
        store.remove(mine)
    if told.mark is not None:
        store.add(_opinion(room, work, mark, told, turn=turn))
    detail = {
        "submission": work.id,
        "notebook": mark.notebook,
        "cell": mark.cell,
        "turn": turn,
        "mark": None if told.mark is None else str(told.mark),
        "before": None if mine is None else str(mine.points),
        "levels": list(told.levels),
    }
    act(room, ActionKind.OPINION_GIVEN, work.assignment, student=work.student, detail=detail)
    _settle(room, work, rules)


def decide(
    room: Room, work: Action, mark: Mark, told: Told, reason: str, both: tuple[Opinion, ...]
) -> None:
    """Decide what counts when two markers differ.

    Args:
        room: of a teacher of the course.
        work: the submission.
        mark: of the answer, held.
        told: what counts, with the comment to the student.
        reason: why.
        both: the first's opinion and the second's.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``; ``marking.own_decision``
            to either of the two.
        Conflict: ``marking.not_both``.
        InvalidInput: ``classroom.no_reason``, ``classroom.words_too_long``,
            ``classroom.mark_out_of_range``, ``marking.points``.
    """
    room.person.require_lead()
    if not both:
        raise Conflict("marking.not_both")
    if took_part(room, both):
        raise NotAllowed("marking.own_decision")
    words = said(reason, empty="classroom.no_reason")
    if told.mark is None:
        raise InvalidInput("marking.points", points=mark.points)
    first, second = both
    detail = {
        "submission": work.id,
        "notebook": mark.notebook,
        "cell": mark.cell,
        "first": str(first.points),
        "first_by": first.author,
        "second": str(second.points),
        "second_by": second.author,
        "mark": str(told.mark),
        "reason": words,
    }
    act(room, ActionKind.MARK_MODERATED, work.assignment, student=work.student, detail=detail)
    about = {"first_by": first.author, "second_by": second.author}
    record_mark(room, work, mark, Told(told.mark, told.comment, told.levels, about))


def took_part(room: Room, opinions: Iterable[Opinion]) -> bool:
    """Whether one of some opinions is the reader's, by this or another account of theirs."""
    return any(_same_person(room, each.author) for each in opinions)


def _same_person(room: Room, other: AccountName) -> bool:
    """Whether an account is the marker's own, or another one of the same person."""
    accounts = room.u.accounts
    return accounts.get(other).person == accounts.get(room.person.account).person


def _opinion(room: Room, work: Action, mark: Mark, told: Told, *, turn: int) -> Opinion:
    return Opinion(
        submission=work.id,
        notebook=mark.notebook,
        cell=mark.cell,
        turn=turn,
        course=work.course,
        assignment=work.assignment,
        author=room.person.account,
        at=room.at,
        points=float(told.mark or 0),
        levels=told.levels,
        comment=told.comment,
    )


def _settle(room: Room, work: Action, rules: MarkingRules) -> None:
    """Make marks of what is settled in a work, and none of what is not any more."""
    known = opinions_of(room, work.assignment, rules)
    marks = Marks(room.u.session).of(work.id)
    wanted = wants_second(rules, work, marks, known)
    for mark in marks:
        if mark.mark is None:
            place = (work.id, mark.notebook, mark.cell)
            first, second = known.get((*place, 1)), known.get((*place, 2))
            if first and second:
                _settle_two(room, work, mark, rules, (first, second))
            else:
                _settle_one(room, work, mark, first if wanted is False else None)


def _settle_one(room: Room, work: Action, mark: Mark, first: Opinion | None) -> None:
    if first is not None:
        about = {"given_by": first.author}
        record_mark(room, work, mark, Told(first.points, first.comment, first.levels, about))
    elif mark.teacher_mark is not None:
        record_mark(room, work, mark, Told(None, ""))


def _settle_two(
    room: Room, work: Action, mark: Mark, rules: MarkingRules, both: tuple[Opinion, Opinion]
) -> None:
    first, second = both
    points = agreed_points(rules, first.points, second.points)
    if points is None or mark.teacher_mark is not None:
        return
    levels = first.levels if points == first.points else ()
    about = {"given_by": first.author, "checked_by": second.author}
    record_mark(room, work, mark, Told(points, first.comment, levels, about))
