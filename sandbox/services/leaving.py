"""A membership ended in one act, and the receipt of it.

Rules: ``domain.leaving``.

1. Accounts, sessions, permit keys, duties and open work end in one transaction with the audit
   entries; the gateway is told before the request is answered. Of one organisation one membership
   ends at a time: its row is held, so that two who leave at once are not both the last but one.
2. Two rows of the outbox, one for the gateway and one for the hub, are tried until each has taken
   effect; neither waits for the other (``leaving_outside``).
3. Open work of a regulator (alerts, contract reviews) goes to the named colleague where that
   colleague may have it, else to nobody; proposals that were signed stand. So do reports of the
   intelligence service, of which neither receipt nor audit log tells.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.alerts.cases import AlertState
from sandbox.domain.leaving import (
    Departure,
    may_end,
    require_owner_left,
    require_regulators_left,
)
from sandbox.domain.records import Account
from sandbox.domain.review import OPEN
from sandbox.domain.seats import Actor, Right, Seat, require, require_act_of_law, rights_of
from sandbox.domain.suspicion import ReportState
from sandbox.domain.words import KeyKind, OrganisationKind
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName, OrgId
from sandbox.services.acts import earlier, remember
from sandbox.services.committee_members import committee_now
from sandbox.services.contract_reviews import fit_reviewers
from sandbox.services.delegations import end_of_person
from sandbox.services.keys import push_keys
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork

AT_GATEWAY: Final = "membership.gateway"
AT_HUB: Final = "membership.hub"
ASSIGNED: Final = "str.assigned"
"""In the record of supervision: a report has another officer, or none."""
LISTED: Final = 50
MOST_REVIEWS: Final = 500


@dataclass(frozen=True)
class EndMembership:
    """End a person's membership of the organisation that an account belongs to.

    Attributes:
        account: one of the person's accounts there.
        reasons: why.
        successor: the account that owns the organisation afterwards, or has a regulator's open
            work; empty for none.
    """

    account: str
    reasons: str
    successor: str = ""
    key: str | None = None


@dataclass(frozen=True)
class Member:
    """An active account as the page of members shows it."""

    account: AccountName
    name: str
    org: OrgId
    org_name: str
    seats: tuple[str, ...]
    keys: int
    own: bool


def end_membership(
    u: UnitOfWork, actor: Actor, command: EndMembership, *, at: datetime, ports: Ports
) -> str:
    """End a membership.

    Returns:
        The departure's id.

    Raises:
        NotFound: ``account.not_found``, also when it is not the actor's to end.
        InvalidInput: ``text.empty``, ``leaving.successor_unknown``.
        Conflict: ``leaving.last_owner``, ``leaving.last_regulators``, ``leaving.last_officers``,
            ``leaving.in_committee``.
        NotAllowed: ``seat.*``.
    """
    require_act_of_law(actor, Right.MANAGE_MEMBERS, at)
    done = earlier(u, actor, "end_membership", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    account, members = _locked(u, command.account[:32])
    if account is None or account.org is None or not may_end(actor, account, owned=_owned(members)):
        raise NotFound("account.not_found", id=command.account[:32])
    leaving = [each for each in members if each.person == account.person]
    successor = _successor(members, command.successor)
    require_owner_left(leaving, members, successor)
    org = u.organisations.get(account.org)
    if org.kind is OrganisationKind.AUTHORITY:
        require_regulators_left(leaving, members)
    sits = {each.person for each in committee_now(u, account.org, at)}
    if account.person in sits:
        raise Conflict("leaving.in_committee")
    departure = Departure(
        id=uuid.uuid4().hex,
        org=account.org,
        person=account.person,
        name=account.display_name,
        accounts=tuple(each.name for each in leaving),
        reasons=reasons,
        ended_by=actor.account,
        ended_at=at,
        successor=successor.name if successor else None,
        done={
            "keys": _end_keys(u, actor, leaving, at),
            "sessions": u.sessions.end_of([each.name for each in leaving]),
            "passkeys": _end_passkeys(u, leaving),
            "webhooks": _webhooks_of(u, leaving),
            "duties": _end_duties(u, actor, leaving, at),
            "delegations": end_of_person(u, actor, account.person, at=at),
            "alerts": _pass_alerts(u, leaving, successor),
            "reviews": _pass_reviews(u, leaving, successor),
        },
    )
    _pass_reports(u, actor, leaving, successor, at)
    for each in leaving:
        u.accounts.save(replace(each, active=False))
        u.sign_ins.remove(each.name)
    if successor is not None and _owned(leaving) and Seat.OWNER not in successor.seats:
        u.accounts.save(replace(successor, seats=(*successor.seats, Seat.OWNER)))
    u.departures.add(departure)
    _tell(u, actor, departure, at, ports)
    remember(u, actor, "end_membership", command.key, departure.id, at=at)
    return departure.id


def list_members(u: UnitOfWork, actor: Actor, *, at: datetime) -> tuple[Member, ...]:
    """The accounts whose membership the reader may end, by organisation and name.

    Raises:
        NotFound: ``web.not_found``.
    """
    _require_manager(actor)
    accounts = [each for each in u.accounts.all() if each.active and each.org]
    owned = {each.org for each in accounts if Seat.OWNER in each.seats}
    names = u.organisations.names_of({each.org for each in accounts})
    usable: dict[str, int] = {}
    for key in u.keys.usable(at):
        if key.kind is KeyKind.PERMIT_KEY:
            usable[key.created_by] = usable.get(key.created_by, 0) + 1
    found = [
        Member(
            account=each.name,
            name=each.display_name,
            org=each.org,
            org_name=names.get(each.org, each.org),
            seats=tuple(seat.value for seat in each.seats),
            keys=usable.get(each.name, 0),
            own=each.person == actor.person,
        )
        for each in accounts
        if each.org is not None and may_end(actor, each, owned=each.org in owned)
    ]
    return tuple(sorted(found, key=lambda each: (each.org_name, each.name)))


def list_departures(u: UnitOfWork, actor: Actor) -> tuple[Departure, ...]:
    """Receipts that the reader may see, the newest first.

    Raises:
        NotFound: ``web.not_found``.
    """
    _require_manager(actor)
    return u.departures.newest(_orgs(u, actor), LISTED)


def find_departure(u: UnitOfWork, actor: Actor, departure: str) -> Departure:
    """One receipt.

    Raises:
        NotFound: ``departure.not_found``, also when it is not for this reader.
    """
    _require_manager(actor)
    found = u.departures.find(departure[:40])
    if found is None or found.org not in _orgs(u, actor):
        raise NotFound("departure.not_found", id=departure[:40])
    return found


def _orgs(u: UnitOfWork, actor: Actor) -> set[OrgId]:
    """The organisations whose members an actor manages."""
    mine = {actor.org} if Seat.OWNER in actor.seats and actor.org else set()
    if Seat.OPERATOR not in actor.seats:
        return mine
    kept = {each.org for each in u.accounts.all() if Seat.OWNER in each.seats}
    return mine | {each.id for each in u.organisations.all() if each.id not in kept}


def _require_manager(actor: Actor) -> None:
    if Right.MANAGE_MEMBERS not in rights_of(actor.seats):
        raise NotFound("web.not_found")
    require(actor, Right.MANAGE_MEMBERS)


def _locked(u: UnitOfWork, name: str) -> tuple[Account | None, tuple[Account, ...]]:
    """An account and the members beside it, as they are while nobody else can leave."""
    account = u.accounts.find(name)
    if account is None or account.org is None:
        return account, ()
    u.organisations.get(account.org, lock=True)
    account = u.accounts.get(name, lock=True)
    if not account.active or account.org is None:
        return account, ()
    return account, u.accounts.of_org(account.org)


def _owned(members: Sequence[Account]) -> bool:
    return any(Seat.OWNER in each.seats for each in members)


def _successor(members: Sequence[Account], name: str) -> Account | None:
    if not name:
        return None
    found = next((each for each in members if each.name == name), None)
    if found is None:
        raise InvalidInput("leaving.successor_unknown", account=name[:32])
    return found


def _end_keys(
    u: UnitOfWork, actor: Actor, leaving: Sequence[Account], at: datetime
) -> list[dict[str, str]]:
    names = [each.name for each in leaving]
    columns = u.keys.columns
    found = u.keys.select(
        columns.created_by.in_(names),
        columns.kind == KeyKind.PERMIT_KEY,
        columns.revoked_at.is_(None),
        columns.expires_at > at,
    )
    for key in found:
        u.keys.save(replace(key, revoked_at=at))
        u.audit.append(
            kind="permit.key_revoked",
            actor=actor.account,
            subject=key.permit,
            data={"key": key.id},
            at=at,
        )
    return [{"key": each.id, "name": each.name, "permit": each.permit} for each in found]


def _end_passkeys(u: UnitOfWork, leaving: Sequence[Account]) -> list[str]:
    found = [each for account in leaving for each in u.passkeys.of_account(account.name)]
    for each in found:
        u.passkeys.remove(each.id)
    return [each.id for each in found]


def _webhooks_of(u: UnitOfWork, leaving: Sequence[Account]) -> list[str]:
    """Hosts of webhooks that the person set up: the organisation's, for it to look at."""
    columns = u.webhooks.endpoints.columns
    names = [each.name for each in leaving]
    return [each.host for each in u.webhooks.endpoints.select(columns.created_by.in_(names))]


