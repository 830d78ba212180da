"""What the worker does on chain: publish a version, register a person.

Each handler may be killed at any step and run again: a transaction is sent under an idempotency
key that the gateway keeps in its journal, and the store is written once, at the end, together with
the row being done.

Publishing, in steps:

1. Read the decision and what the chain already holds.
2. Send the version to each chain's Supervisor and wait for the receipts.
3. With the first version: register the settlement wallet and give it gas money.
4. Write down: published, the chain's own interim deadline, a new policy revision, the audit entry.

The gateway's acknowledgement, after which a permit is active, is ``acknowledgement``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.contracts.typed import publish_call, publish_to
from sandbox.domain.records import Customer, Decision, OutboxRow, Permit
from sandbox.domain.words import CustomerState, DecisionStatus
from sandbox.kit.clock import Clock
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.kit.ids import Address, ChainName, PermitNumber, permit_key
from sandbox.services.calls import call_data, read
from sandbox.services.known_people import tell_of_all, tell_of_one, tell_what_changed
from sandbox.services.policies import touch
from sandbox.services.ports import GatewayPort, HubPort, NationalChain
from sandbox.services.signing import chain_terms
from sandbox.store import Store, UnitOfWork

SETTLEMENT: Final = 3
"""The Supervisor's kind of a settlement wallet."""

GAS_MONEY_SETTLEMENT: Final = 10 * 10**18
GAS_MONEY_PERSON: Final = 10**18
"""Test BNB, in wei, that a new member is given once."""

Step = Callable[[str], None]
"""Told the name of each step as it is passed."""


class NeverPossible(SynakError):
    """The chain refuses this for good: trying again cannot help."""


@dataclass(frozen=True)
class Desk:
    """What a handler works with.

    Attributes:
        store: where it writes down what came of it.
        gateway: how it reaches the chain.
        clock: tells the time.
        at_step: told each step; tests end the process there.
        hub: what ended memberships are told to; None where there is none.
    """

    store: Store
    gateway: GatewayPort
    clock: Clock
    at_step: Step = lambda _name: None
    hub: HubPort | None = None


def publish(desk: Desk, row: OutboxRow) -> None:
    """Put a decision's version on chain.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
        NeverPossible: ``publish.refused``: the Supervisor will not have it.
    """
    with desk.store.unit(read_only=True) as u:
        decision = u.decisions.get(row.payload["decision"])
        permit = u.permits.get(PermitNumber(row.subject))
    desk.at_step("publish.begun")
    national = desk.gateway.national()
    if decision.version == 1:
        wallet = _settlement(desk, permit)
        _gas_money(desk, national, permit, wallet, GAS_MONEY_SETTLEMENT, wait=False)
    receipts: dict[str, str] = {}
    for chain in permit.chains:
        where = where_of(national, chain)
        receipts[chain] = _publish_on(desk, where, permit, decision)
        desk.at_step("publish.sent")
    settlement = permit.settlement
    if decision.version == 1:
        settlement = _settle(desk, national, permit)
        desk.at_step("publish.settled")
    until = _interim_until(desk, where_of(national, permit.chains[0]), permit)
    with desk.store.unit() as u:
        _published(u, row, decision, receipts, settlement, until, at=desk.clock.now())
        desk.at_step("publish.before_commit")
        u.commit()
    desk.at_step("publish.written")


def _publish_on(desk: Desk, where: NationalChain, permit: Permit, decision: Decision) -> str:
    if decision.terms is None or decision.trial_state is None:
        raise IntegrityFailure("decision.incomplete", id=decision.id)
    struct = chain_terms(
        where,
        terms=decision.terms,
        number=permit.number,
        version=decision.version,
        state=decision.trial_state,
    )
    tell_of_all(desk.store, desk.gateway, where, permit.number, decision.terms, decision.version)
    signatures = [bytes.fromhex(each.terms[where.chain][2:]) for each in decision.signatures]
    receipt = desk.gateway.submit_system(
        where.chain,
        "system/relayer",
        publish_to(where.supervisor, struct),
        "0x" + publish_call(struct, signatures).hex(),
        idempotency_key=f"publish:{permit.number}:{decision.version}:{where.chain}",
        permit=permit.number,
    )
    (last,) = read(
        desk.gateway, where.chain, where.supervisor, "lastVersion", permit_key(permit.number)
    )
    if last < decision.version:
        raise NeverPossible(
            "publish.refused",
            permit=permit.number,
            version=decision.version,
            reason=why(receipt),
            last=int(last),
        )
    return str(receipt.get("transactionHash"))


