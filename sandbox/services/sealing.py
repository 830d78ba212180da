"""What an erasure keeps of a person whom somebody looks at in secret, under seal.

Rules:

1. An order in force refuses an erasure, since the firm knows of it (``erasure``). What the firm
   must not learn of refuses nothing: a report that names the person, an alert, a proposed order, a
   request for information. Erasing and leaving answer as without them.
2. Then the salt and what names the person are kept under seal first. Only the intelligence service
   opens it, from a report that names the person; nothing in the audit log says that there is one.
3. It is gone when its period is over (``domain.retention``).

Source: FATF Recommendations 11 (records are kept) and 21 (no tipping off).
"""

from __future__ import annotations

from datetime import datetime

from sandbox.domain.alerts.cases import AlertState
from sandbox.domain.inquiries import InquiryState
from sandbox.domain.orders import OrderState
from sandbox.domain.records import Customer
from sandbox.domain.retention import SealedIdentity
from sandbox.domain.seats import Actor
from sandbox.domain.suspicion import Report, ReportState
from sandbox.services.suspicion import require_service
from sandbox.store import UnitOfWork


def seal(u: UnitOfWork, person: Customer, *, at: datetime) -> None:
    """Keep what names a person before it is erased, where somebody looks at the person."""
    if not _looked_at(u, person):
        return
    before = u.sealed.find(person.id)
    label, account = u.pages.labels.find(person.id), u.payouts.find(person.id)
    known = u.known_people.find(person.id)
    said = {
        "salt": person.salt,
        "label": label.label if label else "",
        "account": account.account if account else "",
        "residence": known.residence if known else "",
        "level": known.level.value if known else "",
    }
    found = {name: text for name, text in said.items() if text}
    if before is not None:
        u.sealed.forget(person.id)
        found = {**before.found, **found}
    if found:
        u.sealed.add(SealedIdentity(person.id, person.permit, person.wallet, found, at))


def opened(u: UnitOfWork, actor: Actor, report: Report) -> tuple[SealedIdentity, ...]:
    """What is under seal of the people whom a report names, as the service.

    Raises:
        NotFound: ``web.not_found`` for everybody else.
    """
    require_service(actor)
    return u.sealed.named_in(report.id)


def _looked_at(u: UnitOfWork, person: Customer) -> bool:
    """Whether anything that the firm may not learn of is about a person."""
    wallet = person.wallet.lower()
    return (
        u.suspicion_parties.name(wallet, person.person_hash)
        or _in_a_draft(u, person, wallet)
        or _in_an_alert(u, person, wallet)
        or _in_an_order(u, person)
        or _asked_for(u, person)
    )


def _in_a_draft(u: UnitOfWork, person: Customer, wallet: str) -> bool:
    columns = u.suspicions.columns
    drafts = u.suspicions.select(
        columns.permit == person.permit, columns.state == ReportState.DRAFT
    )
    return any(wallet in each.answers.get("parties", "").lower() for each in drafts)


def _in_an_alert(u: UnitOfWork, person: Customer, wallet: str) -> bool:
    columns = u.alerts.columns
    alerts = u.alerts.select(columns.permit == person.permit, columns.state != AlertState.CLOSED)
    return any(each.subject == wallet or wallet in str(each.found).lower() for each in alerts)


def _in_an_order(u: UnitOfWork, person: Customer) -> bool:
    columns = u.orders.columns
    orders = u.orders.select(
        columns.permit == person.permit,
        columns.state.in_([OrderState.PROPOSED, OrderState.IN_FORCE]),
    )
    return any(each.wallet in {None, person.wallet} for each in orders)


def _asked_for(u: UnitOfWork, person: Customer) -> bool:
    """Whether a request about the permit, or to its firm or sponsor about none, is open."""
    permit, columns = u.permits.get(person.permit), u.inquiries.columns
    asked = u.inquiries.select(columns.state == InquiryState.OPEN)
    return any(
        each.permit == permit.number
        or (each.permit is None and each.org in {permit.org, permit.sponsor})
        for each in asked
    )
