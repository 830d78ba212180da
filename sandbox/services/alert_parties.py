"""Who the parties of payments are, for the rules: kinds and permits by address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.alerts.facts import Kind
from sandbox.domain.ledger import ZERO
from sandbox.domain.words import MemberKind
from sandbox.kit.ids import checksum
from sandbox.store import UnitOfWork

_PART: Final = 400
_KINDS: Final = {MemberKind.CUSTOMER: Kind.CUSTOMER, MemberKind.MERCHANT: Kind.MERCHANT}


@dataclass
class Parties:
    """What is known of addresses.

    Attributes:
        kinds: by address, lower case.
        permits: number by address.
        customers: the same for customers only.
        places: number of a person in the permit, from 1, by address.
    """

    kinds: dict[str, Kind] = field(default_factory=lambda: {ZERO: Kind.ISSUER})
    permits: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @property
    def customers(self) -> dict[str, str]:
        """The permit of each customer, by address."""
        return {
            address: permit
            for address, permit in self.permits.items()
            if self.kinds[address] is Kind.CUSTOMER
        }

    def put(self, address: str, kind: Kind, permit: str) -> None:
        """Note who an address is."""
        low = address.lower()
        self.kinds[low], self.permits[low] = kind, permit

    def forget(self, address: str) -> None:
        """Leave out who an address is."""
        for known in (self.kinds, self.permits, self.places):
            known.pop(address, None)


def parties_of(
    u: UnitOfWork, addresses: Collection[str], among: Collection[str] | None = None
) -> Parties:
    """Who these addresses are.

    Args:
        u: a reading unit of work.
        addresses: lower case.
        among: name parties of these permits alone; None for all.
    """
    found = Parties()
    known = sorted({checksum(each) for each in addresses if each != ZERO})
    for first in range(0, len(known), _PART):
        _add(u, found, known[first : first + _PART])
    if among is not None:
        for address in [each for each, permit in found.permits.items() if permit not in among]:
            found.forget(address)
    return found


def _add(u: UnitOfWork, found: Parties, wallets: Sequence[str]) -> None:
    permits, teams, people = u.permits.columns, u.wallets.columns, u.customers.columns
    for permit in u.permits.select(permits.settlement.in_(wallets)):
        found.put(str(permit.settlement), Kind.SETTLEMENT, permit.number)
    joined = teams.joined_at.is_not(None)
    for wallet in u.wallets.select(teams.address.in_(wallets), joined):
        found.put(wallet.address, Kind.TEAM, wallet.permit)
    for person in u.customers.select(people.wallet.in_(wallets)):
        found.put(person.wallet, _KINDS.get(person.kind, Kind.OTHER), person.permit)
        found.places[person.wallet.lower()] = person.place + 1
