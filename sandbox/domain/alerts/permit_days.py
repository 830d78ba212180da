"""A permit's day: what its customers paid, and what everybody held at the end of it.

Rules:

1. One row for each permit, chain and Bishkek day in which money moved; levels carry over.
2. A level never falls below zero: what a wallet had before it was registered is not known, and
   what a firm gives before it took anything is a gift and no credit.
3. Payments are folded in the ledger's order: in one go or in many gives the same.

>>> a, b = "0xa", "0xb"
>>> roles = {a: ("P", Role.CUSTOMER), b: ("P", Role.TEAM)}
>>> moved = Payment(1, 1, datetime(2026, 3, 1, tzinfo=UTC), a, b, 700, "0x1")
>>> [(day.payments, day.taken, day.uncovered) for day in fold("kgst", [moved], roles, {}).values()]
[(1, 700, 700)]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sandbox.domain.alerts.facts import Payment
from sandbox.domain.calendar import BISHKEK, day_of


class Role(StrEnum):
    """What an address is to its permit."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    TEAM = "team"
    SETTLEMENT = "settlement"
    CONTRACT = "contract"


FIRM: Final = frozenset({Role.TEAM, Role.SETTLEMENT, Role.CONTRACT})
"""Where customers' money is in the firm's hands."""


@dataclass(frozen=True, slots=True)
class PermitDay:
    """One day of one permit on one chain; amounts in minor units, as of its end or the newest.

    Attributes:
        until: the end of the day in Bishkek, UTC.
        payments: made by customers on that day.
        taken: what customers paid to the firm, less what it gave to customers and merchants.
        reserve: held by settlement wallets.
        contracts: held by the permit's contracts.
        customers: held by customers.
        covered: the greatest part of ``held`` that ``reserve`` ever was, percent, 100 at most.
    """

    chain: str
    permit: str
    until: datetime
    payments: int = 0
    taken: int = 0
    reserve: int = 0
    contracts: int = 0
    customers: int = 0
    covered: int = 0

    @property
    def uncovered(self) -> int:
        """Customers' money in the firm's hands that nothing covers."""
        return max(0, self.taken - self.reserve - self.contracts)

    @property
    def held(self) -> int:
        """What customers and the permit's contracts hold."""
        return self.customers + self.contracts


Roles = Mapping[str, tuple[str, Role]]
"""Permit and role by address, lower case."""


def day_end(at: datetime) -> datetime:
    """The end of the Bishkek day of a moment, UTC; a moment at midnight is of the day it begins.

    >>> day_end(datetime(2026, 3, 1, 18, tzinfo=UTC)).isoformat()
    '2026-03-02T18:00:00+00:00'
    """
    after = day_of(at) + timedelta(days=1)
    return datetime.combine(after, time(), BISHKEK).astimezone(UTC)


def fold(
    chain: str, payments: Iterable[Payment], roles: Roles, newest: Mapping[str, PermitDay]
) -> dict[tuple[str, datetime], PermitDay]:
    """The days that some payments make or change, by permit and end.

    Args:
        chain: where.
        payments: each once, in the ledger's order.
        roles: of the parties.
        newest: each permit's newest day before.
    """
    level, found = dict(newest), dict[tuple[str, datetime], PermitDay]()
    for each in payments:
        payer, payee = roles.get(each.payer), roles.get(each.payee)
        for permit in {side[0] for side in (payer, payee) if side is not None}:
            until = day_end(each.at)
            before = level.get(permit) or PermitDay(chain, permit, until)
            if before.until != until:
                before = replace(before, until=until, payments=0)
            sides = [one[1] if one and one[0] == permit else None for one in (payer, payee)]
            level[permit] = found[permit, until] = _moved(before, sides[0], sides[1], each.amount)
    return found


def _moved(day: PermitDay, payer: Role | None, payee: Role | None, amount: int) -> PermitDay:
    def after(level: int, *roles: Role) -> int:
        return max(0, level + amount * ((payee in roles) - (payer in roles)))

    taken = day.taken
    if payer is Role.CUSTOMER and payee in FIRM:
        taken += amount
    elif payer in FIRM and payee in {Role.CUSTOMER, Role.MERCHANT}:
        taken = max(0, taken - amount)
    moved = replace(
        day,
        payments=day.payments + (payer is Role.CUSTOMER),
        taken=taken,
        reserve=after(day.reserve, Role.SETTLEMENT),
        contracts=after(day.contracts, Role.CONTRACT),
        customers=after(day.customers, Role.CUSTOMER),
    )
    part = 100 if moved.reserve >= moved.held else 100 * moved.reserve // moved.held
    return replace(moved, covered=max(day.covered, part)) if moved.held else moved
