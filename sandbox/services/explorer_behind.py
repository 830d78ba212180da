"""Who is behind an address: for the permit's parties and its supervisors, and for nobody else.

Rules:

- The database is asked for an address and the reader's sight (``domain.sight``) in one condition:
  what a reader may not see does not leave it, so neither an order nor a count depends on it, and
  a page costs the same however many permits its reader may see.
- Everybody is shown the public names: the national contracts, the platform's own wallets.
- A person stays a number ("customer 3"): names of people are nowhere in the explorer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sandbox.contracts.made import (
    attestations_address,
    further_address,
    ledgers_address,
    reviews_address,
)
from sandbox.domain.ledger import Cursor, KnownAddress
from sandbox.domain.seats import Actor
from sandbox.domain.sight import sight_of
from sandbox.kit.ids import OrgId, PermitNumber, checksum
from sandbox.store import UnitOfWork

TOKENS: Final = {"kgst": "KGST", "som": "DigitalSom"}
"""The contract of each chain's money."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Who is behind an address, for those who may know.

    Attributes:
        permit: the permit's number.
        org_name: its operator.
        kind: ``customer``, ``merchant``, ``settlement``, ``team`` or ``contract``.
        place: the person's number in the permit, from 1; None for no person.
    """

    permit: str
    org_name: str
    kind: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A permit as far as naming addresses needs it.

    Attributes:
        number: of the permit.
        org: its operator.
    """

    number: PermitNumber
    org: OrgId


def visible_permits(
    u: UnitOfWork, actor: Actor, numbers: Collection[str | None]
) -> dict[str, Party]:
    """Which of these permits' parties this reader may know, by number.

    Args:
        u: a reading unit of work.
        actor: who reads.
        numbers: of permits that a page names.
    """
    found = u.parties.operators(sight_of(actor), {each for each in numbers if each})
    return {
        number: Party(PermitNumber(number), org)
        for number, org in found.items()
        if actor.permit in {None, number}
    }


def behind(
    u: UnitOfWork, actor: Actor, known: Iterable[KnownAddress], extra: Collection[str] = ()
) -> dict[str, Behind]:
    """Who is behind these addresses, as far as this reader may know.

    Args:
        u: a reading unit of work.
        actor: who reads.
        known: addresses as the index knows them.
        extra: further addresses, lower case.
    """
    listed = list(known)
    made = visible_permits(u, actor, {each.permit for each in listed})
    addresses = {*extra, *(each.address for each in listed)}
    held = [
        each
        for each in u.parties.holders(sight_of(actor), [checksum(each) for each in addresses])
        if actor.permit in {None, each.permit}
    ]
    orgs = {each.org for each in made.values()} | {each.org for each in held}
    names = u.organisations.names_of(orgs)
    found = {
        each.address: Behind(each.permit, names.get(made[each.permit].org, ""), "contract")
        for each in listed
        if each.permit in made
    }
    for each in held:
        org_name = names.get(each.org, "")
        found[each.wallet.lower()] = Behind(each.permit, org_name, each.kind, each.place)
    return found


def national_contracts(u: UnitOfWork, cursor: Cursor) -> dict[str, str]:
    """The national contracts of a chain: address in lower case to the contract's name.

    Attestations is where the Supervisor's creator made it, once that creation is indexed.
    """
    creator = None
    if cursor.chain == "kgst":
        known = u.explorer.addresses(cursor.chain, [cursor.supervisor]).get(cursor.supervisor)
        creator = known.creator if known else None
    beside = {attestations_address(creator).lower(): "Attestations"} if creator else {}
    return beside | {
        cursor.supervisor: "Supervisor",
        reviews_address(cursor.supervisor).lower(): "ContractReviews",
        further_address(cursor.supervisor).lower(): "FurtherLimits",
        ledgers_address(cursor.supervisor).lower(): "SupervisedLedgers",
        cursor.token: TOKENS[cursor.chain],
    }


def public_names(u: UnitOfWork, cursor: Cursor, token_symbol: str) -> dict[str, str]:
    """Names that everybody is shown: the national contracts."""
    return national_contracts(u, cursor) | {cursor.token: token_symbol}
