"""Delegations on the desk: made, ended, and asked about wherever two persons are needed.

Rules: ``domain.delegations``. Whom an act counts as is worked out from the delegations that held
when it was done; they are never deleted and only ever end earlier, from now on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.domain.delegations import Delegation, counts_as, one_person, require_possible
from sandbox.domain.records import Account, PermitFile
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import FileId, PersonId
from sandbox.services.access import readable_file, require_competent
from sandbox.services.acts import earlier, remember
from sandbox.services.people import written
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class Delegate:
    """Delegate one's seat: in one file, or in all where ``file`` is empty; end not included."""

    taker: str
    starts: datetime
    ends: datetime
    reasons: str
    file: str = ""
    key: str | None = None


@dataclass(frozen=True)
class EndDelegation:
    """End a delegation now; both who gave and who took it may."""

    delegation: str
    key: str | None = None


@dataclass(frozen=True)
class DelegationView:
    """One line: ``state`` is ``now``, ``coming`` or ``over``; ``may_end``: this reader may."""

    delegation: Delegation
    giver: str
    taker: str
    state: str
    may_end: bool


def delegate(u: UnitOfWork, actor: Actor, command: Delegate, *, at: datetime) -> str:
    """Delegate one's seat.

    Returns:
        The delegation's id.

    Raises:
        InvalidInput: ``text.empty``, ``delegation.*``.
        NotFound: ``file.not_found``.
        NotAllowed: ``seat.*``, ``authority.reads_only``.
        Conflict: ``delegation.passes_on``, ``delegation.there_already``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "delegate", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    file: FileId | None = None
    if command.file:
        found = readable_file(u, actor, command.file)
        require_competent(actor, found)
        file = found.id
    giver = u.accounts.get(actor.account)
    span = Span(command.starts, command.ends, file)
    made = make_delegation(u, actor, giver, command.taker, span, reasons, at=at)
    remember(u, actor, "delegate", command.key, made, at=at)
    return made


@dataclass(frozen=True)
class Span:
    """From when to when, and in which file; None for all."""

    starts: datetime
    ends: datetime
    file: FileId | None = None


def make_delegation(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    giver: Account,
    taker_name: str,
    span: Span,
    reasons: str,
    *,
    at: datetime,
) -> str:
    """Delegate a regulator's seat; whoever calls has checked that the actor may.

    Args:
        u: a writing unit of work.
        actor: the giver, or the chair for a colleague who cannot.
        giver: whose seat.
        taker_name: the colleague's account.
        span: when and where.
        reasons: why.
        at: now.

    Returns:
        The delegation's id.

    Raises:
        InvalidInput: ``delegation.*``.
        Conflict: ``delegation.passes_on``, ``delegation.there_already``.
    """
    taker = u.accounts.find(taker_name[:32])
    able = taker is not None and taker.active and taker.org == giver.org
    if taker is None or not able or Right.DECIDE not in rights_of(frozenset(taker.seats)):
        raise InvalidInput("delegation.no_colleague", account=taker_name[:32])
    assert giver.org is not None
    u.delegations.lock(giver.org)
    made = Delegation(
        id=uuid.uuid4().hex,
        authority=giver.org,
        giver=giver.name,
        giver_person=giver.person,
        taker=taker.name,
        taker_person=taker.person,
        file=span.file,
        reasons=reasons,
        starts=max(utc(span.starts), at),
        ends=utc(span.ends),
        made_at=at,
    )
    require_possible(made, u.delegations.of(giver.org))
    u.delegations.add(made)
    _note(u, "delegation.made", actor, made, at)
    return made.id


def end_delegation(u: UnitOfWork, actor: Actor, command: EndDelegation, *, at: datetime) -> str:
    """End a delegation from now on.

    Raises:
        NotFound: ``delegation.not_found``, also when it is between others.
        Conflict: ``delegation.over``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "end_delegation", command.key)
    if done is not None:
        return done
    found = u.delegations.find(command.delegation[:40], lock=True)
    if found is None or actor.person not in {found.giver_person, found.taker_person}:
        raise NotFound("delegation.not_found", id=command.delegation[:40])
    if found.ends <= at:
        raise Conflict("delegation.over")
    _end(u, actor, found, at)
    remember(u, actor, "end_delegation", command.key, found.id, at=at)
    return found.id


