"""A person's part of marks: the parts that no machine marks, one answer after another.

Rules:

1. For everybody who teaches the course. Answers are told apart by codes and stand in the order of
   these; whose they are is not said here. Names are met where a score is signed.
2. One form marks all of a person's parts, by the steps (``forensics.scoring.steps``); the
   method's checklist may be confirmed as it is instead.
3. What the marker saw travels with the form: marks that changed meanwhile refuse it.
4. A second look is asked for with a reason, and given by somebody else. Until then nothing is
   signed.
5. While a contest is open, only its decision marks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.domain.investigation_scores import Opinion, Stage, check_words
from sandbox.forensics.scoring import Mark, completed, share_of
from sandbox.kit.errors import Conflict, NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services import investigations
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_scores import Score, all_scores
from sandbox.store.investigation_score_tables import CaseOpinions


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gives.

    Attributes:
        levels: by part and step.
        as_is: parts whose checklist is confirmed; their levels count for nothing.
        comment: to the trainee.
        asks: why somebody else should look as well; empty: nobody has to.
        seen: how many opinions there were on the page.
    """

    levels: Mapping[str, Mapping[str, int]]
    as_is: frozenset[str]
    comment: str
    asks: str
    seen: int


@dataclass(frozen=True, slots=True)
class Pile:
    """The answers of an investigation that a person marks, by code."""

    scores: tuple[Score, ...]

    @property
    def marked(self) -> int:
        """How many need nothing more of a marker."""
        return sum(each.stage in {Stage.TO_SIGN, Stage.SIGNED} for each in self.scores)

    def at(self, code: str) -> Score:
        """One of them.

        Raises:
            NotFound: ``investigation.not_found``.
        """
        for each in self.scores:
            if each.code == code:
                return each
        raise NotFound("investigation.not_found", id=code[:20])

    def next_open(self, who: AccountName, after: str = "") -> Score | None:
        """The next that this person can mark, from a code on and around."""
        waits = [each for each in self.scores if can_mark_next(each, who)]
        return next((each for each in waits if each.code > after), next(iter(waits), None))


def pile(room: Room, investigation: str) -> Pile:
    """What there is to mark.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``.
    """
    found = [
        each
        for each in all_scores(room, investigation)
        if parts_of(each) and not any(signed.reduced_at for signed in each.versions)
    ]
    return Pile(tuple(sorted(found, key=lambda each: each.code)))


def parts_of(score: Score) -> tuple[Mark, ...]:
    """The parts that a person marks, as the machine left them."""
    marks = score.machine
    return tuple(each for each in marks.parts if each.by != "machine") if marks else ()


def can_mark_next(score: Score, who: AccountName) -> bool:
    """Whether it waits for this person's marks."""
    newest = score.opinion
    if score.stage is Stage.SECOND:
        return newest is not None and newest.author != who
    return score.stage is Stage.TO_MARK


def give(room: Room, investigation: str, code: str, given: Given) -> Score:
    """Keep a person's marks of an answer.

    Args:
        room: of a teacher.
        investigation: which.
        code: of the answer.
        given: the marks.

    Returns:
        The score as it was before.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``course.archived``, ``score.second_by_another``.
        NotFound: ``investigation.not_found``.
        InvalidInput: ``score.words_long``.
        CannotScore: ``scoring.steps_wrong``, ``scoring.given_wrong``.
        Conflict: ``score.marked_meanwhile``, ``score.contest_open``.
    """
    require_open(room.u, room.person.course)
    found = pile(room, investigation).at(code)
    investigations.of_a_trainee(room, investigation, found.case.id, lock=True)
    score = pile(room, investigation).at(code)
    if score.contested:
        raise Conflict("score.contest_open")
    if len(score.opinions) != given.seen:
        raise Conflict("score.marked_meanwhile")
    newest = score.opinion
    if newest is not None and newest.asks and newest.author == room.person.account:
        raise NotAllowed("score.second_by_another")
    add(room, score, given)
    return score


def add(room: Room, score: Score, given: Given) -> Opinion:
    """Keep checked marks of a score that the caller holds.

    Raises:
        InvalidInput: ``score.words_long``.
        CannotScore: ``scoring.steps_wrong``, ``scoring.given_wrong``.
        Conflict: ``score.unreckoned``.
    """
    machine = score.machine
    if machine is None:
        raise Conflict("score.unreckoned")
    levels, shares = {}, {}
    for part in sorted(each.part for each in parts_of(score)):
        confirmed = part in given.as_is
        levels[part] = {} if confirmed else dict(given.levels.get(part, {}))
        shares[part] = None if confirmed else share_of(part, levels[part])
    completed(machine, shares)
    made = CaseOpinions(room.u.session).add(
        Opinion(
            case=score.case.id,
            number=len(score.opinions) + 1,
            author=room.person.account,
            at=room.at,
            levels=levels,
            comment=check_words(given.comment, needed=False),
            asks=check_words(given.asks, needed=False),
        )
    )
    said = {"case": made.case, "number": made.number, "levels": levels, "second": bool(made.asks)}
    investigations.note(room, score.investigation, "case_marked", said)
    return made
