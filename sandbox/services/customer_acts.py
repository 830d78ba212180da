"""What a customer does with money on the own page: pay, redeem; what a merchant asks for.

An act goes through in three steps, each of which may be the last one that happens:

1. It is written down under its name, in a transaction (``begin``). Pressed twice, it is the same.
2. The gateway is asked to do it once under that name (``carry_out``).
3. What came of it is written down; a bill that it fits is paid.

Whoever opens the receipt later looks again (``look_again``): a lost answer is found in the
gateway's journal, and nothing is sent that the person did not ask for again.

Rules:

1. A person's acts and bills are that person's: for everybody else there is no such thing.
2. What a clause refuses is shown with the clause and when it frees; it is evidence as ever.
3. Only members of the same permit can be paid, which the chain holds; the page says it before.
4. A bill has one payment: until it is known what came of an act that pays it, that act is the one
   that goes on for its payer, and for everybody else the bill is being paid. A refused act gives
   the bill free. Whoever paid a bill and opens it again is led to that act.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.customer_page import (
    ACTS_A_MINUTE,
    LONGEST_REFERENCE,
    ActKind,
    ActState,
    Bill,
    CustomerAct,
)
from sandbox.domain.records import Customer, Permit
from sandbox.domain.seats import Actor
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import CustomerState
from sandbox.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    SynakError,
    Unavailable,
)
from sandbox.kit.ids import Address, AssetCode, checksum
from sandbox.services.acts import earlier, remember
from sandbox.services.customer_home import balance_of, name_of_wallet, own
from sandbox.services.ports import Ports
from sandbox.store import Store, UnitOfWork

UNSURE: Final = frozenset({"gateway.internal", "internal"})
"""Codes after which nobody knows whether it was sent."""
NOTED: Final = ("clause", "asset", "limit", "used", "requested", "frees_at", "subject", "version")
DONE: Final = "0x1"

Look = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class BeginAct:
    """Pay or redeem.

    Attributes:
        kind: which.
        asset: of the permit.
        amount: minor units, above zero.
        payee: an address of the permit; None for a redemption.
        reference: what it is for, at most 40 characters.
        bill: the bill it answers.
        key: the form's one-time key.
    """

    kind: ActKind
    asset: str
    amount: int
    key: str
    payee: str | None = None
    reference: str = ""
    bill: str | None = None


@dataclass(frozen=True)
class Offer:
    """What a payment would be, before it is confirmed. ``name`` is empty for a bare address."""

    payee: Address
    name: str
    kind: str
    asset: AssetCode
    amount: int
    reference: str
    bill: str | None
    balance: int | None


def offer(u: UnitOfWork, actor: Actor, command: BeginAct, *, ports: Ports) -> Offer:
    """Whom a payment link would pay, and how much.

    Raises:
        InvalidInput: ``customer.payee_unknown``, ``customer.payee_self``, ``customer.asset``,
            ``customer.nothing``, ``address.malformed``, ``customer.link_changed``.
        Conflict: ``bill.paid_already``, ``bill.expired``.
        NotAllowed: ``customer.not_registered``.
    """
    person, permit, _ = own(u, actor)
    asset = _asset(permit, command.asset)
    _check(person, command)
    payee = _payee(u, permit, person, command.payee)
    known = u.customers.by_wallet(permit.number, payee)
    name = name_of_wallet(u, permit, payee)
    try:
        balance: int | None = balance_of(CHAIN_OF[asset], asset, person.wallet, ports=ports)
    except SynakError:
        balance = None
    return Offer(
        payee=payee,
        name="" if name == payee else name,
        kind=known.kind.value if known else "settlement",
        asset=asset,
        amount=command.amount,
        reference=_reference(_said(u, command)),
        bill=command.bill,
        balance=balance,
    )


def begin(
    u: UnitOfWork, actor: Actor, command: BeginAct, *, at: datetime, ports: Ports
) -> CustomerAct:
    """Write an act down. Twice under one key is once, and so is a bill while it is being paid.

    Returns:
        The act; for a bill that this person's earlier act paid or is paying, that one.

    Raises:
        InvalidInput: as ``offer``; ``customer.not_enough``.
        Conflict: ``once.key_reused``, ``bill.being_paid`` and as ``offer``.
        NotAllowed: ``customer.not_registered``, ``customer.too_fast``.
        Unavailable: gateway out of reach; nothing was written.
    """
    person, permit, _ = own(u, actor, lock=True)
    done = earlier(u, actor, f"page_{command.kind.value}", command.key)
    if done is not None:
        return u.pages.acts.get(done)
    asset = _asset(permit, command.asset)
    _check(person, command)
    not_too_fast(u, person, at=at)
    payee, bill, paying = None, None, None
    if command.kind is ActKind.PAY:
        payee = _payee(u, permit, person, command.payee)
        bill = require_bill_open(u, permit, command, payee, at=at, lock=True)
        paying = being_paid(u, actor, bill)
    if paying is not None:
        remember(u, actor, f"page_{command.kind.value}", command.key, paying.id, at=at)
        return paying
    held = balance_of(CHAIN_OF[asset], asset, person.wallet, ports=ports)
    if held < command.amount:
        raise InvalidInput(
            "customer.not_enough", asset=asset, used=str(held), requested=str(command.amount)
        )
    act = u.pages.acts.add(
        CustomerAct(
            id=uuid.uuid4().hex,
            permit=permit.number,
            customer=person.id,
            kind=command.kind,
            chain=CHAIN_OF[asset],
            asset=asset,
            payee=payee,
            amount=command.amount,
            reference=_reference(_said(u, command)),
            bill=bill.id if bill else None,
            state=ActState.ASKED,
            asked_at=at,
        )
    )
    if bill is not None:
        u.pages.bills.save(replace(bill, paid_by=act.id))
    remember(u, actor, f"page_{command.kind.value}", command.key, act.id, at=at)
    return act


def carry_out(
    store: Store, actor: Actor, act_id: str, *, at: datetime, ports: Ports
) -> CustomerAct:
    """Have the gateway do an act once, and write down what came of it.

    Raises:
        NotFound: ``act.not_found``: none of this person's.
    """
    with store.unit(read_only=True) as u:
        act, asked = _asked(u, actor, act_id)
    if act.state in {ActState.DONE, ActState.REFUSED}:
        return act
    return settle_act(store, act, lambda: ports.gateway.customer_act(act.chain, asked), at=at)


def look_again(
    store: Store, actor: Actor, act_id: str, *, at: datetime, ports: Ports
) -> CustomerAct:
    """An act as it stands now; one that is not settled is looked for at the gateway.

    Raises:
        NotFound: ``act.not_found``.
    """
    with store.unit(read_only=True) as u:
        act, asked = _asked(u, actor, act_id)
    if act.state in {ActState.DONE, ActState.REFUSED}:
        return act
    return settle_act(store, act, lambda: ports.gateway.customer_found(act.chain, asked), at=at)


def require_bill_open(
    u: UnitOfWork,
    permit: Permit,
    command: BeginAct,
    payee: Address,
    *,
    at: datetime,
    lock: bool = False,
) -> Bill | None:
    """The bill that a payment names; refuse a payment that does not fit it.

    Args:
        u: a unit of work; a writing one when ``lock`` is set.
        permit: of the payer.
        command: the payment.
        payee: whom it pays.
        at: now.
        lock: hold the bill until the transaction ends.

    Raises:
        InvalidInput: ``customer.link_changed``: no such bill, or other figures than it has.
        Conflict: ``bill.expired``: and it is not paid; of a paid one ``being_paid`` tells.
    """
    if command.bill is None:
        return None
    bill = u.pages.bills.find(command.bill[:40], lock=lock)
    same = bill is not None and (bill.permit, bill.wallet, bill.asset, bill.amount) == (
        permit.number,
        payee,
        command.asset,
        command.amount,
    )
    if bill is None or not same:
        raise InvalidInput("customer.link_changed")
    if bill.paid_at is None and bill.expires_at <= at:
        raise Conflict("bill.expired")
    return bill


def being_paid(u: UnitOfWork, actor: Actor, bill: Bill | None) -> CustomerAct | None:
    """This person's act that paid a bill, or may yet pay it.

    Raises:
        Conflict: ``bill.being_paid``, ``bill.paid_already``: the act is somebody else's.
        NotAllowed: ``customer.token_needed``.
    """
    if bill is None or bill.paid_by is None:
        return None
    act = u.pages.acts.get(bill.paid_by)
    if act.customer != own(u, actor)[0].id:
        raise Conflict("bill.paid_already" if bill.paid_at else "bill.being_paid")
    return act


def not_too_fast(u: UnitOfWork, person: Customer, *, at: datetime) -> None:
    """Bound what one person begins in a minute.

    Raises:
        NotAllowed: ``customer.too_fast``.
    """
    if not u.pages.tries.take(f"act:{person.id}", ACTS_A_MINUTE, timedelta(minutes=1), at):
        raise NotAllowed("customer.too_fast", most=ACTS_A_MINUTE)


def settle_act(store: Store, act: CustomerAct, look: Look, *, at: datetime) -> CustomerAct:
    """Ask, and write down what is known now.

    Args:
        store: where.
        act: as it was begun.
        look: asks the gateway.
        at: now.

    Returns:
        The act; as it was while nobody knows what came of it.
    """
    try:
        said = look()
    except Unavailable:
        return act
    except SynakError as error:
        if error.code in UNSURE:
            return act
        return _write(store, act, ActState.REFUSED, None, _refusal(error), at=at)
    digest, status = said.get("transactionHash"), said.get("status")
    if digest is None:
        return act
    if status in {None, DONE}:
        state = ActState.DONE if status == DONE else ActState.SENT
        return _write(store, act, state, str(digest), None, at=at)
    clause = said.get("refusal") or {"clause": "reverted"}
    refused = Refused(f"refused.{clause.get('clause')}", **clause)
    return _write(store, act, ActState.REFUSED, str(digest), _refusal(refused), at=at)


def _write(
    store: Store,
    act: CustomerAct,
    state: ActState,
    digest: str | None,
    refusal: Mapping[str, Any] | None,
    *,
    at: datetime,
) -> CustomerAct:
    with store.unit() as u:
        now = u.pages.acts.get(act.id, lock=True)
        if now.state in {ActState.DONE, ActState.REFUSED}:
            return now
        settled = at if state in {ActState.DONE, ActState.REFUSED} else None
        saved = u.pages.acts.save(
            replace(now, state=state, tx_hash=digest, refusal=refusal, settled_at=settled)
        )
        if settled is not None and saved.bill is not None:
            _settle_bill(u, saved, at=settled)
        u.commit()
        return saved


def _settle_bill(u: UnitOfWork, act: CustomerAct, *, at: datetime) -> None:
    """A bill whose payment is done is paid; one whose payment was refused waits again."""
    bill = u.pages.bills.find(act.bill or "", lock=True)
    if bill is None or not bill.fits(act):
        return
    if act.state is ActState.DONE:
        u.pages.bills.save(replace(bill, paid_by=act.id, paid_at=at))
    else:
        u.pages.bills.save(replace(bill, paid_by=None))


def _asked(
    u: UnitOfWork, actor: Actor, act_id: str
) -> tuple[CustomerAct, Mapping[str, str | None]]:
    person, _, _ = own(u, actor)
    act = u.pages.acts.find(act_id[:40])
    if act is None or act.customer != person.id:
        raise NotFound("act.not_found", id=act_id[:40])
    return act, asked_of(act, person)


def asked_of(act: CustomerAct, person: Customer) -> Mapping[str, str | None]:
    """An act as the gateway is asked for it."""
    return {
        "permit": act.permit,
        "wallet": person.wallet,
        "act": act.kind.value,
        "to": act.payee,
        "amount": str(act.amount),
        "key": act.id,
    }


def _refusal(error: SynakError) -> dict[str, Any]:
    named = {name: error.params.get(name) for name in NOTED}
    plain = {name: str(value) for name, value in named.items() if value is not None}
    return {"code": error.code, **plain}


def _check(person: Customer, command: BeginAct) -> None:
    if person.state is not CustomerState.REGISTERED:
        raise NotAllowed("customer.not_registered")
    if command.amount <= 0:
        raise InvalidInput("customer.nothing")


def _asset(permit: Permit, text: str) -> AssetCode:
    for each in permit.terms.assets:
        if each.asset == text:
            return each.asset
    raise InvalidInput("customer.asset", asset=text[:16])


def _payee(u: UnitOfWork, permit: Permit, person: Customer, text: str | None) -> Address:
    payee = checksum((text or "").strip())
    if payee == person.wallet:
        raise InvalidInput("customer.payee_self")
    known = u.customers.by_wallet(permit.number, payee)
    registered = known is not None and known.state is CustomerState.REGISTERED
    if not registered and payee != permit.settlement:
        raise InvalidInput("customer.payee_unknown")
    return payee


def _said(u: UnitOfWork, command: BeginAct) -> str:
    """What a payment is for: as the bill says, else as the payer does."""
    bill = u.pages.bills.find(command.bill[:40]) if command.bill else None
    return bill.reference if bill else command.reference


def _reference(text: str) -> str:
    return plain_text("reference", text, limit=LONGEST_REFERENCE, name=True)
