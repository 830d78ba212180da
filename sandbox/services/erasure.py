"""Erase what names a person, in one act with a receipt; refused while something speaks against it.

Rules:

1. A customer is erased when the part in the test is over, no complaint is open, the chain says
   that the wallet holds nothing, no money is owed and no period of law runs; nobody while a hold of
   the authority stands, or an order on the wallet or the permit is in force.
2. A member is erased when the account is closed. What was signed stays under the account's name.
3. In the audit log the bodies of entries that say more than a pseudonym are erased; their leaves,
   heads and every proof stay, and each erasure is an entry of its own.
4. The receipt says how much of what was taken and which places of the log; nothing of its content.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.complaints import ComplaintState
from sandbox.domain.customer_page import ActState
from sandbox.domain.records import Customer, Permit, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.retention import KINDS, Erasure, LegalHold, ends
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.settlement import CLOSED
from sandbox.domain.words import CustomerState, KeyKind
from sandbox.kit.errors import Conflict, NotFound, SynakError, Unavailable
from sandbox.kit.ids import AccountName, FileId
from sandbox.services.access import readable_file
from sandbox.services.acts import earlier, remember
from sandbox.services.complaints import erase_words
from sandbox.services.ports import GatewayPort, Ports
from sandbox.services.requirements import side_of
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.sealing import seal
from sandbox.services.settlement_reading import holders_among
from sandbox.store import UnitOfWork

SYSTEM: Final = "system"
TAKING_PART: Final = frozenset({CustomerState.CONSENTED, CustomerState.REGISTERED})
SAYS_MORE: Final = frozenset({"permit.customer_described", "permit.account_named"})
"""Kinds of entries that say more of a person than wallet and salted id."""
MOST_COMPLAINTS: Final = 10_000


@dataclass(frozen=True)
class EraseCustomer:
    """Erase a customer or merchant of a permit."""

    file: FileId
    customer: str
    key: str | None = None


@dataclass(frozen=True)
class EraseMember:
    """Erase a closed account of one's own organisation."""

    account: str
    key: str | None = None


@dataclass(frozen=True)
class SetHold:
    """Keep a person's records, or with an empty ``customer`` those of all people of a permit."""

    file: FileId
    customer: str
    reason: str
    key: str | None = None


@dataclass(frozen=True)
class LiftHold:
    """End a hold."""

    file: FileId
    hold: str
    key: str | None = None


def erase_customer(
    u: UnitOfWork, actor: Actor, command: EraseCustomer, *, at: datetime, ports: Ports
) -> Erasure:
    """Erase a customer, as the firm that answers for the data.

    Raises:
        Conflict: ``erasure.held``, ``erasure.order_in_force``, ``erasure.takes_part``,
            ``erasure.complaint_open``, ``erasure.money_owed``, ``erasure.period_runs``,
            ``erasure.holds_money``, ``erasure.done_already``.
        Unavailable: the chain does not say what the wallet holds.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``, ``customer.not_found``.
    """
    sponsors = Right.SPONSOR in rights_of(actor.seats)
    require_act_of_law(actor, Right.SPONSOR if sponsors else Right.APPLY, at)
    done = earlier(u, actor, "erase_customer", command.key)
    if done is not None:
        return u.erasures.get(done)
    file = readable_file(u, actor, command.file, lock=True)
    if side_of(actor, file) is None or file.permit is None:
        raise NotFound("file.not_found", id=command.file[:20])
    permit = u.permits.get(file.permit)
    person = u.customers.find(command.customer[:40], lock=True)
    if person is None or person.permit != permit.number:
        raise NotFound("customer.not_found", id=command.customer[:40])
    gateway = ports.gateway
    receipt = take_customer(u, permit, file, person, gateway, by=actor.account, at=at)
    remember(u, actor, "erase_customer", command.key, receipt.id, at=at)
    return receipt


def take_customer(  # noqa: PLR0913
    u: UnitOfWork,
    permit: Permit,
    file: PermitFile,
    person: Customer,
    gateway: GatewayPort,
    *,
    by: str,
    at: datetime,
) -> Erasure:
    """Erase a customer, for the firm or for the clock; the person is held by the caller.

    Raises:
        Conflict, Unavailable: as ``erase_customer``.
    """
    require_erasable(gathered(u, permit, file, [person], gateway), file, person, at=at)
    seal(u, person, at=at)
    erased = Counter(u.erasures.take_customer(person.id))
    erased["customer"] = int(bool(person.salt))
    u.customers.save(
        replace(person, state=_after(person), salt="", refusal=None),
    )
    for each in u.complaints.of_customer(person.id, MOST_COMPLAINTS):
        if each.erased_at is None:
            erase_words(u, each, actor=by, at=at)
            erased["complaint"] += 1
    for key in u.keys.of_permit(permit.number, KeyKind.CUSTOMER_TOKEN):
        if key.customer == person.id and key.revoked_at is None:
            u.keys.save(replace(key, revoked_at=at))
            erased["customer_access"] += 1
    entries = _entries(u, permit, person, by=by, at=at)
    return _receipt(u, person.id, permit, dict(erased), entries, by=by, at=at)