def end_of_person(u: UnitOfWork, actor: Actor, person: PersonId, *, at: datetime) -> list[str]:
    """End every delegation by or to somebody who leaves; which they were."""
    columns = u.delegations.columns
    found = u.delegations.select(
        (columns.giver_person == person) | (columns.taker_person == person), columns.ends > at
    )
    for each in found:
        _end(u, actor, each, at)
    return [each.id for each in found]


def list_delegations(
    u: UnitOfWork, actor: Actor, *, at: datetime
) -> tuple[tuple[DelegationView, ...], tuple[tuple[str, str], ...]]:
    """An authority's delegations, and to whom the reader may delegate.

    Raises:
        NotFound: ``web.not_found`` for everybody who is no regulator.
    """
    if Right.DECIDE not in rights_of(actor.seats) or actor.org is None:
        raise NotFound("web.not_found")
    known = u.delegations.of(actor.org)
    names = written(u, {name for each in known for name in (each.giver, each.taker)})
    colleagues = tuple(
        (each.name, each.display_name)
        for each in u.accounts.of_org(actor.org)
        if each.person != actor.person and Right.DECIDE in rights_of(frozenset(each.seats))
    )
    views = tuple(
        DelegationView(
            each,
            names[each.giver],
            names[each.taker],
            "over" if each.ends <= at else "coming" if at < each.starts else "now",
            each.ends > at and actor.person in {each.giver_person, each.taker_person},
        )
        for each in known
    )
    return views, colleagues


def stands_for(u: UnitOfWork, actor: Actor, file: PermitFile, *, at: datetime) -> tuple[str, ...]:
    """For whom an actor acts in a file now, by account."""
    if actor.org is None or file.authority != actor.org:
        return ()
    return tuple(
        each.giver
        for each in u.delegations.of(actor.org)
        if each.taker_person == actor.person and each.covers(file.id, at)
    )


def require_two(
    u: UnitOfWork, file: PermitFile, first: tuple[PersonId, datetime], actor: Actor, *, at: datetime
) -> None:
    """Refuse a second signature by anybody whom the first one counts as.

    Args:
        u: a unit of work.
        file: in which file.
        first: who signed first, and when.
        actor: who would sign now.
        at: now.

    Raises:
        NotAllowed: ``delegation.one_person``.
    """
    if not are_two(u, file, first, actor, at=at):
        raise NotAllowed("delegation.one_person")


def are_two(
    u: UnitOfWork, file: PermitFile, first: tuple[PersonId, datetime], actor: Actor, *, at: datetime
) -> bool:
    """Whether the actor would be a second person now: as ``require_two``, for what is offered."""
    known = u.delegations.of(file.authority)
    before = counts_as(known, first[0], file.id, first[1])
    return not one_person(before, counts_as(known, actor.person, file.id, at))


def _end(u: UnitOfWork, actor: Actor, found: Delegation, at: datetime) -> None:
    ended = replace(found, ends=max(at, found.starts), ended_by=actor.account)
    _note(u, "delegation.ended", actor, u.delegations.save(ended), at)


def _note(u: UnitOfWork, kind: str, actor: Actor, found: Delegation, at: datetime) -> None:
    data: dict[str, Any] = {
        "delegation": found.id,
        "by": found.giver,
        "to": found.taker,
        "file": found.file,
        "starts": found.starts.isoformat(),
        "ends": found.ends.isoformat(),
        "reasons": found.reasons,
    }
    u.audit.append(kind=kind, actor=actor.account, subject=found.authority, data=data, at=at)