def _pass_reports(
    u: UnitOfWork,
    actor: Actor,
    leaving: Sequence[Account],
    successor: Account | None,
    at: datetime,
) -> None:
    """Reports in the leaver's hands; only the record of supervision tells that there are any."""
    columns = u.suspicions.columns
    names = [each.name for each in leaving]
    found = u.suspicions.select(columns.assignee.in_(names), columns.state != ReportState.CLOSED)
    able = successor is not None and Right.RECEIVE_REPORTS in rights_of(frozenset(successor.seats))
    who = successor.name if able and successor is not None else None
    for report in found:
        state = ReportState.IN_WORK if who else ReportState.RECEIVED
        if report.state is ReportState.MORE_ASKED:
            state = ReportState.MORE_ASKED
        u.suspicions.save(replace(report, assignee=who, state=state))
        u.supervision_record.append(
            kind=ASSIGNED,
            actor=actor.account,
            subject=report.id,
            data={"assignee": who or ""},
            at=at,
        )


def _end_duties(u: UnitOfWork, actor: Actor, leaving: Sequence[Account], at: datetime) -> list[str]:
    names = {each.name for each in leaving}
    found = [each for each in u.duties.from_now(at) if each.account in names]
    for each in found:
        u.duties.save(replace(each, ends=max(at, each.starts), ended_by=actor.account))
    return [each.id for each in found]