def _settlement(desk: Desk, permit: Permit) -> Address:
    return desk.gateway.create_wallet(f"permit/{permit.number}/0")


def _settle(desk: Desk, national: Mapping[ChainName, NationalChain], permit: Permit) -> Address:
    """Register the settlement wallet on each chain and give it gas money."""
    wallet = _settlement(desk, permit)
    for chain in permit.chains:
        where = where_of(national, chain)
        _open_som_wallet(desk, where, wallet)
        receipt = _register(desk, where, permit.number, wallet, SETTLEMENT, bytes(32), 0, b"")
        if receipt.get("status") != "0x1":
            raise NeverPossible("publish.settlement_refused", reason=why(receipt))
    _gas_money(desk, national, permit, wallet, GAS_MONEY_SETTLEMENT)
    return wallet


def _published(  # noqa: PLR0913
    u: UnitOfWork,
    row: OutboxRow,
    decision: Decision,
    receipts: Mapping[str, str],
    settlement: Address | None,
    until: datetime | None,
    *,
    at: datetime,
) -> None:
    permit = u.permits.get(PermitNumber(row.subject), lock=True)
    newest = decision.version == permit.version
    touch(
        u,
        replace(
            permit,
            published_version=max(permit.published_version, decision.version),
            settlement=settlement,
            interim_until=until if newest and permit.interim_until else permit.interim_until,
        ),
    )
    for each in u.decisions.of_file(permit.file):
        lone = each.interim_until is not None and each.status is DecisionStatus.IN_FORCE
        if lone and each.version <= decision.version:
            u.decisions.save(replace(each, interim_until=until))
    u.audit.append(
        kind="permit.published",
        actor="system",
        subject=permit.number,
        data={"version": decision.version, "transactions": dict(receipts)},
        at=at,
    )
    u.outbox.done(row.id, at)


def register(desk: Desk, row: OutboxRow) -> None:
    """Register a consented person's wallet on every chain of the permit.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        person = u.customers.get(row.payload["customer"])
        permit = u.permits.get(person.permit)
    desk.at_step("register.begun")
    consent = person.consent or {}
    national = desk.gateway.national()
    refusal: Mapping[str, Any] | None = None
    for chain in permit.chains:
        where = where_of(national, chain)
        _open_som_wallet(desk, where, person.wallet)
        _gas_money(desk, {chain: where}, permit, person.wallet, GAS_MONEY_PERSON, wait=False)
        tell_of_one(desk.store, desk.gateway, where, permit, person)
        receipt = _register(
            desk,
            where,
            permit.number,
            person.wallet,
            person.kind.code,
            bytes.fromhex(person.person_hash[2:]),
            int(consent["deadline"]),
            bytes.fromhex(consent[chain][2:]),
        )
        if receipt.get("status") != "0x1":
            refusal = receipt.get("refusal") or {"clause": "reverted", "reason": why(receipt)}
            break
        desk.at_step("register.sent")
    if refusal is None:
        _gas_money(desk, national, permit, person.wallet, GAS_MONEY_PERSON)
    with desk.store.unit() as u:
        _registered(u, row, person, refusal, at=desk.clock.now())
        u.commit()
    desk.at_step("register.written")


def _registered(
    u: UnitOfWork,
    row: OutboxRow,
    person: Customer,
    refusal: Mapping[str, Any] | None,
    *,
    at: datetime,
) -> None:
    permit = u.permits.get(person.permit, lock=True)
    now = u.customers.get(person.id, lock=True)
    state = CustomerState.REGISTERED if refusal is None else CustomerState.REFUSED
    u.customers.save(replace(now, state=state, refusal=refusal))
    if refusal is None:
        touch(u, permit)
    u.audit.append(
        kind=f"permit.customer_{state.value}",
        actor="system",
        subject=permit.number,
        data={
            "wallet": person.wallet,
            "person": person.person_hash,
            "refusal": plain_refusal(refusal),
        },
        at=at,
    )
    u.outbox.done(row.id, at)


def describe(desk: Desk, row: OutboxRow) -> None:
    """Tell the chain what was said of a person, where the permit's terms need it.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    tell_what_changed(desk.store, desk.gateway, row, dict(desk.gateway.national()))
    with desk.store.unit() as u:
        u.outbox.done(row.id, desk.clock.now())
        u.commit()


