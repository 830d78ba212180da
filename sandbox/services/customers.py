"""Customers and merchants: invited, asked for consent, registered with the Supervisor.

Rules:

1. The chain sees a salted id only: sha256(salt || id); the salt is kept here and can be erased.
2. A wallet's consent is its own EIP-712 signature; without it nobody is registered.
3. Registering happens on chain by the registrar; what the chain refuses (the 21st customer) is
   shown as this person's state with the clause. People who consent at once are invited all or
   none: a call for more than there are places is refused as a whole, by the same clause.
4. A customer's token speaks for one wallet and is shown once, to whoever invited.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.contracts.typed import consent_typed_data
from sandbox.domain.records import AccessKey, Customer, Permit, PermitFile
from sandbox.domain.residence import HOME, Attributes, attributes
from sandbox.domain.seats import Actor
from sandbox.domain.words import CustomerState, KeyKind, MemberKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, Refused
from sandbox.kit.ids import AccountName, PermitNumber, PersonId, permit_key
from sandbox.services.access import readable_permit, require_running, team_permit
from sandbox.services.acts import earlier, remember
from sandbox.services.keys import new_key, push_keys
from sandbox.services.known_people import note
from sandbox.services.ports import Ports
from sandbox.services.signing import national_of
from sandbox.services.views import CustomerView
from sandbox.store import UnitOfWork

REGISTER: Final = "customer.register"
"""The outbox kind that registers a wallet with the Supervisor."""

PLACES: Final = {MemberKind.CUSTOMER: "max_customers", MemberKind.MERCHANT: "max_merchants"}
"""The clause that bounds how many of a kind take part."""
MOST_AT_ONCE: Final = 200
MOST_INVITED: Final = 20_000
CONSENT_GOOD_FOR: Final = timedelta(days=30)
"""How long the registrar may use a consent."""
TOKEN_AFTER_END: Final = timedelta(days=365)
"""How long after the term a customer can still redeem with the token."""


@dataclass(frozen=True)
class InviteCustomers:
    """Invite people (or synthetic ones) with a wallet each.

    Attributes:
        count: 1 to 200.
        kind: ``customer`` or ``merchant``.
        consent: synthetic people consent at once, each with its own wallet.
        residence: where they live; ISO 3166-1 alpha-2.
        level: how well they are identified: ``none``, ``simplified`` or ``full``.
    """

    permit: PermitNumber
    count: int
    kind: str = "customer"
    consent: bool = False
    residence: str = HOME
    level: str = "none"
    key: str | None = None


@dataclass(frozen=True)
class GiveConsent:
    """Take part in the trial of simulated money; by the customer's own token."""


def invite(
    u: UnitOfWork, actor: Actor, command: InviteCustomers, *, at: datetime, ports: Ports
) -> tuple[CustomerView, ...]:
    """Invite people; their tokens are in this answer and nowhere else.

    Raises:
        InvalidInput: ``customer.count``, ``customer.kind``, ``customer.level``,
            ``terms.residence_malformed``.
        NotAllowed: ``permit.not_active``, ``seat.right_missing``.
        Conflict: ``customer.too_many``.
        Refused: ``refused.max_customers``, ``refused.max_merchants``: they were to consent at once
            and there are too few places; nobody was invited.
        Unavailable: gateway out of reach; nobody was invited.
    """
    permit, file = team_permit(u, actor, command.permit, lock=True)
    done = earlier(u, actor, "invite", command.key)
    if done is not None:
        return tuple(_view(u.customers.get(each)) for each in done.split())
    kind = _kind(command.kind)
    said = attributes(command.residence, command.level)
    if not 1 <= command.count <= MOST_AT_ONCE:
        raise InvalidInput("customer.count", most=MOST_AT_ONCE)
    require_running(file)
    if command.consent:
        _require_places(u, permit, kind, command.count)
    place = u.customers.next_place(permit.number)
    if place + command.count > MOST_INVITED:
        raise Conflict("customer.too_many", most=MOST_INVITED)
    people = [
        _somebody(permit, kind, number, at=at, ports=ports)
        for number in range(place, place + command.count)
    ]
    if command.consent:
        people = [_signed(permit, each, at=at, ports=ports) for each in people]
    u.customers.add_all(people)
    made = [_token(permit, each, by=actor.account, at=at) for each in people]
    u.keys.add_all([key for key, _ in made])
    if said != Attributes():
        note(u, actor, people, said, at=at)
    if command.consent:
        _have_registered(u, permit, people, at=at)
    invited = tuple(_view(each, token) for each, (_, token) in zip(people, made, strict=True))
    u.audit.append(
        kind="permit.customers_invited",
        actor=actor.account,
        subject=permit.number,
        data={"kind": kind.value, "wallets": [each.address for each in invited]},
        at=at,
    )
    push_keys(u, ports, at=at)
    if command.key is not None:
        ids = " ".join(each.id for each in invited)
        remember(u, actor, "invite", command.key, ids, at=at)
    return invited


