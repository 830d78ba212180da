"""Who is behind an address: for the permit's parties and its supervisors, and for nobody else.

Rules:

- First the permits that this reader may see (``services.access``); then only those are asked
  about. What a reader may not see is never read, so neither an order, nor a count, nor the
  time of an answer depends on it.
- Everybody is shown the public names: the national contracts, the platform's own wallets.
- A person stays a number ("customer 3"): names of people are nowhere in the explorer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sandbox.domain.ledger import Cursor, KnownAddress
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.kit.ids import checksum
from sandbox.services.access import sees_file
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


def visible_permits(u: UnitOfWork, actor: Actor) -> dict[str, Permit]:
    """The permits whose parties this reader may know, by number."""
    if Right.SEE_ALL_FILES in rights_of(actor.seats):
        permits = u.permits.all()
    elif actor.org is not None:
        permits = u.permits.of_orgs(actor.org)
    else:
        permits = ()
    files = u.files.states([each.file for each in permits])
    return {
        each.number: each
        for each in permits
        if actor.permit in {None, each.number} and sees_file(actor, files[each.file])
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
    permits = visible_permits(u, actor)
    if not permits:
        return {}
    contracts = {each.address: each.permit for each in known if each.permit in permits}
    names = u.organisations.names_of({each.org for each in permits.values()})
    found = {
        address: Behind(str(number), names.get(permits[str(number)].org, ""), "contract")
        for address, number in contracts.items()
    }
    addresses = {*extra, *(each.address for each in known)}
    for address, permit, kind, place in _wallets(u, permits, addresses):
        found[address] = Behind(permit.number, names.get(permit.org, ""), kind, place)
    return found


def _wallets(
    u: UnitOfWork, permits: dict[str, Permit], addresses: Collection[str]
) -> list[tuple[str, Permit, str, int | None]]:
    found: list[tuple[str, Permit, str, int | None]] = [
        (permit.settlement.lower(), permit, "settlement", None)
        for permit in permits.values()
        if permit.settlement and permit.settlement.lower() in addresses
    ]
    wallets = [checksum(each) for each in addresses]
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
    return {cursor.supervisor: "Supervisor", cursor.token: token_symbol}