def admit_wallet(
    desk: Desk,
    where: NationalChain,
    number: PermitNumber,
    wallet: Address,
    *,
    idempotency_key: str,
) -> Mapping[str, Any]:
    """Register a team's own wallet as one of the permit's settlement wallets on one chain.

    Args:
        desk: the gateway.
        where: the chain.
        number: the permit.
        wallet: has proved that its key is the team's.
        idempotency_key: of this joining; the same wallet may leave and join again.

    Returns:
        The receipt, with ``refusal`` when the Supervisor said no.
    """
    _open_som_wallet(desk, where, wallet)
    if where.chain == "kgst":
        _send_gas_money(desk, number, wallet, GAS_MONEY_SETTLEMENT, wait=True)
    return desk.gateway.submit_system(
        where.chain,
        "system/registrar",
        where.supervisor,
        call_data(
            "Supervisor", "register", permit_key(number), wallet, SETTLEMENT, bytes(32), 0, b""
        ),
        idempotency_key=idempotency_key,
        permit=number,
    )


def _register(  # noqa: PLR0913, PLR0917
    desk: Desk,
    where: NationalChain,
    number: PermitNumber,
    wallet: Address,
    kind: int,
    person: bytes,
    deadline: int,
    consent: bytes,
) -> Mapping[str, Any]:
    return desk.gateway.submit_system(
        where.chain,
        "system/registrar",
        where.supervisor,
        call_data(
            "Supervisor", "register", permit_key(number), wallet, kind, person, deadline, consent
        ),
        idempotency_key=f"register:{where.chain}:{wallet}",
        permit=number,
    )


def _open_som_wallet(desk: Desk, where: NationalChain, wallet: Address) -> None:
    """On the digital-som chain only registered wallets can hold money."""
    if where.chain != "som":
        return
    desk.gateway.submit_system(
        "som",
        "system/centralbank",
        Address(where.tokens["SOM"]),
        call_data("DigitalSom", "registerWallet", wallet, True),
        idempotency_key=f"som-wallet:{wallet}",
    )


def _gas_money(
    desk: Desk,
    national: Mapping[ChainName, NationalChain],
    permit: Permit,
    wallet: Address,
    wei: int,
    *,
    wait: bool = True,
) -> None:
    """Test BNB for fees, once for each wallet."""
    if "kgst" in national and "kgst" in permit.chains:
        _send_gas_money(desk, permit.number, wallet, wei, wait=wait)


def _send_gas_money(
    desk: Desk, number: PermitNumber, wallet: Address, wei: int, *, wait: bool
) -> None:
    desk.gateway.submit_system(
        "kgst",
        "system/treasury",
        wallet,
        "0x",
        idempotency_key=f"gas:{wallet}",
        value=wei,
        permit=number,
        wait=wait,
    )


def _interim_until(desk: Desk, where: NationalChain, permit: Permit) -> datetime | None:
    *_, until = read(
        desk.gateway, where.chain, where.supervisor, "effective", permit_key(permit.number)
    )
    return datetime.fromtimestamp(until, UTC) if until else None


def where_of(national: Mapping[ChainName, NationalChain], chain: ChainName) -> NationalChain:
    """One chain's national contracts.

    Raises:
        Unavailable: ``chain.unknown``: the gateway does not have it running.
    """
    if chain not in national:
        raise Unavailable("chain.unknown", chain=chain)
    return national[chain]


def why(receipt: Mapping[str, Any]) -> str:
    """Why a system transaction failed, for a record."""
    return str(receipt.get("refusal") or receipt.get("error") or receipt.get("status"))[:300]


def plain_refusal(refusal: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A chain's refusal as it is kept in the audit log: names and texts."""
    if refusal is None:
        return None
    return {name: None if value is None else str(value) for name, value in refusal.items()}
