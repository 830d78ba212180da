"""A bridge and an exchange of gold that are small enough for matching by hand, for each number.

Rules:

1. Money leaves as KGST and arrives as digital som, less a fee, some minutes later. The bridge says
   between which fees and minutes it works.
2. It has what deceives a reader: two equal sums at nearly the same time, an arrival that is too
   late, one that is larger than what left, and a departure that never arrives.
3. Gold: one transaction with payments of two tokens and a fee.

>>> small_crossing(4711).departures == small_crossing(4711).departures
True
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

LEAST, MOST = 2, 6
"""The bridge's fee, of a thousand."""
SOONEST, LATEST = 2, 40
"""Its minutes."""
RATE: Final = 8_745
"""Tyiyn for a dollar of gold."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Crossing:
    """What one trainee matches.

    Attributes:
        number: of it.
        departures: KGST paid to the bridge: ``number``, ``minute`` (of the day), ``payer``,
            ``som``.
        arrivals: digital som paid by it: ``minute``, ``payee``, ``som``.
        asked: numbers of three departures whose arrival is asked for.
        unsure: the number of one whose arrival cannot be told for certain.
        swap: payments of one transaction: ``token``, ``payer``, ``payee``, ``hundredths``.
        trader: whose swap it is.
    """

    number: int
    departures: tuple[Row, ...]
    arrivals: tuple[Row, ...]
    asked: tuple[int, ...]
    unsure: int
    swap: tuple[Row, ...]
    trader: str


def small_crossing(number: int) -> Crossing:
    """The crossing of a number.

    Args:
        number: 0..2**64.
    """
    draw = Chance(number.to_bytes(32, "big"), "crossing")
    letters = draw.shuffled(ascii_uppercase)
    sums = draw.some([each * 10_000 + draw.between(11, 99) * 100 for each in range(3, 30)], 7)
    leaving, coming, plain = list[Row](), list[Row](), list[Row]()
    minute = draw.between(480, 560)
    for som in sums[:5]:
        minute += draw.between(9, 50)
        row = {"minute": minute, "payer": letters.pop(), "som": som}
        leaving.append(row)
        plain.append(row)
    lost, *sure = draw.shuffled(plain)
    for row in sure:
        coming.append(_arrival(draw, row, letters.pop()))
    coming.append({**_arrival(draw, lost, letters.pop()), "minute": lost["minute"] + LATEST + 7})
    larger = draw.one(sure)
    coming.append({**_arrival(draw, larger, letters.pop()), "som": larger["som"] + 100})
    pair = [{"minute": minute + 30 + at, "payer": letters.pop(), "som": sums[5]} for at in range(2)]
    leaving += pair
    late = minute + 30 + draw.between(5, 30)
    coming += [
        {"minute": late + at, "payee": letters.pop(), "som": _less(draw, sums[5])}
        for at in range(2)
    ]
    leaving.sort(key=lambda row: int(row["minute"]))
    numbered = [{"number": at, **row} for at, row in enumerate(leaving, 1)]
    place = {row["payer"]: row["number"] for row in numbered}
    asked = draw.shuffled([lost, *draw.some(sure, 2)])
    trader, swap = _swap(draw, letters, sums[6])
    return Crossing(
        number=number,
        departures=tuple(numbered),
        arrivals=tuple(sorted(coming, key=lambda row: (int(row["minute"]), str(row["payee"])))),
        asked=tuple(sorted(place[row["payer"]] for row in asked)),
        unsure=place[pair[0]["payer"]],
        swap=swap,
        trader=trader,
    )


def _less(draw: Chance, som: int) -> int:
    """A sum without the bridge's fee."""
    return som - som * draw.between(LEAST * 10 + 1, MOST * 10 - 1) // 10_000


def _arrival(draw: Chance, row: Row, payee: str) -> Row:
    later = draw.between(SOONEST + 1, LATEST - 2)
    return {"minute": row["minute"] + later, "payee": payee, "som": _less(draw, row["som"])}


def _swap(draw: Chance, letters: list[str], som: int) -> tuple[str, tuple[Row, ...]]:
    """Gold for KGST: what was paid, what came, a fee to a third; their order says nothing."""
    trader, pool, keeper = (letters.pop() for _ in range(3))
    margin, paid = draw.between(8, 49), som * 100
    fee = paid // 1_000 * draw.between(1, 3)
    gold = (paid - fee) * (1_000 - margin) // 1_000 * 100 // RATE
    rows = [
        {"token": "KGST", "payer": trader, "payee": pool, "hundredths": paid - fee},
        {"token": "KGST", "payer": trader, "payee": keeper, "hundredths": fee},
        {"token": "USDKG", "payer": pool, "payee": trader, "hundredths": gold},
    ]
    return trader, tuple(draw.shuffled(rows))
