"""What a merchant asks for: a bill, shown as a QR code, paid by the first payment that fits it.

Rules: a bill is its merchant's; payers learn what stands in the link and nothing else.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.application import plain_text
from sandbox.domain.customer_page import (
    BILL_GOOD_FOR,
    LONGEST_REFERENCE,
    MOST_OPEN_BILLS,
    Bill,
)
from sandbox.domain.seats import Actor
from sandbox.domain.terms import AssetTerms
from sandbox.domain.words import CustomerState, MemberKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services.acts import earlier, remember
from sandbox.services.customer_acts import not_too_fast
from sandbox.services.customer_home import own
from sandbox.store import UnitOfWork

NEWEST = 20


@dataclass(frozen=True)
class MakeBill:
    """Ask for money. ``amount``: minor units, above zero."""

    asset: str
    amount: int
    key: str
    reference: str = ""


def make_bill(u: UnitOfWork, actor: Actor, command: MakeBill, *, at: datetime) -> Bill:
    """Make a bill. Twice under one key is once.

    Raises:
        NotAllowed: ``customer.merchants_only``, ``customer.too_fast``.
        InvalidInput: ``customer.asset``, ``customer.nothing``, ``bill.above_limit``, ``text.*``.
        Conflict: ``bill.too_many``.
    """
    person, permit, _ = own(u, actor, lock=True)
    done = earlier(u, actor, "page_bill", command.key)
    if done is not None:
        return u.pages.bills.get(done)
    if person.kind is not MemberKind.MERCHANT or person.state is not CustomerState.REGISTERED:
        raise NotAllowed("customer.merchants_only")
    terms = next((each for each in permit.terms.assets if each.asset == command.asset), None)
    if terms is None:
        raise InvalidInput("customer.asset", asset=command.asset[:16])
    asset = terms.asset
    if command.amount <= 0:
        raise InvalidInput("customer.nothing")
    most = _most(terms)
    if most is not None and command.amount > most:
        raise InvalidInput("bill.above_limit", asset=asset, limit=str(most))
    not_too_fast(u, person, at=at)
    if u.pages.bills.open(person.id, at) >= MOST_OPEN_BILLS:
        raise Conflict("bill.too_many", most=MOST_OPEN_BILLS)
    bill = u.pages.bills.add(
        Bill(
            id=secrets.token_hex(8),
            permit=permit.number,
            merchant=person.id,
            wallet=person.wallet,
            asset=asset,
            amount=command.amount,
            reference=plain_text(
                "reference", command.reference, limit=LONGEST_REFERENCE, name=True
            ),
            made_at=at,
            expires_at=at + BILL_GOOD_FOR,
        )
    )
    remember(u, actor, "page_bill", command.key, bill.id, at=at)
    return bill


def _most(terms: AssetTerms) -> int | None:
    """What one payment can be at most; nobody could pay a bill above it. None: no limit."""
    limits = (terms.per_transaction, terms.outstanding_cap)
    return min((each for each in limits if isinstance(each, int)), default=None)


def own_bill(u: UnitOfWork, actor: Actor, bill_id: str) -> Bill:
    """A merchant's own bill.

    Raises:
        NotFound: ``bill.not_found``.
    """
    person, _, _ = own(u, actor)
    bill = u.pages.bills.find(bill_id[:40])
    if bill is None or bill.merchant != person.id:
        raise NotFound("bill.not_found", id=bill_id[:40])
    return bill


def own_bills(u: UnitOfWork, actor: Actor) -> tuple[Bill, ...]:
    """A merchant's newest bills, newest first."""
    person, _, _ = own(u, actor)
    return u.pages.bills.of_merchant(person.id, NEWEST)
