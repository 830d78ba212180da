"""The intelligence service's inbox: reports found, given to somebody, noted on, closed, counted.

Rules:

1. Only the service's seat; for everybody else there is no such page.
2. A submitted report never changes; what is done about it is in the record of supervision, in the
   same transaction.
3. Who reported learns that the report was received, and nothing of what became of it.
4. Of alerts the service sees those that a regulator closed as referred, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.alerts.cases import Alert, Closing
from sandbox.domain.inquiries import Inquiry
from sandbox.domain.retention import SealedIdentity
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.supervision import RecordEntry
from sandbox.domain.suspicion import (
    Attachment,
    Entity,
    Outcome,
    Report,
    ReportState,
    require_closed,
    require_open,
)
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.acts import earlier, remember
from sandbox.services.reviews import needed_text
from sandbox.services.sealing import opened
from sandbox.services.suspicion import readable_report, require_service
from sandbox.store import UnitOfWork
from sandbox.store.alerts import Wanted
from sandbox.store.suspicion_tables import WantedReports

PAGE: Final = 50
EXPORTED: Final = 10_000
RELATED: Final = 20


@dataclass(frozen=True)
class Inbox:
    """A part of the inbox.

    Attributes:
        total: how many the filter finds.
        officers: accounts of the service with names.
        names: organisations by id.
    """

    reports: tuple[Report, ...]
    total: int
    officers: Mapping[str, str]
    names: Mapping[str, str]


@dataclass(frozen=True)
class ReportView:
    """One submitted report, as the service reads it.

    Attributes:
        related: other reports that name the same person or address, with which of both.
        inquiries: what was asked about it.
        history: what was done about it, in order.
        sealed: what is kept under seal of people whom it names and who left or were erased.
    """

    report: Report
    attached: tuple[Attachment, ...]
    related: tuple[tuple[Report, str], ...]
    inquiries: tuple[Inquiry, ...]
    history: tuple[RecordEntry, ...]
    sealed: tuple[SealedIdentity, ...]
    officers: Mapping[str, str]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Figures:
    """How many reports there are.

    Attributes:
        states: by state.
        entities: by who reports.
        outcomes: of the closed ones.
        late: submitted after their deadline.
    """

    total: int
    states: Mapping[ReportState, int]
    entities: Mapping[Entity, int]
    outcomes: Mapping[Outcome, int]
    late: int


@dataclass(frozen=True)
class OnSubmitted:
    """An act on a submitted report.

    Attributes:
        text: note or reason.
        assignee: for ``assign``; empty for nobody.
        outcome: for ``close``.
    """

    report: str
    text: str = ""
    assignee: str = ""
    outcome: str = ""
    key: str | None = None


def inbox(u: UnitOfWork, actor: Actor, wanted: WantedReports) -> Inbox:
    """A part of the inbox.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    found, total = u.suspicions.inbox(wanted)
    return Inbox(found, total, officers(u), _names(u, found))


def view_report(u: UnitOfWork, actor: Actor, number: str) -> ReportView:
    """One submitted report with everything beside it.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    report = readable_report(u, actor, number)
    related = u.suspicions.related(report.id, RELATED)
    return ReportView(
        report=report,
        attached=u.attachments.of(report.id),
        related=related,
        inquiries=u.inquiries.of_report(report.id),
        history=u.supervision_record.of_subject(report.id),
        sealed=opened(u, actor, report),
        officers=officers(u),
        names=_names(u, [report, *(each for each, _ in related)]),
    )


def figures(u: UnitOfWork, actor: Actor) -> Figures:
    """How many reports came, from whom, how many late, and how they ended.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    counted = u.suspicions.counted()
    return Figures(
        total=sum(counted.values()),
        states={
            each: sum(n for key, n in counted.items() if key[0] is each)
            for each in ReportState
            if each is not ReportState.DRAFT
        },
        entities={each: sum(n for key, n in counted.items() if key[2] is each) for each in Entity},
        outcomes={each: sum(n for key, n in counted.items() if key[1] is each) for each in Outcome},
        late=sum(n for key, n in counted.items() if key[3]),
    )