def consent(
    u: UnitOfWork,
    actor: Actor,
    command: GiveConsent,  # noqa: ARG001
    *,
    at: datetime,
    ports: Ports,
) -> CustomerView:
    """Consent with one's own wallet; registering follows. Twice is once.

    Raises:
        NotAllowed: ``customer.token_needed``, ``permit.not_active``.
        Unavailable: gateway out of reach; nothing was signed.
    """
    person, permit, file = _own(u, actor)
    if person.state is not CustomerState.INVITED:
        return _view(person)
    require_running(file)
    saved = u.customers.save(_signed(permit, person, at=at, ports=ports))
    _have_registered(u, permit, [saved], at=at)
    return _view(saved)


def me(u: UnitOfWork, actor: Actor, *, at: datetime) -> CustomerView:  # noqa: ARG001
    """The person behind a customer's token."""
    person, _, _ = _own(u, actor)
    return _view(person)


def list_customers(
    u: UnitOfWork,
    actor: Actor,
    number: str,
    *,
    at: datetime,  # noqa: ARG001
) -> tuple[CustomerView, ...]:
    """A permit's people in the order of invitation."""
    permit, _ = readable_permit(u, actor, number)
    return tuple(_view(each) for each in u.customers.of_permit(permit.number))


def person_hash(salt: bytes, person: PersonId) -> str:
    """What the chain sees of a person: sha256(salt || id), ``0x`` hex."""
    return "0x" + hashlib.sha256(salt + person.encode()).hexdigest()


def _require_places(u: UnitOfWork, permit: Permit, kind: MemberKind, count: int) -> None:
    """Places are taken by who is registered or has consented; the chain has the last word."""
    clause = PLACES[kind]
    limit = getattr(permit.terms, clause)
    used = u.customers.registered(permit.number, coming=True).get(kind, 0)
    if isinstance(limit, int) and used + count > limit:
        raise Refused(
            f"refused.{clause}",
            permit=permit.number,
            version=permit.version,
            limit=limit,
            used=used,
            requested=count,
        )


def _somebody(
    permit: Permit, kind: MemberKind, place: int, *, at: datetime, ports: Ports
) -> Customer:
    person = PersonId(str(uuid.uuid4()))
    salt = secrets.token_bytes(32)
    return Customer(
        id=person,
        permit=permit.number,
        kind=kind,
        place=place,
        salt=salt.hex(),
        person_hash=person_hash(salt, person),
        wallet=ports.gateway.create_wallet(f"customer/{permit.number}/{place}"),
        state=CustomerState.INVITED,
        invited_at=at,
    )


def _token(
    permit: Permit, person: Customer, *, by: AccountName, at: datetime
) -> tuple[AccessKey, str]:
    return new_key(
        KeyKind.CUSTOMER_TOKEN,
        permit.number,
        name=f"{person.kind.value} {person.place}",
        by=by,
        at=at,
        until=permit.terms.end + TOKEN_AFTER_END,
        customer=person.id,
    )


def _signed(permit: Permit, person: Customer, *, at: datetime, ports: Ports) -> Customer:
    """The person with the wallet's consent for every chain of the permit."""
    national = national_of(ports, permit.chains)
    deadline = int((at + CONSENT_GOOD_FOR).timestamp())
    signatures: dict[str, str] = {}
    for chain in permit.chains:
        where = national[chain]
        typed = consent_typed_data(
            where.chain_id,
            where.supervisor,
            permit=permit_key(permit.number),
            wallet=person.wallet,
            person=person.person_hash,
            deadline=deadline,
        )
        key = f"customer/{permit.number}/{person.place}"
        signatures[chain] = ports.gateway.sign_consent(permit.number, key, typed)
    return replace(
        person,
        state=CustomerState.CONSENTED,
        consent={**signatures, "deadline": str(deadline), "at": at.isoformat()},
    )


def _have_registered(
    u: UnitOfWork, permit: Permit, people: Sequence[Customer], *, at: datetime
) -> None:
    """Write down who consented, and have the worker register them."""
    u.audit.append_each(
        kind="permit.customer_consented",
        actor="customer",
        subject=permit.number,
        data=[
            {"wallet": each.wallet, "person": each.person_hash}
            | {chain: (each.consent or {})[chain] for chain in permit.chains}
            for each in people
        ],
        at=at,
    )
    for each in people:
        u.outbox.put(kind=REGISTER, subject=each.wallet, payload={"customer": each.id}, at=at)


def _own(u: UnitOfWork, actor: Actor) -> tuple[Customer, Permit, PermitFile]:
    if actor.customer is None:
        raise NotAllowed("customer.token_needed")
    person = u.customers.get(actor.customer, lock=True)
    permit = u.permits.get(person.permit)
    return person, permit, u.files.get(permit.file)


def _kind(text: str) -> MemberKind:
    try:
        return MemberKind(text)
    except ValueError:
        raise InvalidInput("customer.kind", kind=str(text)[:20]) from None


def _view(person: Customer, token: str | None = None) -> CustomerView:
    return CustomerView(
        id=person.id,
        kind=person.kind.value,
        address=person.wallet,
        state=person.state.value,
        invited_at=person.invited_at,
        token=token,
        refusal=person.refusal,
    )
