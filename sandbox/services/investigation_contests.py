"""Contests of signed scores: a trainee's words, and another person's decision.

Rules: ``domain.investigation_scores``, 3. The decision is an act of a teacher who leads, proved
just then. To change a score is to mark it again: what a machine marked stays as it was reckoned,
and the decider's signature takes the place of the one before, with the reasons.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.domain.classroom import CourseRole, Duty
from sandbox.domain.investigation_scores import (
    Contest,
    ContestState,
    check_contest,
    check_decider,
    check_words,
)
from sandbox.domain.seats import Actor, require_just_proved
from sandbox.kit.errors import Conflict
from sandbox.services import investigation_marking, investigation_signing, investigations
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_marking import Given
from sandbox.services.investigation_results import enter_results, hold
from sandbox.services.investigation_scores import Score, own_score, score_of
from sandbox.store.classroom import Members
from sandbox.store.investigation_score_tables import Contests

MARKED: Final = ("marks", "levels", "comment")
"""What of a signed score a decision can change."""


def contest(room: Room, investigation: str, case: str, words: str) -> Contest:
    """Contest the newest version of the reader's own score.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        InvalidInput: ``score.words_missing``, ``score.words_long``.
        Conflict: ``score.not_signed``, ``score.contested_already``, ``score.contest_late``.
    """
    room.person.require(CourseRole.STUDENT)
    require_open(room.u, room.person.course)
    score = own_score(room, investigation, case, lock=True)
    newest = check_contest(score.signature, score.contests, room.at)
    said = check_words(words, needed=True)
    made = Contests(room.u.session).add(
        Contest(
            case=score.case.id,
            version=newest.version,
            by=room.person.account,
            at=room.at,
            words=said,
            state=ContestState.OPEN,
        )
    )
    told = sorted(each for each in _leads(room) if each not in {v.by for v in score.versions})
    noted = {"case": made.case, "version": made.version, "told": told}
    investigations.note(room, score.investigation, "case_contested", noted)
    return made


def decide(
    room: Room,
    actor: Actor,
    investigation: str,
    case: str,
    *,
    reasons: str,
    given: Given | None = None,
) -> Score:
    """Decide a contest: uphold the score, or change it.

    Args:
        room: of a teacher who leads and signed no version of this score.
        actor: the same person, who proved just now who they are.
        investigation: which.
        case: whose score.
        reasons: for the trainee.
        given: marks that take the place of those before; None: the score stands.

    Returns:
        The score as it is then.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``,
            ``score.own_signature``, ``seat.needs_browser``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``investigation.not_found``.
        InvalidInput: ``score.words_missing``, ``score.words_long``.
        CannotScore: ``scoring.steps_wrong``, ``scoring.given_wrong``.
        Conflict: ``score.no_contest``, ``score.nothing_differs``, ``score.marked_meanwhile``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    score = score_of(room, investigation, case, lock=True)
    hold(room, score.investigation)
    check_decider(room.person.account, score.versions)
    found = score.contest
    if found is None or not score.contested:
        raise Conflict("score.no_contest")
    said = check_words(reasons, needed=True)
    if given is not None:
        if given.seen != len(score.opinions):
            raise Conflict("score.marked_meanwhile")
        investigation_marking.add(room, score, replace(given, asks=""))
    require_just_proved(actor, room.at)
    state = ContestState.UPHELD if given is None else ContestState.CHANGED
    _close(room, replace(found, state=state, reasons=said))
    if given is not None:
        again = score_of(room, investigation, case)
        fresh, before = investigation_signing.draft(again), score.versions[0].content
        if all(fresh[name] == before.get(name) for name in MARKED):
            raise Conflict("score.nothing_differs")
        investigation_signing.keep(room, again, said)
    noted = {"case": case, "student": score.case.trainee, "state": state.value}
    investigations.note(room, score.investigation, "case_contest_decided", noted)
    if given is not None:
        enter_results(room, score.investigation, score.case)
    return score_of(room, investigation, case)


def _close(room: Room, decided: Contest) -> None:
    Contests(room.u.session).save(
        replace(decided, decided_by=room.person.account, decided_at=room.at)
    )


def _leads(room: Room) -> frozenset[str]:
    """Who could decide, as far as the course knows."""
    members = Members(room.u.session).of_course(room.person.course, room.at)
    return frozenset(
        each.account
        for each in members
        if each.role is CourseRole.TEACHER and each.duty in {None, Duty.SUBSTITUTE}
    )