def erase_member(u: UnitOfWork, actor: Actor, command: EraseMember, *, at: datetime) -> Erasure:
    """Erase a member whose account is closed, as an owner or officer of the same organisation.

    Raises:
        Conflict: ``erasure.held``, ``erasure.account_open``, ``erasure.done_already``.
        NotAllowed: ``seat.*``.
        NotFound: ``account.not_found``: also for every other organisation's.
    """
    sponsors = Right.SPONSOR in rights_of(actor.seats)
    require_act_of_law(actor, Right.SPONSOR if sponsors else Right.APPLY, at)
    done = earlier(u, actor, "erase_member", command.key)
    if done is not None:
        return u.erasures.get(done)
    account = u.accounts.find(command.account[:32], lock=True)
    if account is None or account.org is None or account.org != actor.org:
        raise NotFound("account.not_found", id=command.account[:32])
    if account.active:
        raise Conflict("erasure.account_open", account=account.name)
    if u.erasures.of_subject(account.name):
        raise Conflict("erasure.done_already")
    if u.holds.standing([account.name]):
        raise Conflict("erasure.held")
    erased = u.erasures.take_account(AccountName(account.name))
    receipt = _receipt(u, account.name, None, erased, (), by=actor.account, at=at)
    remember(u, actor, "erase_member", command.key, receipt.id, at=at)
    return receipt


def set_hold(u: UnitOfWork, actor: Actor, command: SetHold, *, at: datetime) -> LegalHold:
    """Keep a person's records while a case runs; firms learn that they are kept, not why.

    Raises:
        InvalidInput: ``text.empty``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``, ``customer.not_found``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "set_hold", command.key)
    if done is not None:
        return u.holds.get(done)
    reason = needed_text("reason", command.reason)
    file = regulators_file(u, actor, command.file, at=at)
    person = u.customers.find(command.customer[:40]) if command.customer else None
    named = person is not None and person.permit == file.permit
    if file.permit is None or (command.customer and not named):
        raise NotFound("customer.not_found", id=command.customer[:40])
    hold = u.holds.add(
        LegalHold(
            id=uuid.uuid4().hex,
            subject=person.id if person else file.permit,
            permit=file.permit,
            reason=reason,
            set_by=actor.account,
            set_at=at,
        )
    )
    _enter_hold(u, actor, hold, "set", at=at)
    remember(u, actor, "set_hold", command.key, hold.id, at=at)
    return hold


def lift_hold(u: UnitOfWork, actor: Actor, command: LiftHold, *, at: datetime) -> LegalHold:
    """End a hold.

    Raises:
        Conflict: ``erasure.hold_ended``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``, ``hold.not_found``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "lift_hold", command.key)
    if done is not None:
        return u.holds.get(done)
    file = regulators_file(u, actor, command.file, at=at)
    hold = u.holds.get(command.hold[:40], lock=True)
    if hold.permit != file.permit:
        raise NotFound("hold.not_found", id=command.hold[:40])
    if hold.ended_at is not None:
        raise Conflict("erasure.hold_ended")
    saved = u.holds.save(replace(hold, ended_by=actor.account, ended_at=at))
    _enter_hold(u, actor, saved, "lifted", at=at)
    remember(u, actor, "lift_hold", command.key, hold.id, at=at)
    return saved


@dataclass(frozen=True)
class Facts:
    """What speaks against erasing the people of a permit, gathered once for all of them.

    Attributes:
        held: ids under a hold; the permit's number for everybody.
        erased: who has a receipt.
        complaining: whose complaint is not closed.
        owed: to whom returned money is not paid out.
        known: of whom residence or identification is known.
        until: when that period is over.
        stopped: wallets under an order that is in force; None among them for everybody.
        holding: whose wallet holds money; None while the chain does not say.
    """

    number: str
    held: frozenset[str]
    erased: frozenset[str]
    complaining: frozenset[str | None]
    owed: frozenset[str]
    known: frozenset[str]
    until: datetime
    stopped: frozenset[str | None]
    holding: frozenset[str] | None