def _pass_alerts(u: UnitOfWork, leaving: Sequence[Account], successor: Account | None) -> list[str]:
    columns = u.alerts.columns
    names = [each.name for each in leaving]
    found = u.alerts.select(columns.assignee.in_(names), columns.state != AlertState.CLOSED)
    able = successor is not None and Right.HANDLE_ALERTS in rights_of(frozenset(successor.seats))
    for alert in found:
        who = successor.name if able and successor is not None else None
        state = AlertState.IN_WORK if who else AlertState.NEW
        u.alerts.save(replace(alert, assignee=who, state=state))
    return [each.id for each in found]


def _pass_reviews(
    u: UnitOfWork, leaving: Sequence[Account], successor: Account | None
) -> list[str]:
    """Contract reviews name the colleague instead, where that one is fit and not named already."""
    names, changed = {each.name for each in leaving}, []
    for review in u.reviews.in_states(OPEN, MOST_REVIEWS):
        if not names & set(review.reviewers):
            continue
        file = u.files.get(u.permits.get(review.permit).file)
        fit = {each.name for each in fit_reviewers(u, file)}
        kept = [each for each in review.reviewers if each not in names]
        if successor is not None and successor.name in fit and successor.name not in kept:
            kept.append(successor.name)
        u.reviews.save(replace(review, reviewers=tuple(kept)))
        changed.append(review.id)
    return changed


def _tell(u: UnitOfWork, actor: Actor, departure: Departure, at: datetime, ports: Ports) -> None:
    """Everybody who has to know: the log, the gateway at once, gateway and hub until done."""
    u.flush()
    data = {
        "departure": departure.id,
        "accounts": list(departure.accounts),
        "successor": departure.successor,
        "reasons": departure.reasons,
        "keys": len(departure.done["keys"]),
        "sessions": len(departure.done["sessions"]),
        "passkeys": len(departure.done["passkeys"]),
    }
    u.audit.append(
        kind="membership.ended", actor=actor.account, subject=departure.org, data=data, at=at
    )
    push_keys(u, ports, at=at)
    for permit in u.permits.of_orgs(departure.org):
        if permit.org == departure.org:
            push_after_commit(u, touch(u, permit), u.files.get(permit.file), ports)
    for kind in (AT_GATEWAY, AT_HUB):
        payload = {"departure": departure.id}
        u.outbox.put(kind=kind, subject=f"{kind}:{departure.id}", payload=payload, at=at)
