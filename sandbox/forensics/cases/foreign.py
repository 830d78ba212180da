"""Where stolen money goes on: over a desk that sells foreign coins, to two foreign ledgers.

What happens:

1. Of what exchanges paid out to cards (``Secrets.records``), some payouts buy foreign money at an
   instant desk: some of the gang's, and three times as many of others, alike in
   sum and day where the case has such.
2. The desk keeps a fee and sends within its hours: its letter and the list of its orders lie beside
   the case. The list says card, sum and moment, and not to which address it sent.
3. It pays out in coins (UTXO) or in tokens (TRON-like), to its orders' buyers and to other people.
4. What a buyer got goes on by one law for all: passed on, split or peeled off, and in the end paid
   into a foreign exchange that gathers it.

Rules:

1. Drawn under labels of its own from the case's salt: no draw of the plan shifts, and its public
   bytes, its truth and its commitment are what they were.
2. Public files are explorers' formats, which ``sandbox.forensics.foreign`` reads; nothing in them
   or in their order says whose an address is. What is true is ``Foreign.truth``.
3. No order is for more than its card was paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sandbox.forensics.cases.case import Case, written
from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.foreign_desk import (
    COIN,
    FEE,
    FLAT,
    SENDS,
    TOKEN,
    Desk,
    Order,
    Rates,
)
from sandbox.forensics.cases.foreign_files import files
from sandbox.forensics.cases.foreign_ledgers import CoinChain, Paid, TokenChain
from sandbox.forensics.foreign.coins import End

MOST_LEFT: Final = 3
"""Orders of the gang."""
OTHERS: Final = 3
"""Orders of other people for each of them."""
LEAST: Final = 2_000_000
"""Tyiyn; the desk sells no less."""
ORDERS: Final = (15, 2_400)
"""Minutes from a payout to an order."""
DWELL: Final = (4, 25, 90, 360, 1_500, 4_300)
"""Minutes for which money lies, at each fifth of the law (ours)."""
_UNIT: Final = {COIN: 10**8, TOKEN: 10**6}
_HOPS: Final = (1, 3)


@dataclass(frozen=True)
class Foreign:
    """The foreign part of a case; ``foreign`` makes it.

    Attributes:
        files: public, by name; see ``sandbox.forensics.cases.foreign_files``.
        truth: JSON values: ``legs`` (order, ``deposit``, ``asset``, ``where``, ``address``,
            ``amount``, ``stolen``), ``ends`` of the stolen money, ``control`` of buyers' addresses.
    """

    files: Mapping[str, bytes] = field(repr=False)
    truth: Mapping[str, Any] = field(repr=False)


def foreign(case: Case) -> Foreign:
    """The foreign part of a case.

    Args:
        case: planned.
    """
    play = _Play(case)
    play.act()
    return Foreign(files(play.desk, play.coins, play.tokens, play.tags), play.truth())


class _Play:
    """What happens, in its order."""

    def __init__(self, case: Case) -> None:
        self.seed = Chance(case.salt, "foreign").bytes(32)
        transactions = case.public().transactions
        self.begins = transactions[0].time.replace(hour=0, minute=0, second=0)
        self.coins = CoinChain(self.seed, self.begins)
        self.tokens = TokenChain(self.seed, self.begins)
        chance = Chance(self.seed, "rates")
        rates = Rates(
            coin=chance.between(7_200, 8_400) * 100_000, token=chance.between(8_720, 8_990)
        )
        pays = {COIN: self.coins.address("desk"), TOKEN: self.tokens.address("desk")}
        orders = tuple(self._orders(case))
        asked = transactions[-1].time + timedelta(days=9)
        self.desk = Desk(rates, pays, orders, asked)
        self.hot = {COIN: self.coins.address("hot"), TOKEN: self.tokens.address("hot")}
        self.legs: list[dict[str, Any]] = []
        self.control: list[list[Any]] = []
        self.ends: dict[str, int] = {}
        self.gathered: list[tuple[End, datetime]] = []

    @property
    def tags(self) -> list[tuple[str, str, str, str]]:
        """Address, label, category, quality: of the foreign exchange and the desk."""
        found = [(self.hot[each], "Meridian Exchange", "exchange", "forensic") for each in self.hot]
        own = self.desk.pays.values()
        found += [(each, "Kanat Desk", "exchange", "service_api") for each in own]
        return sorted(found)

    def _orders(self, case: Case) -> list[Order]:
        """Step 1."""
        transactions, secrets = case.public().transactions, case.secrets()
        stolen = {tuple(transactions[each].place) for each in secrets.stolen}
        ours, others = list[dict[str, Any]](), list[dict[str, Any]]()
        for record in secrets.records:
            for each in record["payouts"]:
                said = {**each, "buyer": record["address"], "of": tuple(each["deposit"])}
                if int(each["tyiyn"]) > LEAST:
                    (ours if said["of"] in stolen else others).append(said)
        chance = Chance(self.seed, "orders")
        picked = chance.some(ours, MOST_LEFT)
        assets = chance.shuffled([COIN, TOKEN, chance.one((COIN, TOKEN))])[: len(picked)]
        for each in list(picked):
            near = sorted(others, key=partial(_unlike, each))[: 2 * OTHERS]
            for one in chance.some(near, OTHERS):
                others.remove(one)
                picked.append(one)
                assets.append(chance.one((COIN, TOKEN)))
        made = []
        for each, asset in zip(picked, assets, strict=True):
            paid = int(each["tyiyn"]) * chance.between(520, 960) // 1_000
            time = datetime.fromisoformat(each["time"])
            time += timedelta(seconds=60 * chance.between(*ORDERS) + chance.below(60))
            who = (each["buyer"], each["of"], each["of"] in stolen)
            made.append((time, each["card"], paid - paid % 10_000, asset, *who))
        made.sort(key=lambda one: one[0])
        number = chance.between(20_000, 70_000)
        found = []
        for each in made:
            number += chance.between(1, 40)
            found.append(Order(number, *each))
        return found

    def act(self) -> None:
        """Steps 2 to 4."""
        strangers = [self._stranger(number) for number in range(2 * len(self.desk.orders))]
        sold = [*((self._sold(each), each) for each in self.desk.orders), *strangers]
        sold.sort(key=lambda each: each[0][0])
        change = None
        total = sum(amount for (_, amount), order in sold if order.asset == COIN)
        arrivals = []
        for number, ((moment, amount), order) in enumerate(sold):
            chain = self.coins if order.asset == COIN else self.tokens
            payee = chain.address("buyer", number)
            if order.asset == TOKEN:
                paid = self.tokens.send(self.desk.pays[TOKEN], payee, amount, moment)
            else:
                own = self.desk.pays[COIN]
                change = change or self.coins.outside(own, 2 * total + 10**8, "desk")
                rest = change.value - amount - self.coins.fee("desk", number)
                got, change = self.coins.send([change], [(payee, amount), (own, rest)], moment)
                paid = Paid(payee, amount, moment, got.coin)
            arrivals.append((number, paid, order))
        for number, paid, order in arrivals:
            if order.number:
                self._leg(order, paid)
            self._onward(number, paid, order)
        self._gather()
        self.tokens.made.sort(key=lambda each: each.block)

    def _stranger(self, number: int) -> tuple[tuple[datetime, int], Order]:
        """Somebody else to whom the desk pays at the time; not in its list."""
        chance = Chance(self.seed, "stranger", number)
        like = chance.one(self.desk.orders)
        moment = like.time + timedelta(seconds=chance.between(-400_000, 400_000))
        tyiyn = like.tyiyn * chance.between(600, 1_500) // 1_000
        asset = chance.one((COIN, TOKEN))
        order = Order(0, max(moment, self.begins), "", tyiyn, asset, "", (), stolen=False)
        return self._sold(order, number), order

    def _sold(self, order: Order, number: int = 0) -> tuple[datetime, int]:
        """When the desk sends, and how much."""
        chance = Chance(self.seed, "sold", order.number, number)
        fee = chance.between(FEE[0] // 100, FEE[1] // 100) * 100
        left = order.tyiyn * (1_000_000 - fee) // 1_000_000 - FLAT
        amount = left * _UNIT[order.asset] // self.desk.rates.of(order.asset)
        moment = order.time + timedelta(seconds=60 * chance.between(*SENDS) + chance.below(60))
        return moment, amount

    def _leg(self, order: Order, paid: Paid) -> None:
        self.legs.append(
            {
                "order": order.number,
                "deposit": order.buyer,
                "asset": order.asset,
                "where": list(paid.where),
                "address": paid.address,
                "amount": str(paid.amount),
                "stolen": order.stolen,
            }
        )

    def _onward(self, number: int, paid: Paid, order: Order) -> None:
        """Some hops, then the foreign exchange, for the gang and for all others alike."""
        chance = Chance(self.seed, "onward", number)
        hops, moment = chance.between(*_HOPS), paid.sent
        chain = self.coins if order.asset == COIN else self.tokens
        held, end = paid.amount, End(paid.where, paid.address, paid.amount)
        whose = order.buyer or f"stranger {number}"
        self.control.append([order.asset, end.address, whose, order.stolen])
        for hop in range(hops + 1):
            moment = max(moment, self.coins.block(moment)[1])
            moment += timedelta(seconds=60 * chance.along(DWELL) + chance.below(60))
            last = hop == hops
            share = held if last else held * (1_000 - chance.between(0, 150)) // 1_000
            payee = chain.address("onward", number, hop)
            aside = chain.address("aside", number, hop)
            self.control += [[order.asset, payee, whose, order.stolen]]
            if order.asset == COIN:
                fee = self.coins.fee(number, hop)
                parts = [(payee, share - fee)]
                parts += [(aside, held - share)] if held - share > fee else []
                end = self.coins.send([end], parts, moment)[0]
                held = end.value
            else:
                self.tokens.send(end.address, payee, share, moment)
                if held - share:
                    self.tokens.send(
                        end.address, aside, held - share, moment + timedelta(seconds=40)
                    )
                end, held = End(end.coin, payee, share), share
        if order.stolen:
            self.ends[end.address] = held
        later = moment + timedelta(seconds=60 * chance.between(30, 600))
        if order.asset == TOKEN:
            self.tokens.send(end.address, self.hot[TOKEN], held, later)
        else:
            self.gathered.append((end, later))

    def _gather(self) -> None:
        """The foreign exchange gathers several customers' coins in one transaction."""
        waiting = sorted(self.gathered, key=lambda each: each[1])
        for at in range(0, len(waiting), 3):
            batch = waiting[at : at + 3]
            uses = [end for end, _ in batch]
            left = sum(each.value for each in uses) - self.coins.fee("gathered", at)
            moment = max(self.coins.block(later)[1] for _, later in batch)
            self.coins.send(uses, [(self.hot[COIN], left)], moment)

    def truth(self) -> dict[str, Any]:
        """What is sealed."""
        return {
            "legs": sorted(self.legs, key=lambda each: int(each["order"])),
            "ends": {name: str(amount) for name, amount in sorted(self.ends.items())},
            "control": sorted(self.control),
            "rates": {COIN: self.desk.rates.coin, TOKEN: self.desk.rates.token},
            "asked": written(self.desk.asked),
        }


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """How unlike two payouts are in sum and day: thousandths of the larger, and 4 for each hour."""
    sums = [int(each["tyiyn"]) for each in (one, other)]
    times = [datetime.fromisoformat(each["time"]) for each in (one, other)]
    hours = abs(int((times[0] - times[1]).total_seconds())) // 3_600
    return abs(sums[0] - sums[1]) * 1_000 // max(sums) + 4 * hours
