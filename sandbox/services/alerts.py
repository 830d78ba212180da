"""Alert cases: read, taken, noted on, closed with a reason, opened again, counted.

Rules:

1. Only those with the right to see alerts learn that there are any: for everybody else every
   page and act answers as an address that does not exist, before anything is read.
2. Regulators work on cases in the browser; auditors read.
3. Each act is entered in the record of supervision in the same transaction, never in the audit
   log, whose size is public.
4. Closing needs one of three reasons and a text; what was found never changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.alerts.cases import (
    Alert,
    AlertState,
    Closing,
    require_closed,
    require_open,
)
from sandbox.domain.alerts.rule_set import RULES
from sandbox.domain.seats import Actor, Channel, Right, require, rights_of
from sandbox.domain.sight import sight_of
from sandbox.domain.supervision import RecordEntry
from sandbox.kit.errors import InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import require_competent
from sandbox.services.acts import earlier, remember
from sandbox.services.alert_parties import Parties, parties_of
from sandbox.services.reviews import needed_text
from sandbox.services.supervision import require_sees_alerts
from sandbox.store import UnitOfWork
from sandbox.store.alerts import Wanted

PAGE: Final = 50
EXPORTED: Final = 10_000
"""Alerts in one CSV file."""
RELATED: Final = 10


@dataclass(frozen=True)
class AlertPage:
    """A part of the list, newest first.

    Attributes:
        more: the id to go on behind; None at the end.
        open: how many are not closed, of all.
    """

    alerts: tuple[Alert, ...]
    more: str | None
    open: int


@dataclass(frozen=True)
class AlertView:
    """One alert with its case.

    Attributes:
        history: what was done about it, in order.
        related: other alerts about the same party, newest first.
        parties: who the addresses of the evidence are.
        indexed: hashes that the explorer knows.
        regulators: accounts it can be given to, with names.
    """

    alert: Alert
    history: tuple[RecordEntry, ...]
    related: tuple[Alert, ...]
    parties: Parties
    indexed: frozenset[str]
    regulators: Mapping[str, str]


@dataclass(frozen=True)
class RuleCount:
    """How the alerts of one rule ended.

    Attributes:
        open: not closed.
        closed: by reason.
    """

    rule: str
    open: int
    closed: Mapping[Closing, int]

    @property
    def ended(self) -> int:
        """How many are closed."""
        return sum(self.closed.values())

    @property
    def false_percent(self) -> int | None:
        """Of the closed ones, those that were false, rounded down; None before the first."""
        return 100 * self.closed[Closing.FALSE_POSITIVE] // self.ended if self.ended else None


def list_alerts(
    u: UnitOfWork, actor: Actor, wanted: Wanted, *, before: str | None = None, limit: int = PAGE
) -> AlertPage:
    """Alerts by a filter.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_sees_alerts(actor)
    among = u.listing.numbers(sight_of(actor))
    found = u.alerts.listed(replace(wanted, among=among), before=before, limit=limit + 1)
    counted = u.alerts.counted(among).items()
    waiting = sum(count for (_, state, _), count in counted if state != AlertState.CLOSED)
    return AlertPage(found[:limit], found[limit - 1].id if len(found) > limit else None, waiting)


def view_alert(u: UnitOfWork, actor: Actor, alert_id: str) -> AlertView:
    """One alert with everything that is behind it.

    Raises:
        NotFound: ``web.not_found``, ``alert.not_found``.
    """
    require_sees_alerts(actor)
    alert = _visible(u, actor, alert_id)
    evidence: Sequence[Mapping[str, Any]] = alert.found["evidence"]
    sides = {each[side] for each in evidence for side in ("payer", "payee") if each.get(side)}
    sides |= {alert.subject} if alert.subject.startswith("0x") else set()
    among = u.listing.numbers(sight_of(actor))
    related = tuple(
        each
        for each in u.alerts.of_subject(alert.chain, alert.subject, RELATED + 1)
        if among is None or each.permit in among
    )
    return AlertView(
        alert=alert,
        history=u.supervision_record.of_subject(alert.id),
        related=tuple(each for each in related if each.id != alert.id)[:RELATED],
        parties=parties_of(u, sides, among),
        indexed=frozenset(u.explorer.indexed({h for each in evidence if (h := each.get("hash"))})),
        regulators=_regulators(u, actor),
    )