def gathered(
    u: UnitOfWork,
    permit: Permit,
    file: PermitFile,
    people: Collection[Customer],
    gateway: GatewayPort,
) -> Facts:
    """Facts of a permit's people, in as many queries however many there are.

    Args:
        u: a unit of work.
        permit: whose.
        file: of the permit.
        people: of whom the chain is asked what they hold.
        gateway: the way to it.
    """
    returns = [
        (each, act)
        for settlement in u.settlements.of_permit(permit.number)
        for each, act in u.returns.with_acts(settlement.id)
    ]
    return Facts(
        number=permit.number,
        held=frozenset(each.subject for each in u.holds.of_permit(permit.number)),
        erased=frozenset(each.subject for each in u.erasures.of_permit(permit.number)),
        complaining=frozenset(
            each.customer
            for each in u.complaints.newest([permit.number], MOST_COMPLAINTS)
            if each.state is not ComplaintState.CLOSED
        ),
        owed=frozenset(
            each.customer
            for each, act in returns
            if each.paid_at is None and act.state is not ActState.REFUSED
        ),
        known=frozenset(u.known_people.of_permit(permit.number)),
        until=ends(KINDS["identification"], ended_at(u, permit, file)),
        stopped=frozenset(each.wallet for each in u.orders.in_force(permit.number)),
        holding=_holding(u, permit, people, gateway),
    )


def _holding(
    u: UnitOfWork, permit: Permit, people: Collection[Customer], gateway: GatewayPort
) -> frozenset[str] | None:
    try:
        return frozenset(holders_among(u, permit, gateway, people))
    except Unavailable:
        return None


def require_erasable(facts: Facts, file: PermitFile, person: Customer, *, at: datetime) -> None:
    """Refuse to erase a customer while something speaks against it.

    Raises:
        Conflict, Unavailable: as ``erase_customer``.
    """
    if person.id in facts.erased:
        raise Conflict("erasure.done_already")
    if {person.id, facts.number} & facts.held:
        raise Conflict("erasure.held")
    if {person.wallet, None} & facts.stopped:
        raise Conflict("erasure.order_in_force")
    if person.state in TAKING_PART and file.state not in CLOSED:
        raise Conflict("erasure.takes_part")
    if person.id in facts.complaining:
        raise Conflict("erasure.complaint_open")
    if person.id in facts.owed:
        raise Conflict("erasure.money_owed")
    if person.id in facts.known and at < facts.until:
        raise Conflict("erasure.period_runs", until=facts.until.isoformat())
    if facts.holding is None:
        raise Unavailable("erasure.chain_silent")
    if person.id in facts.holding:
        raise Conflict("erasure.holds_money")


def ended_at(u: UnitOfWork, permit: Permit, file: PermitFile) -> datetime:
    """When a test ended: the beginning of its settlement, else the end of its term."""
    began = [
        each.since for each in u.deadlines.of_file(file.id) if each.kind is DeadlineKind.SETTLEMENT
    ]
    return max(began, default=permit.terms.end)


def why_not(facts: Facts, file: PermitFile, person: Customer, *, at: datetime) -> SynakError | None:
    """What speaks against erasing a customer now; None: nothing."""
    try:
        require_erasable(facts, file, person, at=at)
    except (Conflict, Unavailable) as error:
        return error
    return None


def _after(person: Customer) -> CustomerState:
    """Somebody who never joined stays invited, without a way in."""
    return CustomerState.RELEASED if person.state in TAKING_PART else person.state


def _entries(
    u: UnitOfWork, permit: Permit, person: Customer, *, by: str, at: datetime
) -> tuple[int, ...]:
    """Erase the bodies of entries that say more than a pseudonym."""
    found = [
        each.index
        for each in u.audit.of_kinds(permit.number, SAYS_MORE)
        if each.body is not None and each.body["data"].get("person") == person.person_hash
    ]
    for index in found:
        u.audit.erase(index, actor=by, at=at)
    return tuple(found)


def _receipt(  # noqa: PLR0913 - the parts of one receipt
    u: UnitOfWork,
    subject: str,
    permit: Permit | None,
    erased: dict[str, int],
    entries: tuple[int, ...],
    *,
    by: str,
    at: datetime,
) -> Erasure:
    receipt = u.erasures.add(
        Erasure(
            id=uuid.uuid4().hex,
            subject=subject,
            permit=permit.number if permit else None,
            erased={kind: count for kind, count in erased.items() if count},
            entries=entries,
            by=by,
            at=at,
        )
    )
    u.audit.append(
        kind="permit.person_erased" if permit else "account.erased",
        actor=by,
        subject=permit.number if permit else subject,
        data={
            "receipt": receipt.id,
            "erased": dict(receipt.erased),
            "entries": list(entries),
        },
        at=at,
    )
    return receipt


def _enter_hold(u: UnitOfWork, actor: Actor, hold: LegalHold, what: str, *, at: datetime) -> None:
    """Under the hold's own id: a file's timeline, which firms read, does not show it."""
    u.audit.append(
        kind=f"authority.hold_{what}",
        actor=actor.account,
        subject=f"hold/{hold.id}",
        data={"permit": hold.permit, "of": hold.subject, "reason": hold.reason},
        at=at,
    )
