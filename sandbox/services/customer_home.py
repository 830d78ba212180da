"""What a customer sees on the own page: the test, the balance, the newest movements, the limits.

Rules: only what concerns this one person; whom they paid is named by the merchant's label, else by
the address that stands on the ledger anyway. A part that is out of reach is left out and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from eth_abi.abi import decode

from sandbox.domain.customer_page import CustomerAct
from sandbox.domain.ledger import ZERO, Movement
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Customer, Permit, PermitFile
from sandbox.domain.seats import Actor
from sandbox.domain.terms import CHAIN_OF, AssetTerms
from sandbox.domain.words import MemberKind
from sandbox.kit.errors import NotAllowed, SynakError
from sandbox.kit.ids import Address, AssetCode, ChainName, checksum
from sandbox.kit.money import NO_LIMIT, limit_to_json
from sandbox.services.calls import call_data
from sandbox.services.ports import Ports
from sandbox.store import UnitOfWork

NEWEST: Final = 15
CONTRACT: Final[Mapping[AssetCode, str]] = {"KGST": "KGST", "SOM": "DigitalSom"}
HELD: Final = frozenset({FileState.ACTIVATING, FileState.HALTED})
"""States of a permit's file in which nothing moves; in every other one money can be redeemed
(``domain.admission`` has the last word)."""


@dataclass(frozen=True)
class OwnLimit:
    """What one person may do with one asset; decimal strings or ``no limit``.

    Attributes:
        asset: which money.
        per_payment: what may be paid in one transaction.
        holding: what may be held.
        day: what may be paid in any 24 hours.
        whole: what may be paid in the whole trial.
        unidentified: what may be paid in one transaction without full identification.
        passed_on: what exceeds ``holding`` goes on to the settlement wallet.
    """

    asset: AssetCode
    per_payment: str
    holding: str
    day: str
    whole: str
    unidentified: str
    passed_on: bool


@dataclass(frozen=True)
class TestView:
    """The test as its customers are told of it."""

    number: str
    title: str
    org_name: str
    sponsor_name: str | None
    state: str
    start: datetime
    end: datetime
    may_pay: bool
    may_redeem: bool
    limits: tuple[OwnLimit, ...]
    assets: tuple[AssetCode, ...]


@dataclass(frozen=True)
class Balance:
    """What the own wallet holds, minor units; None when the chain is out of reach."""

    asset: AssetCode
    chain: ChainName
    amount: int | None


@dataclass(frozen=True)
class OwnMovement:
    """A movement of the own money. ``other``: a label, an address, or empty for the issuer."""

    at: datetime
    asset: AssetCode
    amount: int
    incoming: bool
    what: str
    """``issued``, ``redeemed``, ``paid`` or ``received``."""
    other: str
    tx_hash: str | None


@dataclass(frozen=True)
class HomeView:
    """The whole first page.

    Attributes:
        reopened: when another code opened it again, which signed out where it was open before; None
            while the first code is the only one that was used.
    """

    person: Customer
    label: str
    test: TestView
    balances: tuple[Balance, ...]
    movements: tuple[OwnMovement, ...]
    acts: tuple[CustomerAct, ...]
    reopened: datetime | None


def own(u: UnitOfWork, actor: Actor, *, lock: bool = False) -> tuple[Customer, Permit, PermitFile]:
    """The person behind a customer's credential, with permit and file.

    Raises:
        NotAllowed: ``customer.token_needed``.
    """
    if actor.customer is None:
        raise NotAllowed("customer.token_needed")
    person = u.customers.get(actor.customer, lock=lock)
    permit = u.permits.get(person.permit)
    return person, permit, u.files.get(permit.file)


def home(u: UnitOfWork, actor: Actor, *, at: datetime, ports: Ports) -> HomeView:
    """Everything of the first page.

    Raises:
        NotAllowed: ``customer.token_needed``.
    """
    person, permit, file = own(u, actor)
    label = u.pages.labels.find(person.id)
    balances = balances_of(permit, person.wallet, ports=ports)
    return HomeView(
        person=person,
        label=label.label if label else "",
        test=test_view(u, permit, file, person.kind, at=at),
        balances=balances,
        movements=_movements(u, permit, person, ports=ports),
        acts=u.pages.acts.of_customer(person.id, NEWEST),
        reopened=_reopened(u, person),
    )


def _reopened(u: UnitOfWork, person: Customer) -> datetime | None:
    used = [each.used_at for each in u.pages.invitations.of_customer(person.id) if each.used_at]
    return max(used) if len(used) > 1 else None


def test_view(
    u: UnitOfWork, permit: Permit, file: PermitFile, kind: MemberKind, *, at: datetime
) -> TestView:
    """The test of a permit.

    Args:
        u: a reading unit of work.
        permit: which one.
        file: its file.
        kind: whose holding cap is shown.
        at: now.
    """
    names = u.organisations.names_of({permit.org, permit.sponsor})
    running = permit.terms.start <= at < permit.terms.end
    return TestView(
        number=permit.number,
        title=permit.title,
        org_name=names.get(permit.org, permit.org),
        sponsor_name=names.get(permit.sponsor) if permit.sponsor else None,
        state=file.state.value,
        start=permit.terms.start,
        end=permit.terms.end,
        may_pay=file.state is FileState.ACTIVE and running,
        may_redeem=file.state not in HELD,
        limits=tuple(_limit(each, kind) for each in permit.terms.assets),
        assets=tuple(each.asset for each in permit.terms.assets),
    )


def balances_of(permit: Permit, wallet: Address, *, ports: Ports) -> tuple[Balance, ...]:
    """What a wallet holds of each asset of the permit."""
    found = []
    for each in permit.terms.assets:
        chain = CHAIN_OF[each.asset]
        try:
            amount: int | None = balance_of(chain, each.asset, wallet, ports=ports)
        except SynakError:
            amount = None
        found.append(Balance(each.asset, chain, amount))
    return tuple(found)


def balance_of(chain: ChainName, asset: AssetCode, wallet: Address, *, ports: Ports) -> int:
    """What a wallet holds of an asset now, minor units.

    Raises:
        Unavailable: gateway or chain out of reach.
    """
    token = ports.gateway.national()[chain].tokens[asset]
    data = call_data(CONTRACT[asset], "balanceOf", wallet)
    answer = ports.gateway.rpc(chain, "eth_call", [{"to": token, "data": data}, "latest"])
    (amount,) = decode(("uint256",), bytes.fromhex(answer[2:]))
    return int(amount)


def name_of_wallet(u: UnitOfWork, permit: Permit, wallet: str) -> str:
    """How another party of the permit is called: a label, else the address."""
    person = u.customers.by_wallet(permit.number, wallet)
    label = u.pages.labels.find(person.id) if person else None
    return label.label if label else wallet


def _limit(terms: AssetTerms, kind: MemberKind) -> OwnLimit:
    cap = terms.customer_cap if kind is MemberKind.CUSTOMER else terms.merchant_cap
    return OwnLimit(
        asset=terms.asset,
        per_payment=limit_to_json(terms.per_transaction),
        holding=limit_to_json(cap),
        day=limit_to_json(terms.customer_day_volume),
        whole=limit_to_json(terms.customer_total),
        unidentified=limit_to_json(terms.travel_rule),
        passed_on=terms.waterfall and cap != NO_LIMIT,
    )


def _movements(
    u: UnitOfWork, permit: Permit, person: Customer, *, ports: Ports
) -> tuple[OwnMovement, ...]:
    """From the explorer's index: complete, and without asking the chain."""
    try:
        national: Mapping[ChainName, Any] = ports.gateway.national()
    except SynakError:
        return ()
    found: list[OwnMovement] = []
    for each in permit.terms.assets:
        chain = CHAIN_OF[each.asset]
        token = national[chain].tokens[each.asset] if chain in national else ""
        found += [
            _movement(u, permit, person, each.asset, move)
            for move in u.explorer.movements_of(chain, person.wallet.lower(), None, NEWEST)
            if move.token.lower() == token.lower()
        ]
    found.sort(key=lambda one: one.at, reverse=True)
    return tuple(found[:NEWEST])


def _movement(
    u: UnitOfWork, permit: Permit, person: Customer, asset: AssetCode, move: Movement
) -> OwnMovement:
    incoming = move.payee == person.wallet.lower()
    other = move.payer if incoming else move.payee
    issuer = other in (ZERO, None)
    what = ("issued" if issuer else "received") if incoming else ("redeemed" if issuer else "paid")
    return OwnMovement(
        at=move.at,
        asset=asset,
        amount=move.amount,
        incoming=incoming,
        what=what,
        other="" if issuer or other is None else name_of_wallet(u, permit, checksum(other)),
        tx_hash=move.hash,
    )
