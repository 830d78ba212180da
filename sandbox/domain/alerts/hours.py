"""Hourly sums of what a permit's customers moved: what the charts are drawn from.

Rules:

1. A payment counts for the permit of the paying customer: one more payment, its amount more
   volume, one more in its size's class.
2. Beside each hour stand the sums of all hours (:data:`ALWAYS`), and those of all permits
   (:data:`EVERYBODY`): a page never adds up a whole ledger.
3. What a customer receives from anybody but another customer of the permit comes into customers'
   hands; what is paid to anybody but such a customer goes out of them.

>>> size_of(99 * 100), size_of(100 * 100), size_of(10**12)
(0, 1, 5)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sandbox.domain.alerts.facts import Payment

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for all hours together."""
EVERYBODY: Final = ""
"""Stands for all permits together."""
SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
"""Where the classes of payments begin after the first, tyiyn: 100 to 1,000,000 som."""


@dataclass(frozen=True)
class Hour:
    """One hour of one permit on one chain.

    Attributes:
        hour: its beginning, UTC.
        payments: made by customers.
        volume: minor units paid by customers.
        came: minor units that came into customers' hands.
        went: minor units that left them.
        sizes: payments by class of amount, one more than :data:`SIZES`.
    """

    chain: str
    permit: str
    hour: datetime
    payments: int = 0
    volume: int = 0
    came: int = 0
    went: int = 0
    sizes: tuple[int, ...] = (0,) * (len(SIZES) + 1)

    def __add__(self, other: Hour) -> Hour:
        """Both together; ``other`` is of the same permit, chain and hour."""
        return Hour(
            self.chain,
            self.permit,
            self.hour,
            self.payments + other.payments,
            self.volume + other.volume,
            self.came + other.came,
            self.went + other.went,
            tuple(a + b for a, b in zip(self.sizes, other.sizes, strict=True)),
        )


def size_of(tyiyn: int) -> int:
    """The class of an amount."""
    return sum(1 for start in SIZES if start <= tyiyn)


def hours_of(
    chain: str, payments: Iterable[Payment], customers: Mapping[str, str], unit: int
) -> dict[tuple[str, datetime], Hour]:
    """The sums of some payments, by permit and hour.

    Args:
        chain: where.
        payments: each once.
        customers: permit by customer's address.
        unit: minor units in one tyiyn.
    """
    found: dict[tuple[str, datetime], Hour] = {}
    for each in payments:
        payer, payee = customers.get(each.payer), customers.get(each.payee)
        hour = each.at.replace(minute=0, second=0, microsecond=0)
        inside = payer == payee
        for permit in {payer, payee} - {None}:
            assert permit is not None
            paid = permit == payer
            sizes = [0] * (len(SIZES) + 1)
            sizes[size_of(each.amount // unit)] += int(paid)
            part = Hour(
                chain,
                permit,
                hour,
                int(paid),
                each.amount if paid else 0,
                each.amount if permit == payee and not inside else 0,
                each.amount if paid and not inside else 0,
                tuple(sizes),
            )
            key = (permit, hour)
            found[key] = found[key] + part if key in found else part
    return found


def with_sums(hours: Iterable[Hour]) -> dict[tuple[str, datetime], Hour]:
    """Hours of one chain with what they add to the sums, by permit and hour."""
    found: dict[tuple[str, datetime], Hour] = {}
    for each in hours:
        for permit in (each.permit, EVERYBODY):
            for hour in (each.hour, ALWAYS):
                part, key = replace(each, permit=permit, hour=hour), (permit, hour)
                found[key] = found[key] + part if key in found else part
    return found