def passed_on(
    u: UnitOfWork, actor: Actor, *, before: str | None = None
) -> tuple[tuple[Alert, ...], str | None]:
    """Alerts that were closed as referred, newest first, and where the next part begins.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    wanted = Wanted(closed_as=Closing.REFERRED)
    found = u.alerts.listed(wanted, before=before, limit=PAGE + 1)
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def passed_on_alert(u: UnitOfWork, actor: Actor, number: str) -> Alert:
    """One alert that was closed as referred.

    Raises:
        NotFound: ``web.not_found``, also for an alert that was not passed on.
    """
    require_service(actor)
    alert = u.alerts.find(number[:20])
    if alert is None or alert.closed_as is not Closing.REFERRED:
        raise NotFound("web.not_found")
    return alert


def assign(u: UnitOfWork, actor: Actor, command: OnSubmitted, *, at: datetime) -> Report:
    """Give a report to an officer of the service, or back to nobody.

    Raises:
        NotFound: ``web.not_found``.
        InvalidInput: ``suspicion.no_such_officer``.
        Conflict: ``suspicion.closed``.
    """
    report, done = _held(u, actor, command, "assigned")
    if done:
        return report
    require_open(report)
    if command.assignee and command.assignee not in officers(u):
        raise InvalidInput("suspicion.no_such_officer", name=command.assignee[:32])
    waits = report.state is ReportState.MORE_ASKED
    state = ReportState.IN_WORK if command.assignee else ReportState.RECEIVED
    changed = replace(
        report,
        assignee=AccountName(command.assignee) if command.assignee else None,
        state=ReportState.MORE_ASKED if waits else state,
    )
    return _save(u, actor, command, "assigned", changed, {"assignee": command.assignee}, at=at)


def note(u: UnitOfWork, actor: Actor, command: OnSubmitted, *, at: datetime) -> Report:
    """Write a note on a report.

    Raises:
        NotFound: ``web.not_found``.
        InvalidInput: ``text.*``.
    """
    report, done = _held(u, actor, command, "noted")
    if done:
        return report
    text = needed_text("note", command.text)
    return _save(u, actor, command, "noted", report, {"text": text}, at=at)


def close(u: UnitOfWork, actor: Actor, command: OnSubmitted, *, at: datetime) -> Report:
    """Close the work on a report with an outcome and a reason.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        InvalidInput: ``suspicion.outcome_unknown``, ``text.*``.
        Conflict: ``suspicion.closed``.
    """
    report, done = _held(u, actor, command, "closed")
    if done:
        return report
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    require_open(report)
    try:
        outcome = Outcome(command.outcome)
    except ValueError as error:
        raise InvalidInput("suspicion.outcome_unknown") from error
    text = needed_text("note", command.text)
    changed = replace(report, state=ReportState.CLOSED, outcome=outcome, closed_at=at)
    told = {"outcome": outcome.value, "text": text}
    return _save(u, actor, command, "closed", changed, told, at=at)


def reopen(u: UnitOfWork, actor: Actor, command: OnSubmitted, *, at: datetime) -> Report:
    """Take up again what was closed.

    Raises:
        NotFound: ``web.not_found``.
        InvalidInput: ``text.*``.
        Conflict: ``suspicion.not_closed``.
    """
    report, done = _held(u, actor, command, "reopened")
    if done:
        return report
    require_closed(report)
    text = needed_text("note", command.text)
    state = ReportState.IN_WORK if report.assignee else ReportState.RECEIVED
    changed = replace(report, state=state, outcome=None, closed_at=None)
    return _save(u, actor, command, "reopened", changed, {"text": text}, at=at)


def officers(u: UnitOfWork) -> dict[str, str]:
    """Active accounts of the service, with their names."""
    return {
        str(each.name): each.display_name
        for each in u.accounts.select(u.accounts.columns.active.is_(True))
        if Right.RECEIVE_REPORTS in rights_of(frozenset(each.seats))
    }


def _names(u: UnitOfWork, reports: tuple[Report, ...] | list[Report]) -> dict[str, str]:
    """Names of the reporting organisations."""
    wanted = {each.org for each in reports}
    found = u.organisations.select(u.organisations.columns.id.in_(sorted(wanted)))
    return {str(each.id): each.name for each in found}


def _held(u: UnitOfWork, actor: Actor, command: OnSubmitted, what: str) -> tuple[Report, bool]:
    """The report, held for an act; whether it was done before under the same key."""
    require_service(actor)
    report = readable_report(u, actor, command.report, lock=True)
    return report, earlier(u, actor, f"str.{what}:{report.id}", command.key) is not None


def _save(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    command: OnSubmitted,
    what: str,
    report: Report,
    told: Mapping[str, Any],
    *,
    at: datetime,
) -> Report:
    saved = u.suspicions.save(report)
    u.supervision_record.append(
        kind=f"str.{what}", actor=actor.account, subject=saved.id, data=told, at=at
    )
    remember(u, actor, f"str.{what}:{saved.id}", command.key, saved.id, at=at)
    return saved
