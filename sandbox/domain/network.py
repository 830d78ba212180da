"""Who pays whom: the parties of a permit's newest payments as a small network.

Rules:

1. One line for each ordered pair of parties; a payment to oneself is none.
2. Too many parties are cut to those who moved most, lines between those who are left; what was
   left out is counted and said.

>>> network([("a", "b", 5, "0x1"), ("a", "b", 7, "0x2"), ("b", "a", 1, "0x3")]).lines[0]
Line(payer='a', payee='b', count=2, amount=12, hash='0x2')
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_PARTIES: Final = 40
MOST_LINES: Final = 120
Moved = tuple[str, str, int, str]
"""Payer, payee, amount in minor units, hash of the transaction; oldest first."""


@dataclass(frozen=True)
class Line:
    """What one party paid another: how often, how much, and the newest transaction."""

    payer: str
    payee: str
    count: int
    amount: int
    hash: str


@dataclass(frozen=True)
class Network:
    """A network, greatest lines first.

    Attributes:
        lines: at most :data:`MOST_LINES`, between :data:`MOST_PARTIES` parties at most.
        parties: those of the lines, in the order in which the lines name them.
        payments: how many were looked at.
        left_out: how many of them are in no line.
    """

    lines: tuple[Line, ...]
    parties: tuple[str, ...]
    payments: int
    left_out: int


def network(moved: Iterable[Moved]) -> Network:
    """The network of some payments."""
    pairs: dict[tuple[str, str], Line] = {}
    weight: dict[str, int] = defaultdict(int)
    total = 0
    for payer, payee, amount, digest in moved:
        total += 1
        if payer == payee:
            continue
        before = pairs.get((payer, payee))
        count, sum_ = (before.count, before.amount) if before else (0, 0)
        pairs[payer, payee] = Line(payer, payee, count + 1, sum_ + amount, digest)
        weight[payer] += amount
        weight[payee] += amount
    kept = set(sorted(weight, key=lambda each: (-weight[each], each))[:MOST_PARTIES])
    inside = [each for each in pairs.values() if {each.payer, each.payee} <= kept]
    inside.sort(key=lambda each: (-each.amount, each.payer, each.payee))
    lines = tuple(inside[:MOST_LINES])
    parties = dict.fromkeys(side for each in lines for side in (each.payer, each.payee))
    return Network(lines, tuple(parties), total, total - sum(each.count for each in lines))
