"""Requests for information: asked by the intelligence service, answered with documents.

Rules: ``domain.inquiries``. Asking, withdrawing and answering are acts of law; each is entered in
the record of supervision in the same transaction, none in the audit log. Who may know finds what
waits for an answer on the first page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.inquiries import (
    DAYS,
    Addressee,
    Inquiry,
    InquiryState,
    read_days,
    require_open,
)
from sandbox.domain.seats import Actor, Right, Seat, require_act_of_law
from sandbox.domain.suspicion import Entity, Report, ReportState, new_number
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.services.acts import earlier, remember
from sandbox.services.reviews import needed_text
from sandbox.services.suspicion import (
    entity_of,
    readable_report,
    receives,
    require_reporter,
    require_service,
    writes,
)
from sandbox.services.suspicion_papers import Sent, kept
from sandbox.store import UnitOfWork

PAGE: Final = 50


@dataclass(frozen=True)
class Ask:
    """Ask for information.

    Attributes:
        to: an :class:`Addressee`; for an authority with its id behind a colon.
        report: number of a report, or empty.
        permit: number of a permit, or empty.
        days: working days, as typed.
    """

    to: str
    report: str
    permit: str
    text: str
    basis: str
    days: str
    key: str | None = None


@dataclass(frozen=True)
class Answer:
    """Answer or withdraw a request."""

    inquiry: str
    text: str = ""
    key: str | None = None


def readable_inquiry(u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False) -> Inquiry:
    """A request that this actor may learn of: its addressee's seat, or the service.

    Raises:
        NotFound: ``web.not_found``.
    """
    if not receives(actor):
        require_reporter(actor)
    found = u.inquiries.find(number[:20], lock=lock)
    if found is None or not (receives(actor) or addressed(actor, found)):
        raise NotFound("web.not_found")
    return found


def addressed(actor: Actor, inquiry: Inquiry) -> bool:
    """Whether a request is to the actor's entity."""
    return entity_of(actor) is inquiry.entity and actor.org == inquiry.org


def report_shown(u: UnitOfWork, actor: Actor, inquiry: Inquiry) -> str | None:
    """The report behind a request, for those only who may learn of that report."""
    if inquiry.report is None:
        return None
    report = u.suspicions.get(inquiry.report)
    return report.id if receives(actor) or writes(actor, report) else None


def own_inquiries(u: UnitOfWork, actor: Actor) -> tuple[Inquiry, ...]:
    """What the actor's entity was asked, newest first.

    Raises:
        NotFound: ``web.not_found``.
    """
    entity, org = require_reporter(actor)
    return u.inquiries.of_entity(org, entity, PAGE)


def waiting(u: UnitOfWork, actor: Actor) -> tuple[Inquiry, ...]:
    """What waits for an answer of this actor's entity; nothing for everybody else."""
    entity = entity_of(actor)
    if entity is None or actor.org is None:
        return ()
    return u.inquiries.waiting(actor.org, entity, PAGE)


