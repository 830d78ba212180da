"""How an assignment's free answers are marked, and who may see whose they are.

Rules: ``domain.marking``. The course's teachers set them before the first mark of a free answer;
they stand in the list of actions, their secret number in no log. Anonymity of one work
ends when its feedback is released; of all of them when a teacher of the course lifts it, with a
reason that is in the audit log.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.domain.classroom import Action, ActionKind
from sandbox.domain.course_time import said
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.marking import Agreed, MarkingRules, Second
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.services.classroom_room import Room, act
from sandbox.store.classroom import Actions
from sandbox.store.repositories import lock_name
from sandbox.store.unit import UnitOfWork

Place = tuple[str, str]
"""Notebook and cell."""


def rules_of(room: Room, assignment: AssignmentName) -> MarkingRules:
    """The rules that hold now; not anonymous any more once that was lifted."""
    return _rules_in(room.u, room.person.course, assignment)


def _rules_in(u: UnitOfWork, course: CourseName, assignment: AssignmentName) -> MarkingRules:
    actions = Actions(u.session)
    found = actions.newest(ActionKind.MARKING_SET, course, assignment)
    if found is None:
        return MarkingRules()
    rules = _read(found.detail)
    if actions.newest(ActionKind.ANONYMITY_LIFTED, course, assignment) is not None:
        return replace(rules, anonymous=False)
    return rules


def lifting(room: Room, assignment: AssignmentName) -> Action | None:
    """Who lifted the anonymity of an assignment, when and why; None: nobody did."""
    kind = ActionKind.ANONYMITY_LIFTED
    return Actions(room.u.session).newest(kind, room.person.course, assignment)


def fixed(room: Room, assignment: AssignmentName, places: Iterable[Place]) -> bool:
    """Whether a free answer was marked, so that the rules cannot change any more.

    Args:
        room: of a teacher.
        assignment: which.
        places: of its questions.
    """
    wanted, actions = set(places), Actions(room.u.session)
    return any(
        (each.detail["notebook"], each.detail["cell"]) in wanted
        for kind in (ActionKind.MARKED, ActionKind.OPINION_GIVEN)
        for each in actions.all_of(kind, room.person.course, assignment)
    )


def hold_marking(room: Room, assignment: AssignmentName) -> None:
    """Let nobody else set rules or give a mark of an assignment until the transaction ends."""
    lock_name(room.u.session, f"marking:{room.person.course}:{assignment}")


def set_rules(
    room: Room, assignment: AssignmentName, rules: MarkingRules, places: Iterable[Place]
) -> None:
    """Say how an assignment is marked; the same again changes nothing.

    Args:
        room: of a teacher of the course.
        assignment: a released one.
        rules: the secret in them is not looked at.
        places: of its questions.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        Conflict: ``marking.fixed``, ``marking.lifted``.
        InvalidInput: ``marking.rules``.
    """
    room.person.require_lead()
    rules.check()
    hold_marking(room, assignment)
    before = rules_of(room, assignment)
    if replace(rules, secret=before.secret) == before:
        return
    if fixed(room, assignment, places):
        raise Conflict("marking.fixed")
    if lifting(room, assignment) is not None:
        raise Conflict("marking.lifted")
    secret = before.secret or secrets.token_hex(16)
    act(room, ActionKind.MARKING_SET, assignment, detail=_written(rules) | {"secret": secret})


def lift(room: Room, assignment: AssignmentName, reason: str) -> None:
    """Show names from now on; it cannot be undone.

    Args:
        room: of a teacher of the course.
        assignment: one that is marked anonymously.
        reason: stands in the list of actions and in the audit log.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        Conflict: ``marking.not_anonymous``.
        InvalidInput: ``classroom.no_reason``, ``classroom.words_too_long``.
    """
    room.person.require_lead()
    hold_marking(room, assignment)
    if not rules_of(room, assignment).anonymous:
        raise Conflict("marking.not_anonymous")
    words = said(reason, empty="classroom.no_reason")
    act(room, ActionKind.ANONYMITY_LIFTED, assignment, detail={"reason": words})


def released_works(room: Room, assignment: AssignmentName) -> frozenset[str]:
    """The submissions whose feedback is released."""
    return _released_in(room.u, room.person.course, assignment)


def _released_in(u: UnitOfWork, course: CourseName, assignment: AssignmentName) -> frozenset[str]:
    found = Actions(u.session).all_of(ActionKind.FEEDBACK_RELEASED, course, assignment)
    return frozenset(str(each.detail["submission"]) for each in found)


def hidden_works(room: Room, assignment: AssignmentName, works: Iterable[str]) -> frozenset[str]:
    """Those of some submissions of an assignment of which markers may not learn whose they are."""
    return hidden_in(room.u, room.person.course, assignment, works)


def hidden_in(
    u: UnitOfWork, course: CourseName, assignment: AssignmentName, works: Iterable[str]
) -> frozenset[str]:
    """The same, in a course that need not be the reader's."""
    if not _rules_in(u, course, assignment).anonymous:
        return frozenset()
    return frozenset(works) - _released_in(u, course, assignment)


def is_hidden(room: Room, work: Action) -> bool:
    """Whether markers may not learn whose a submission is."""
    return bool(hidden_works(room, work.assignment, [work.id]))


def require_named(room: Room, work: Action) -> None:
    """Refuse to show, by its student's name, work that is marked anonymously.

    Raises:
        NotAllowed: ``marking.anonymous``.
    """
    if is_hidden(room, work):
        raise NotAllowed("marking.anonymous")


def require_plain(room: Room, work: Action) -> None:
    """Refuse a mark of a free answer that passes by its page, where that has rules.

    Raises:
        NotAllowed: ``marking.on_its_page``.
    """
    rules = rules_of(room, work.assignment)
    if rules.anonymous or rules.second is not Second.NONE:
        raise NotAllowed("marking.on_its_page")


def _written(rules: MarkingRules) -> dict[str, Any]:
    return {
        "anonymous": rules.anonymous,
        "second": rules.second.value,
        "percent": rules.percent,
        "border": rules.border,
        "near": rules.near,
        "tolerance": str(rules.tolerance),
        "agreed": rules.agreed.value,
    }


def _read(detail: Any) -> MarkingRules:
    return MarkingRules(
        anonymous=detail["anonymous"],
        second=Second(detail["second"]),
        percent=detail["percent"],
        border=detail["border"],
        near=detail["near"],
        tolerance=float(detail["tolerance"]),
        agreed=Agreed(detail["agreed"]),
        secret=detail["secret"],
    )
