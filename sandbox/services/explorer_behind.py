"""Who is behind an address: for the permit's parties and its supervisors, and for nobody else.

Rules:

- First the permits that this reader may see (``domain.sight``); then only those are asked
  about. What a reader may not see is never read, so neither an order, nor a count, nor the
  time of an answer depends on it. Who may see every permit is read those of the page alone.
- Everybody is shown the public names: the national contracts, the platform's own wallets.
- A person stays a number ("customer 3"): names of people are nowhere in the explorer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sandbox.contracts.typed import further_address
from sandbox.domain.ledger import Cursor, KnownAddress
from sandbox.domain.seats import Actor
from sandbox.domain.sight import FileSight, sight_of
from sandbox.kit.ids import OrgId, PermitNumber, checksum
from sandbox.store import UnitOfWork
from sandbox.store.team_wallets import TeamWallets


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
        settlement: its settlement wallet, checksummed.
    """

    number: PermitNumber
    org: OrgId
    settlement: str | None


def visible_permits(
    u: UnitOfWork, actor: Actor, numbers: Collection[str | None]
) -> dict[str, Party]:
    """Which of these permits' parties this reader may know, by number.

    Args:
        u: a reading unit of work.
        actor: who reads.
        numbers: of permits that a page names.
    """
    sight = sight_of(actor)
    asked = None if _few(sight) else {each for each in numbers if each}
    found = u.listing.parties(sight, asked)
    return {
        number: Party(PermitNumber(number), org, settlement)
        for number, (org, settlement) in found.items()
        if actor.permit in {None, number}
    }


def _few(sight: FileSight) -> bool:
    """Whether the reader's permits are one organisation's: those are read first, then asked about.

    Who sees every permit has nothing hidden; for them only the permits of the page are read.
    """
    return not sight.submitted


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
    addresses = {*extra, *(each.address for each in listed)}
    wallets = [checksum(each) for each in addresses]
    asked = {each.permit for each in listed if each.permit}
    if not _few(sight_of(actor)):
        asked |= _named(u, sight_of(actor), wallets)
    permits = visible_permits(u, actor, asked)
    if not permits:
        return {}
    names = u.organisations.names_of({each.org for each in permits.values()})
    found = {
        each.address: Behind(each.permit, names.get(permits[each.permit].org, ""), "contract")
        for each in listed
        if each.permit in permits
    }
    for address, permit, kind, place in _wallets(u, permits, wallets):
        found[address] = Behind(permit.number, names.get(permit.org, ""), kind, place)
    return found


def _named(u: UnitOfWork, sight: FileSight, wallets: Collection[str]) -> set[str]:
    """The permits that wallets belong to, for a reader who may see every permit."""
    teams = TeamWallets(u.session)
    return {
        *u.listing.settled_by(sight, wallets),
        *(each.permit for each in u.customers.select(u.customers.columns.wallet.in_(wallets))),
        *(each.permit for each in teams.select(teams.columns.address.in_(wallets))),
    }


def _wallets(
    u: UnitOfWork, permits: dict[str, Party], wallets: Collection[str]
) -> list[tuple[str, Party, str, int | None]]:
    found: list[tuple[str, Party, str, int | None]] = [
        (permit.settlement.lower(), permit, "settlement", None)
        for permit in permits.values()
        if permit.settlement and permit.settlement in wallets
    ]
    columns = u.customers.columns
    for person in u.customers.select(columns.wallet.in_(wallets), columns.permit.in_([*permits])):
        permit = permits[person.permit]
        found.append((person.wallet.lower(), permit, person.kind.value, person.place + 1))
    teams = TeamWallets(u.session)
    found += [
        (wallet.address.lower(), permits[wallet.permit], "team", None)
        for wallet in teams.select(
            teams.columns.address.in_(wallets),
            teams.columns.permit.in_([*permits]),
            teams.columns.joined_at.is_not(None),
        )
    ]
    return found


def public_names(cursor: Cursor, token_symbol: str) -> dict[str, str]:
    """Names that everybody is shown: the national contracts."""
    return {
        cursor.supervisor: "Supervisor",
        further_address(cursor.supervisor).lower(): "FurtherLimits",
        cursor.token: token_symbol,
    }
