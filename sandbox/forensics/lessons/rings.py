"""Two weeks of several providers, among whose customers a ring pays in small parts.

Rules:

1. The number alone makes it; nothing in it says who belongs to the ring.
2. People have accounts at one provider or several. A provider knows its own customers only, and
   gives the supervisor a key for each: the same person has the same key everywhere, and nobody
   learns from it who that is.
3. Each provider looks at what one customer pays out in a day, and rings from ``limit`` on. Whoever
   belongs to the ring stays below it at every provider, exceeds it together, and pays collectors.
4. Some of the innocent exceed it together too, and pay whom they like; some pay a collector a
   small sum without knowing what that is; and some exceed it at one provider, openly.

Amounts are whole som; all people are made up.

>>> market = ring_market(4711)
>>> sorted(market.accounts[0]), sorted(market.transfers[0])
(['account', 'key', 'provider'], ['amount', 'day', 'payee', 'payer', 'time'])
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

PROVIDERS: Final = ("exchange-a", "exchange-b", "exchange-c", "exchange-d")
DAYS: Final = 14
_ORDINARY: Final = 90

Person = list[str]
"""The accounts of one."""


@dataclass(frozen=True)
class RingMarket:
    """What the supervisor got from all providers, and the chain.

    Attributes:
        limit: som that a customer pays out in a day, from which a provider rings.
        accounts: ``account``, ``provider``, ``key``; in no order.
        transfers: in order: ``day`` (1 to 14), ``time``, ``payer``, ``payee``, ``amount`` (som).
    """

    limit: int
    accounts: tuple[dict[str, str], ...]
    transfers: tuple[dict[str, Any], ...]

    def alone(self) -> list[dict[str, Any]]:
        """What providers see by themselves: customers and days from the limit on."""
        where = {each["account"]: each["provider"] for each in self.accounts}
        totals: dict[tuple[int, str], int] = defaultdict(int)
        for each in self.transfers:
            totals[each["day"], each["payer"]] += each["amount"]
        return [
            {"day": day, "provider": where[account], "account": account, "total": total}
            for (day, account), total in sorted(totals.items())
            if total >= self.limit
        ]

    def together(self) -> list[dict[str, Any]]:
        """The same for people, over all providers."""
        key = {each["account"]: each["key"] for each in self.accounts}
        where = {each["account"]: each["provider"] for each in self.accounts}
        totals: dict[tuple[int, str], int] = defaultdict(int)
        used: dict[tuple[int, str], set[str]] = defaultdict(set)
        for each in self.transfers:
            day = each["day"], key[each["payer"]]
            totals[day] += each["amount"]
            used[day].add(where[each["payer"]])
        return [
            {"day": day, "key": who, "total": total, "providers": len(used[day, who])}
            for (day, who), total in sorted(totals.items())
            if total >= self.limit
        ]

    def paid_to(self, who: str) -> dict[str, int]:
        """How much a person paid to which other persons, by key, the most first.

        Args:
            who: a key.
        """
        key = {each["account"]: each["key"] for each in self.accounts}
        totals: dict[str, int] = defaultdict(int)
        for each in self.transfers:
            if key[each["payer"]] == who:
                totals[key[each["payee"]]] += each["amount"]
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def ring_market(number: int) -> RingMarket:
    """The market of a number.

    Args:
        number: 0 to 2**64 - 1.
    """
    return _Market(Chance(number.to_bytes(8, "big"), "ring")).made()


class _Market:
    """Makes one market."""

    def __init__(self, draw: Chance) -> None:
        self._draw = draw
        self._limit = 10_000 * draw.between(18, 30)
        self._accounts: list[dict[str, str]] = []

    def _person(self, providers: int) -> Person:
        key = self._draw.bytes(6).hex()
        found = []
        for provider in self._draw.some(PROVIDERS, providers):
            found.append("0x" + self._draw.bytes(20).hex())
            self._accounts.append({"account": found[-1], "provider": provider, "key": key})
        return found

    def made(self) -> RingMarket:
        draw = self._draw
        members = [self._person(draw.between(3, 4)) for _ in range(draw.between(6, 9))]
        collectors = [self._person(2) for _ in range(2)]
        ordinary = [self._person(draw.one((1, 1, 1, 2, 2, 3))) for _ in range(_ORDINARY)]
        rich = [self._person(draw.between(2, 4)) for _ in range(10)]
        rows = [
            *self._life(ordinary, collectors),
            *self._open(ordinary),
            *self._apart(rich, ordinary),
        ]
        rows += self._ring(members, collectors)
        transfers = (
            {
                "day": day,
                "time": f"{minute // 60:02}:{minute % 60:02}",
                "payer": payer,
                "payee": payee,
                "amount": amount,
            }
            for day, minute, payer, payee, amount in sorted(rows)
        )
        return RingMarket(self._limit, tuple(draw.shuffled(self._accounts)), tuple(transfers))

    def _row(self, day: int, payer: Person, payee: Person, amount: int) -> tuple[Any, ...]:
        draw = self._draw
        return day, draw.between(480, 1_260), draw.one(payer), draw.one(payee), amount

    def _life(self, ordinary: list[Person], collectors: list[Person]) -> Iterator[tuple[Any, ...]]:
        draw = self._draw
        for payer in ordinary:
            for day in draw.some(range(1, DAYS + 1), draw.between(2, 6)):
                payee = draw.one([each for each in ordinary if each is not payer])
                yield self._row(day, payer, payee, draw.between(500, self._limit // 4))
        for payer in draw.some(ordinary, 4):
            amount = draw.between(500, 6_000)
            yield self._row(draw.between(1, DAYS), payer, draw.one(collectors), amount)

    def _open(self, ordinary: list[Person]) -> Iterator[tuple[Any, ...]]:
        """A car, a flat: above the limit at one provider."""
        draw = self._draw
        for payer in draw.some(ordinary, draw.between(5, 8)):
            payee = draw.one([each for each in ordinary if each is not payer])
            amount = draw.between(self._limit + 1_000, 3 * self._limit)
            yield self._row(draw.between(1, DAYS), payer[:1], payee, amount)

    def _apart(self, rich: list[Person], ordinary: list[Person]) -> Iterator[tuple[Any, ...]]:
        """Traders who pay several suppliers from several accounts on one day."""
        draw = self._draw
        for payer in rich:
            for day in draw.some(range(1, DAYS + 1), draw.between(1, 2)):
                yield from self._parts(day, payer, draw.some(ordinary, len(payer)))

    def _ring(self, members: list[Person], collectors: list[Person]) -> Iterator[tuple[Any, ...]]:
        draw = self._draw
        for payer in members:
            for turn, day in enumerate(draw.some(range(1, DAYS + 1), draw.between(2, 4))):
                yield from self._parts(day, payer, [collectors[turn % 2]] * len(payer))

    def _parts(self, day: int, payer: Person, payees: list[Person]) -> Iterator[tuple[Any, ...]]:
        """From each account one payment; each below the limit, together above it."""
        draw = self._draw
        least = self._limit // len(payer) + 1_000
        for account, payee in zip(payer, payees, strict=True):
            yield self._row(day, [account], payee, draw.between(least, self._limit * 7 // 10))
