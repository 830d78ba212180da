"""What is known of a permit's people: where they live and how well they are identified.

Rules:

1. The firm's team says it, since customer due diligence is the firm's duty: at the invitation, or
   later for one person. Whoever was not described lives in Kyrgyzstan and is not identified.
2. It is told to the chain only under terms that need it (residences, travel rule), by the
   registrar, for a salted id: before a person is registered, before a version that needs it is
   published, and when it changes.
3. Every word is in the audit log; another permit's people do not exist for anybody else.
4. Of whoever was erased nothing is said any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.contracts.made import further_address
from sandbox.domain.records import Customer, OutboxRow, Permit
from sandbox.domain.residence import Attributes, Identification, KnownPerson, attributes
from sandbox.domain.seats import Actor
from sandbox.domain.terms import Terms
from sandbox.domain.words import CustomerState
from sandbox.kit.errors import Conflict, NotFound, Unavailable
from sandbox.kit.ids import ChainName, PermitNumber, PersonId, permit_key
from sandbox.services.access import team_permit
from sandbox.services.acts import earlier, remember
from sandbox.services.calls import call_data
from sandbox.services.ports import GatewayPort, NationalChain
from sandbox.store import Store, UnitOfWork

DESCRIBE: Final = "customer.describe"
"""The outbox kind that tells the chain what was said of a person."""
AT_ONCE: Final = 100
"""People in one transaction."""


@dataclass(frozen=True)
class DescribePerson:
    """Say where a person lives and how well it is identified.

    Attributes:
        customer: the person's id, or ``all`` for everybody of the permit.
        residence: an ISO 3166-1 alpha-2 code.
        level: ``none``, ``simplified`` or ``full``.
    """

    permit: PermitNumber
    customer: PersonId
    residence: str
    level: str
    key: str | None = None


def describe(
    u: UnitOfWork, actor: Actor, command: DescribePerson, *, at: datetime
) -> tuple[KnownPerson, ...]:
    """Say it; the worker tells the chain where the terms need it.

    Returns:
        What is known of the people concerned.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``permit.not_found``, ``customer.not_found``.
        InvalidInput: ``terms.residence_malformed``, ``customer.level``.
        Conflict: ``erasure.done_already``.
    """
    permit, _ = team_permit(u, actor, command.permit, lock=True)
    done = earlier(u, actor, "describe", command.key)
    people = _meant(u, permit, command.customer)
    if done is not None:
        known = u.known_people.of_permit(permit.number)
        return tuple(known[each.id] for each in people if each.id in known)
    said = attributes(command.residence, command.level)
    found = note(u, actor, people, said, at=at)
    for first in range(0, len(people), AT_ONCE):
        told = [each.id for each in people[first : first + AT_ONCE]]
        u.outbox.put(
            kind=DESCRIBE, subject=f"describe:{permit.number}", payload={"customers": told}, at=at
        )
    remember(u, actor, "describe", command.key, command.customer, at=at)
    return found


def note(
    u: UnitOfWork, actor: Actor, people: Sequence[Customer], said: Attributes, *, at: datetime
) -> tuple[KnownPerson, ...]:
    """Write down what was said of people of one permit, each with an audit entry of its own.

    The number of statements does not grow with the people; the caller holds the permit.
    """
    if not people:
        return ()
    found = tuple(
        KnownPerson(each.id, each.permit, said.residence, said.level, actor.account, at)
        for each in people
    )
    u.known_people.put_all(found)
    what = {"residence": said.residence, "level": said.level.value}
    u.audit.append_each(
        kind="permit.customer_described",
        actor=actor.account,
        subject=people[0].permit,
        data=[{"person": each.person_hash, **what} for each in people],
        at=at,
    )
    return found


def known(u: UnitOfWork, number: PermitNumber) -> dict[str, Attributes]:
    """What was said of a permit's people, by the person's id; nothing said is left out."""
    return {
        each.customer: Attributes(each.residence, Identification(each.level))
        for each in u.known_people.of_permit(number).values()
    }


def tell_chain(
    gateway: GatewayPort,
    where: NationalChain,
    number: PermitNumber,
    people: Iterable[tuple[Customer, Attributes]],
    *,
    idempotency_key: str,
    wait: bool = True,
) -> None:
    """Have the registrar tell one chain what is known of people.

    Args:
        gateway: sends it.
        where: the chain.
        number: the permit.
        people: whom, with what is known.
        idempotency_key: of this telling.
        wait: for the receipt.

    Raises:
        Unavailable: gateway or chain out of reach: try again; ``describe.refused``.
    """
    said = [
        (bytes.fromhex(each.person_hash[2:]), is_.residence.encode("ascii"), is_.level.code)
        for each, is_ in people
    ]
    for first in range(0, len(said), AT_ONCE):
        receipt = gateway.submit_system(
            where.chain,
            "system/registrar",
            further_address(where.supervisor),
            call_data(
                "FurtherLimits", "describe", permit_key(number), said[first : first + AT_ONCE]
            ),
            idempotency_key=f"{idempotency_key}:{first}",
            permit=number,
            wait=wait,
        )
        if receipt.get("status") not in {"0x1", None}:
            raise Unavailable("describe.refused", permit=number, chain=where.chain)


def tell_of_one(
    store: Store, gateway: GatewayPort, where: NationalChain, permit: Permit, person: Customer
) -> None:
    """Before a person is registered: tell the chain, where the terms need it.

    It is not waited for: the registrar's transactions are mined in their order.
    """
    if permit.terms.describes_people:
        with store.unit(read_only=True) as u:
            said = known(u, permit.number).get(person.id, Attributes())
        key = f"describe:{where.chain}:{person.wallet}"
        tell_chain(gateway, where, permit.number, [(person, said)], idempotency_key=key, wait=False)


def tell_of_all(
    store: Store,
    gateway: GatewayPort,
    where: NationalChain,
    number: PermitNumber,
    terms: Terms,
    version: int,
) -> None:
    """Before a version is published whose terms need it: tell the chain of everybody."""
    if not terms.describes_people:
        return
    with store.unit(read_only=True) as u:
        said = known(u, number)
        people = [
            (each, said.get(each.id, Attributes()))
            for each in u.customers.of_permit(number)
            if each.state in {CustomerState.CONSENTED, CustomerState.REGISTERED}
        ]
    key = f"describe:{where.chain}:{number}:{version}"
    tell_chain(gateway, where, number, people, idempotency_key=key, wait=False)


def tell_what_changed(
    store: Store,
    gateway: GatewayPort,
    row: OutboxRow,
    national: dict[ChainName, NationalChain],
) -> tuple[ChainName, ...]:
    """After somebody said something of people: tell the chains whose terms need it.

    Returns:
        The chains that were told.
    """
    with store.unit(read_only=True) as u:
        people = u.customers.of_ids(row.payload.get("customers") or [row.payload["customer"]])
        permit = u.permits.get(people[0].permit)
        said = known(u, permit.number)
    if not permit.terms.describes_people:
        return ()
    for chain in permit.chains:
        if chain not in national:
            raise Unavailable("chain.unknown", chain=chain)
        tell_chain(
            gateway,
            national[chain],
            permit.number,
            [(each, said.get(each.id, Attributes())) for each in people],
            idempotency_key=f"describe:{chain}:{row.id}",
        )
    return permit.chains


def _meant(u: UnitOfWork, permit: Permit, customer: str) -> Sequence[Customer]:
    everybody = u.customers.of_permit(permit.number)
    if customer == "all":
        return [each for each in everybody if each.salt]
    found = [each for each in everybody if customer == each.id]
    if not found:
        raise NotFound("customer.not_found", id=customer[:40])
    if not found[0].salt:
        raise Conflict("erasure.done_already")
    return found
