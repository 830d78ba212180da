"""The duty roster: who confirms or lifts what the clock did, from when to when.

Rules: a duty is a regulator's, entered by another regulator; it is at most 31 days; several may be
on duty at once; a duty may be ended early by any regulator. An authority has a roster of its own;
its officers act in its files. Every change is an audit entry.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.life import Duty
from sandbox.domain.seats import Actor, Right, require, require_act_of_law, rights_of
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName, OrgId
from sandbox.services.acts import earlier, remember
from sandbox.store import UnitOfWork

LONGEST: Final = timedelta(days=31)


@dataclass(frozen=True)
class EnterDuty:
    """Name a duty officer, from when to when (the end is not part of it)."""

    account: str
    starts: datetime
    ends: datetime
    key: str | None = None


@dataclass(frozen=True)
class EndDuty:
    """End a duty now, or take a coming one out."""

    duty: str
    key: str | None = None


@dataclass(frozen=True)
class DutyView:
    """One line of the roster."""

    id: str
    account: str
    name: str
    starts: datetime
    ends: datetime
    entered_by: str
    now: bool


def enter_duty(u: UnitOfWork, actor: Actor, command: EnterDuty, *, at: datetime) -> str:
    """Enter a duty.

    Returns:
        Its id.

    Raises:
        InvalidInput: ``duty.wrong_span``, ``duty.no_officer``.
        NotAllowed: ``duty.not_oneself``, ``seat.*``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "enter_duty", command.key)
    if done is not None:
        return done
    starts, ends = utc(command.starts), utc(command.ends)
    if ends <= max(starts, at) or ends - starts > LONGEST:
        raise InvalidInput("duty.wrong_span", days=LONGEST.days)
    officer = u.accounts.find(command.account[:32])
    able = officer is not None and officer.active
    may = officer is not None and Right.INTERVENE in rights_of(frozenset(officer.seats))
    if officer is None or not able or not may or officer.org != actor.org:
        raise InvalidInput("duty.no_officer", account=command.account[:32])
    if officer.person == actor.person:
        raise NotAllowed("duty.not_oneself")
    duty = u.duties.add(
        Duty(
            id=uuid.uuid4().hex,
            account=officer.name,
            starts=starts,
            ends=ends,
            entered_by=actor.account,
            entered_at=at,
        )
    )
    data = {"officer": officer.name, "starts": starts.isoformat(), "ends": ends.isoformat()}
    u.audit.append(kind="duty.entered", actor=actor.account, subject=duty.id, data=data, at=at)
    remember(u, actor, "enter_duty", command.key, duty.id, at=at)
    return duty.id


def end_duty(u: UnitOfWork, actor: Actor, command: EndDuty, *, at: datetime) -> str:
    """End a duty.

    Raises:
        NotFound: ``duty.not_found``.
        Conflict: ``duty.over``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "end_duty", command.key)
    if done is not None:
        return done
    duty = u.duties.get(command.duty[:40], lock=True)
    if u.accounts.get(duty.account).org != actor.org:
        raise NotFound("duty.not_found", id=duty.id)
    if duty.ends <= at:
        raise Conflict("duty.over", ended=duty.ends.isoformat())
    ends = max(at, duty.starts)
    u.duties.save(replace(duty, ends=ends, ended_by=actor.account))
    data = {"officer": duty.account, "ends": ends.isoformat()}
    u.audit.append(kind="duty.ended", actor=actor.account, subject=duty.id, data=data, at=at)
    remember(u, actor, "end_duty", command.key, duty.id, at=at)
    return duty.id


def roster(u: UnitOfWork, actor: Actor, *, at: datetime) -> tuple[DutyView, ...]:
    """Present and coming duties; for the authorities only.

    Raises:
        NotAllowed: ``seat.right_missing``.
    """
    require(actor, Right.SEE_ALL_FILES)
    every = Right.SEE_EVERY_AUTHORITY in rights_of(actor.seats)
    names = {
        each.name: each.display_name for each in u.accounts.all() if every or each.org == actor.org
    }
    return tuple(
        DutyView(
            id=each.id,
            account=each.account,
            name=names[each.account],
            starts=each.starts,
            ends=each.ends,
            entered_by=each.entered_by,
            now=each.starts <= at,
        )
        for each in u.duties.from_now(at)
        if each.ends > each.starts and each.account in names
    )


def officers(u: UnitOfWork, actor: Actor) -> tuple[tuple[AccountName, str], ...]:
    """Who may be named: other active regulators of the reader's authority, account and name."""
    return tuple(
        (each.name, each.display_name)
        for each in (u.accounts.of_org(actor.org) if actor.org else ())
        if each.person != actor.person and Right.INTERVENE in rights_of(frozenset(each.seats))
    )


def officers_of(u: UnitOfWork, authority: OrgId | None, at: datetime) -> tuple[AccountName, ...]:
    """An authority's duty officers now."""
    named = u.accounts.named({each.account for each in u.duties.on_duty(at)})
    return tuple(sorted(each.name for each in named.values() if each.org == authority))


def on_duty(u: UnitOfWork, actor: Actor, at: datetime) -> bool:
    """Whether an actor is duty officer now."""
    return actor.account in {each.account for each in u.duties.on_duty(at)}


def require_on_duty(u: UnitOfWork, actor: Actor, at: datetime) -> None:
    """Refuse whoever is not duty officer now.

    Raises:
        NotAllowed: ``duty.not_on_duty``.
    """
    if not on_duty(u, actor, at):
        raise NotAllowed("duty.not_on_duty")