def statistics(u: UnitOfWork, actor: Actor) -> tuple[RuleCount, ...]:
    """How the alerts of each rule ended, so that rules can be tuned; then those of the pack.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_sees_alerts(actor)
    counted = u.alerts.counted(u.listing.numbers(sight_of(actor)))
    of_pack = sorted({rule for rule, _, _ in counted} - set(RULES))
    return tuple(
        RuleCount(
            rule=name,
            open=sum(
                count
                for (rule, state, _), count in counted.items()
                if rule == name and state != AlertState.CLOSED
            ),
            closed={
                reason: counted.get((name, AlertState.CLOSED, reason), 0) for reason in Closing
            },
        )
        for name in (*RULES, *of_pack)
    )


@dataclass(frozen=True)
class OnAlert:
    """An act on one alert.

    Attributes:
        alert: its id.
        text: note or reason.
        assignee: for ``assign``; empty for nobody.
        closing: for ``close``.
        key: idempotency key.
    """

    alert: str
    text: str = ""
    assignee: str = ""
    closing: str = ""
    key: str | None = None


def assign(u: UnitOfWork, actor: Actor, command: OnAlert, *, at: datetime) -> Alert:
    """Give a case to a regulator, or back to nobody.

    Raises:
        NotFound: ``web.not_found``, ``alert.not_found``.
        NotAllowed: ``seat.*``.
        InvalidInput: ``alert.no_such_person``.
        Conflict: ``alert.closed``.
    """
    alert = _held(u, actor, command, "assigned")
    if isinstance(alert, _Done):
        return alert.alert
    require_open(alert)
    if command.assignee and command.assignee not in _regulators(u, actor):
        raise InvalidInput("alert.no_such_person", name=command.assignee[:32])
    state = AlertState.IN_WORK if command.assignee else AlertState.NEW
    changed = replace(alert, assignee=command.assignee or None, state=state)
    return _save(u, actor, command, "assigned", changed, {"assignee": command.assignee}, at=at)


def note(u: UnitOfWork, actor: Actor, command: OnAlert, *, at: datetime) -> Alert:
    """Write a note on a case.

    Raises:
        NotFound: ``web.not_found``, ``alert.not_found``.
        NotAllowed: ``seat.*``.
        InvalidInput: ``text.*``.
    """
    alert = _held(u, actor, command, "noted")
    if isinstance(alert, _Done):
        return alert.alert
    text = needed_text("note", command.text)
    return _save(u, actor, command, "noted", alert, {"text": text}, at=at)


def close(u: UnitOfWork, actor: Actor, command: OnAlert, *, at: datetime) -> Alert:
    """Close a case with a reason.

    Raises:
        NotFound: ``web.not_found``, ``alert.not_found``.
        NotAllowed: ``seat.*``.
        InvalidInput: ``alert.reason_unknown``, ``text.*``.
        Conflict: ``alert.closed``.
    """
    alert = _held(u, actor, command, "closed")
    if isinstance(alert, _Done):
        return alert.alert
    require_open(alert)
    try:
        reason = Closing(command.closing)
    except ValueError as error:
        raise InvalidInput("alert.reason_unknown") from error
    text = needed_text("note", command.text)
    changed = replace(alert, state=AlertState.CLOSED, closed_as=reason, closed_at=at)
    told = {"closed_as": reason.value, "text": text}
    return _save(u, actor, command, "closed", changed, told, at=at)


def reopen(u: UnitOfWork, actor: Actor, command: OnAlert, *, at: datetime) -> Alert:
    """Open a closed case again.

    Raises:
        NotFound: ``web.not_found``, ``alert.not_found``.
        NotAllowed: ``seat.*``.
        InvalidInput: ``text.*``.
        Conflict: ``alert.not_closed``.
    """
    alert = _held(u, actor, command, "reopened")
    if isinstance(alert, _Done):
        return alert.alert
    require_closed(alert)
    text = needed_text("note", command.text)
    changed = replace(
        alert,
        state=AlertState.IN_WORK if alert.assignee else AlertState.NEW,
        closed_as=None,
        closed_at=None,
        reopened=alert.reopened + 1,
    )
    return _save(u, actor, command, "reopened", changed, {"text": text}, at=at)


@dataclass(frozen=True)
class _Done:
    """An act under a key that was done before."""

    alert: Alert


def _held(u: UnitOfWork, actor: Actor, command: OnAlert, what: str) -> Alert | _Done:
    """The alert, held for an act; or what an earlier act under the same key came to."""
    require_sees_alerts(actor)
    require(actor, Right.HANDLE_ALERTS)
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("seat.needs_browser", channel=actor.channel.value)
    alert = _visible(u, actor, command.alert, lock=True)
    _require_competent(u, actor, alert)
    if earlier(u, actor, f"alert.{what}:{alert.id}", command.key) is not None:
        return _Done(alert)
    return alert


def _save(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    command: OnAlert,
    what: str,
    alert: Alert,
    told: Mapping[str, Any],
    *,
    at: datetime,
) -> Alert:
    saved = u.alerts.save(alert)
    u.supervision_record.append(
        kind=f"alert.{what}", actor=actor.account, subject=saved.id, data=told, at=at
    )
    remember(u, actor, f"alert.{what}:{saved.id}", command.key, saved.id, at=at)
    return saved


def _visible(u: UnitOfWork, actor: Actor, alert_id: str, *, lock: bool = False) -> Alert:
    """An alert about a permit that the reader may see; one about none for who sees them all."""
    alert = u.alerts.get(alert_id[:20], lock=lock)
    sight = sight_of(actor)
    if alert.permit is None:
        seen = u.listing.sees_every(sight)
    else:
        seen = bool(u.parties.operators(sight, [alert.permit]))
    if not seen:
        raise NotFound("alert.not_found", id=alert.id)
    return alert


def _require_competent(u: UnitOfWork, actor: Actor, alert: Alert) -> None:
    permit = u.permits.find(PermitNumber(alert.permit)) if alert.permit else None
    if permit is not None:
        require_competent(actor, u.files.get(permit.file))


def _regulators(u: UnitOfWork, actor: Actor) -> dict[str, str]:
    """Accounts of the reader's authority that may work on cases, with their names."""
    return {
        str(each.name): each.display_name
        for each in u.accounts.select(u.accounts.columns.active.is_(True))
        if Right.HANDLE_ALERTS in rights_of(frozenset(each.seats)) and each.org == actor.org
    }