def asked(
    u: UnitOfWork, actor: Actor, state: InquiryState | None, *, start: int = 0
) -> tuple[Inquiry, ...]:
    """The service's requests: one page and one more, if there is one.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    return u.inquiries.listed(state, start, PAGE + 1)


def authorities(u: UnitOfWork) -> dict[str, str]:
    """Organisations whose regulators can be asked, by id."""
    seated = {
        each.org
        for each in u.accounts.select(u.accounts.columns.active.is_(True))
        if each.org is not None and Seat.REGULATOR in each.seats
    }
    found = u.organisations.select(u.organisations.columns.id.in_(sorted(seated)))
    return {str(each.id): each.name for each in found}


def ask(u: UnitOfWork, actor: Actor, command: Ask, *, at: datetime) -> Inquiry:
    """Ask for information.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        InvalidInput: ``inquiry.*``, ``text.*``.
    """
    require_service(actor)
    done = earlier(u, actor, "rfi.ask", command.key)
    if done is not None:
        return u.inquiries.get(done)
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    report = _report(u, actor, command.report)
    permit = u.permits.find(PermitNumber(command.permit.strip().upper()[:20]))
    if command.permit.strip() and permit is None:
        raise InvalidInput("inquiry.no_such_permit", number=command.permit[:20])
    entity, org = _addressee(u, command.to, report, command.permit.strip().upper()[:20])
    days = read_days(command.days or str(DAYS.usual), 1, DAYS.most)
    made = u.inquiries.add(
        Inquiry(
            id=new_number("RFI", at),
            entity=entity,
            org=org,
            report=report.id if report else None,
            permit=permit.number if permit else None,
            text=needed_text("text", command.text),
            basis=needed_text("basis", command.basis),
            due=u.calendar.calendar().deadline(at, days),
            asked_by=actor.account,
            asked_at=at,
        )
    )
    if report is not None and (report.entity, report.org) == (entity, org):
        if report.state is not ReportState.CLOSED:
            u.suspicions.save(replace(report, state=ReportState.MORE_ASKED))
        _record(u, "str.asked", actor, report.id, {"request": made.id}, at)
    _record(u, "rfi.asked", actor, made.id, {"to": f"{entity.value}:{org}", "days": days}, at)
    remember(u, actor, "rfi.ask", command.key, made.id, at=at)
    return made


def withdraw(u: UnitOfWork, actor: Actor, command: Answer, *, at: datetime) -> Inquiry:
    """Withdraw a request that was not answered.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``inquiry.settled``.
    """
    require_service(actor)
    inquiry = readable_inquiry(u, actor, command.inquiry, lock=True)
    if earlier(u, actor, f"rfi.withdraw:{inquiry.id}", command.key) is not None:
        return inquiry
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    require_open(inquiry)
    saved = u.inquiries.save(replace(inquiry, state=InquiryState.WITHDRAWN))
    _go_on(u, saved)
    _record(u, "rfi.withdrawn", actor, saved.id, {}, at)
    remember(u, actor, f"rfi.withdraw:{saved.id}", command.key, saved.id, at=at)
    return saved


def answer(u: UnitOfWork, actor: Actor, command: Answer, *, at: datetime) -> Inquiry:
    """Answer a request, once; its documents stand still from then on.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``inquiry.settled``.
        InvalidInput: ``text.*``.
    """
    inquiry = _own(u, actor, command.inquiry)
    if earlier(u, actor, f"rfi.answer:{inquiry.id}", command.key) is not None:
        return inquiry
    require_act_of_law(actor, Right.REPORT_SUSPICION, at)
    require_open(inquiry)
    saved = u.inquiries.save(
        replace(
            inquiry,
            state=InquiryState.ANSWERED,
            answer=needed_text("answer", command.text),
            answered_by=actor.account,
            answered_at=at,
        )
    )
    _go_on(u, saved)
    hashes = [each.sha256 for each in u.attachments.of(saved.id)]
    told = {"documents": hashes, "late": saved.overdue(at)}
    _record(u, "rfi.answered", actor, saved.id, told, at)
    remember(u, actor, f"rfi.answer:{saved.id}", command.key, saved.id, at=at)
    return saved


def attach(u: UnitOfWork, actor: Actor, number: str, sent: Sent, *, at: datetime) -> None:
    """Attach a document to the answer that is being written.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``inquiry.settled``, ``document.same``.
        InvalidInput: ``document.*``.
    """
    inquiry = _own(u, actor, number)
    require_open(inquiry)
    kept(u, actor, inquiry.id, sent, at=at)


def documents_seen(u: UnitOfWork, actor: Actor, number: str) -> str:
    """The number of a request whose documents this actor may read: the service once answered.

    Raises:
        NotFound: ``web.not_found``.
    """
    inquiry = readable_inquiry(u, actor, number)
    if inquiry.state is InquiryState.OPEN and not addressed(actor, inquiry):
        raise NotFound("web.not_found")
    return inquiry.id


def _own(u: UnitOfWork, actor: Actor, number: str) -> Inquiry:
    inquiry = readable_inquiry(u, actor, number, lock=True)
    if not addressed(actor, inquiry):
        raise NotFound("web.not_found")
    return inquiry


def _report(u: UnitOfWork, actor: Actor, number: str) -> Report | None:
    return readable_report(u, actor, number.strip(), lock=True) if number.strip() else None


def _addressee(u: UnitOfWork, to: str, report: Report | None, permit: str) -> tuple[Entity, OrgId]:
    """In which seat of which organisation a request is to be answered."""
    kind, _, org = to.partition(":")
    if kind == Addressee.REPORTER and report is not None:
        return report.entity, report.org
    if kind == Addressee.AUTHORITY and org in authorities(u):
        return Entity.AUTHORITY, OrgId(org)
    number = PermitNumber(permit or (report.permit if report and report.permit else ""))
    found = u.permits.find(number)
    if found is not None and kind == Addressee.FIRM:
        return Entity.FIRM, found.org
    if found is not None and kind == Addressee.SPONSOR and found.sponsor is not None:
        return Entity.SPONSOR, found.sponsor
    raise InvalidInput("inquiry.no_addressee")


def _go_on(u: UnitOfWork, inquiry: Inquiry) -> None:
    """The report that waited for this goes on, unless something else is still asked."""
    if inquiry.report is None:
        return
    report = u.suspicions.get(inquiry.report, lock=True)
    reporter = (report.entity, report.org)
    rest = any(
        each.state is InquiryState.OPEN and (each.entity, each.org) == reporter
        for each in u.inquiries.of_report(report.id)
    )
    if report.state is ReportState.MORE_ASKED and not rest:
        state = ReportState.IN_WORK if report.assignee else ReportState.RECEIVED
        u.suspicions.save(replace(report, state=state))


def _record(
    u: UnitOfWork, kind: str, actor: Actor, subject: str, data: Mapping[str, Any], at: datetime
) -> None:
    u.supervision_record.append(kind=kind, actor=actor.account, subject=subject, data=data, at=at)
