"""Some days of a ledger on which stolen money comes to an exchange, and what the exchange answers.

Rules:

1. The number is all that it depends on; nothing here says what is right.
2. An exchange gives each customer a **deposit address** and sweeps what comes there into its **hot
   wallet**. The thief's go-between pays one deposit address twice, an own wallet and a shop once.
   Wages of the same customer come to the same deposit address: they are not stolen.
3. Tags have a confidence from 0 to 100. One of low confidence is false.
4. The answer is a table, with a customer and a time nobody asked about: it happens.

>>> exchange_days(4711).rows[0]["log"] == exchange_days(4711).rows[0]["log"]
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.services import EXCHANGES
from sandbox.kit.ids import Address, checksum

Row = Mapping[str, Any]
ASKS: Final = 10
"""Things that can be asked; the first four are those of ``forensics.acting``."""
NEEDED: Final = ("customer", "since", "deposits", "payouts")
SITUATIONS: Final = 6
_UNIT: Final = 10**16
"""A hundredth of a KGST."""
_BEGAN: Final = datetime(2026, 9, 7, 6, tzinfo=UTC)
_HEAD: Final = "customer;since;address;time;kind;amount;block;card"


@dataclass(frozen=True)
class ExchangeDays:
    """What one trainee reads.

    Attributes:
        number: of it.
        reported: the victim's payment, a row.
        rows: movements of KGST: ``time``, ``block``, ``transaction``, ``log``, ``payer``,
            ``payee``, ``amount`` (minor units), in order.
        tags: ``address``, ``name``, ``confidence``, ``source`` each.
        today: day on which the request is written.
        answer: what the exchange sent, as a table with semicolons; deposits in KGST, payouts in
            som.
        asks: numbers of things that can be asked, as they are to be shown.
        situations: numbers of situations, as they are to be shown.
    """

    number: int
    reported: Row
    rows: tuple[Row, ...]
    tags: tuple[Row, ...]
    today: str
    answer: str
    asks: tuple[int, ...]
    situations: tuple[int, ...]


def exchange_days(number: int) -> ExchangeDays:
    """The days of a number.

    Args:
        number: 0..2**64.
    """
    return _Days(number).made()


class _Days:
    """Writes the ledger, and beside it what the exchange knows."""

    def __init__(self, number: int) -> None:
        seed = number.to_bytes(32, "big")
        self._number, self._seed = number, seed
        self._draw = Chance(seed, "exchange days")
        self._at = _BEGAN + timedelta(days=self._draw.below(10), minutes=self._draw.below(600))
        self._block = self._draw.between(90_000, 700_000)
        self._rows: list[Row] = []

    def made(self) -> ExchangeDays:
        draw = self._draw
        victim, between, deposit, hot, other_hot, own, shop = self._addresses(7)
        employer, *payers = self._addresses(4)
        strangers, foreign = self._addresses(2), self._addresses(1)[0]
        wages = [self._sum(15_000, 40_000) for _ in range(2)]
        self._pays(employer, deposit, wages[0], hours=200)
        self._pays(deposit, hot, wages[0], hours=1)
        parts = [self._sum(40_000, 160_000) for _ in range(4)]
        reported = self._pays(victim, between, sum(parts) + self._sum(300, 900), hours=50)
        self._customer(payers[0], strangers[0], hot)
        first = self._pays(between, deposit, parts[0], hours=5)
        self._pays(deposit, hot, parts[0], hours=1)
        self._pays(between, own, parts[1], hours=3)
        self._customer(payers[1], foreign, other_hot)
        wage = self._pays(employer, deposit, wages[1], hours=30)
        second = self._pays(between, deposit, parts[2], hours=4)
        self._pays(deposit, hot, wages[1] + parts[2], hours=1)
        self._pays(between, shop, parts[3], hours=2)
        self._customer(payers[2], strangers[1], hot)
        self._pays(hot, self._addresses(1)[0], self._sum(9_000, 90_000), hours=7)
        self._pays(other_hot, self._addresses(1)[0], self._sum(9_000, 90_000), hours=7)
        right, wrong = draw.some(EXCHANGES, 2)
        tags = [
            (hot, right, 90, "own statement"),
            (other_hot, wrong, 90, "own statement"),
            (deposit, wrong, 20, "forum"),
            (shop, "shop", 70, "website"),
        ]
        names = ("address", "name", "confidence", "source")
        known = [self._rows[0], first, wage, second]
        return ExchangeDays(
            number=self._number,
            reported=reported,
            rows=tuple(self._rows),
            tags=tuple(dict(zip(names, tag, strict=True)) for tag in draw.shuffled(tags)),
            today=(self._at + timedelta(days=2)).date().isoformat(),
            answer=self._answer(known, strangers[0]),
            asks=tuple(draw.shuffled(range(ASKS))),
            situations=tuple(draw.shuffled(range(SITUATIONS))),
        )

    # -- the ledger

    def _addresses(self, count: int) -> list[Address]:
        return [checksum("0x" + self._draw.bytes(20).hex()) for _ in range(count)]

    def _sum(self, least: int, most: int) -> int:
        """Between so many KGST, and never a round sum."""
        return (self._draw.between(least, most) * 100 + self._draw.between(11, 99)) * _UNIT

    def _pays(self, payer: str, payee: str, amount: int, *, hours: int) -> Row:
        """A movement, about so many hours after the one before it."""
        self._at += timedelta(minutes=self._draw.between(hours * 30, hours * 60))
        self._block += hours * self._draw.between(150, 300)
        row = {
            "time": self._at.strftime("%Y-%m-%d %H:%M"),
            "block": self._block,
            "transaction": self._draw.between(0, 9),
            "log": self._draw.between(0, 30),
            "payer": payer,
            "payee": payee,
            "amount": amount,
        }
        self._rows.append(row)
        return row

    def _customer(self, payer: str, deposit: str, hot: str) -> None:
        amount = self._sum(2_000, 90_000)
        self._pays(payer, deposit, amount, hours=4)
        self._pays(deposit, hot, amount, hours=1)

    # -- what the exchange knows

    def _answer(self, known: list[Row], stranger: str) -> str:
        draw = Chance(self._seed, "exchange answer")
        customer, other = (f"C-{draw.between(10_000, 99_999)}" for _ in range(2))
        since = (_BEGAN - timedelta(days=draw.between(20, 700))).date().isoformat()
        own = str(known[0]["payee"])
        cards = draw.some(range(1_000, 9_999), 4)
        lines = [self._line(customer, since, own, _deposit(row)) for row in known]
        early = self._payout(draw, known[0], cards[0])
        late = [self._payout(draw, known[1], cards[1]), self._payout(draw, known[3], cards[2])]
        late.append(self._payout(draw, known[3], cards[1]))
        lines += [self._line(customer, since, own, each) for each in (early, *late)]
        foreign = next(row for row in self._rows if row["payee"] == stranger)
        lines.append(self._line(other, since[:8] + "02", stranger, _deposit(foreign)))
        paid = self._payout(draw, foreign, cards[3])
        lines.append(self._line(other, since[:8] + "02", stranger, paid))
        return "\n".join([_HEAD, *sorted(lines, key=lambda line: line.split(";")[3])]) + "\n"

    def _line(self, customer: str, since: str, address: str, rest: str) -> str:
        return f"{customer};{since};{address};{rest}"

    def _payout(self, draw: Chance, after: Row, card: int) -> str:
        """A payment to a card some hours after a deposit, of the line the last five columns."""
        at = datetime.fromisoformat(after["time"]) + timedelta(minutes=draw.between(90, 900))
        paid = draw.between(9_000, 39_000) * 100 + draw.between(11, 99)
        return f"{at:%Y-%m-%d %H:%M};payout;{paid // 100}.{paid % 100:02d};;**** {card}"


def _deposit(row: Row) -> str:
    """A deposit, of the line the last five columns."""
    hundredths = row["amount"] // _UNIT
    paid = f"{hundredths // 100}.{hundredths % 100:02d}"
    return f"{row['time']};deposit;{paid};{row['block']};"
