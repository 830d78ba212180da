"""Bridge legs: which payment out on one chain belongs to which payment in on another.

A **departure** is a row of the first ledger that pays the bridge (``enters``), an **arrival** a row
of the second by which the bridge pays (``leaves``); the zero address among them stands for burning
and issuing. The two **fit** where

1. the arrival is ``soonest`` to ``latest`` seconds after the departure;
2. its amount is the departure's less a fee from ``least`` to ``most`` millionths and at most
   ``flat`` minor units more, times ``scale``, rounded down at both ends.

Which of them belong together is a question about all at once: each leg belongs to at most one.
The weight of an assignment is the product of its pairs' weights and of ``alone`` for each leg
without another; its probability is its weight's part of the sum over all assignments, and the
**probability** of a pair that of all assignments in which it stands. A pair weighs 1, or with
``typical`` half as much for each so many seconds that it came later than ``soonest``.

Legs that no chain of fitting pairs joins do not influence each other and are counted apart. Where
more than ``EXACT`` legs on both sides hang together it is no longer counted: a pair's probability
is then estimated as its weight's part of its own, its competitors' of either leg and ``alone``
squared, and ``exact`` is false.

Source: of matching by amount, fee and time, Yousaf, Kappos, Meiklejohn, "Tracing Transactions
Across Cryptocurrency Ledgers" (2019). Ours: assignments as wholes, and all figures.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from sandbox.forensics.amounts import money
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.patterns.assigning import Weights, counted, estimated
from sandbox.forensics.rows import moving, probabilities, whole_numbers

EXACT: Final = 12
"""Legs of the smaller side up to which assignments are counted (of the larger: five times)."""
SECOND: Final = 1_000_000
MILLION: Final = 1_000_000
_PAIRS: Final[dict[str, Any]] = {
    "departure": pl.Int64,
    "arrival": pl.Int64,
    "probability": pl.Float64,
    "exact": pl.Boolean,
    "assigned": pl.Boolean,
}


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """What is known of a bridge; see the module. The figures shipped are ours.

    Attributes:
        enters: accounts that take money on the first ledger.
        leaves: accounts that pay it out on the second.
        scale: minor units of the second ledger for one of the first.
        least: fee at least, millionths.
        most: fee at most, millionths.
        flat: further fee at most, minor units of the first ledger.
        soonest: seconds.
        latest: seconds.
        typical: seconds by which a pair's weight halves; nothing: all weigh the same.
        alone: weight of a leg without another, above 0, at most 1.
    """

    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    scale: Fraction | int = 1
    least: int = 0
    most: int = 10_000
    flat: int = 0
    soonest: int = 0
    latest: int = 3_600
    typical: int | None = None
    alone: float = 0.05


@dataclass(frozen=True, eq=False)
class Legs:
    """What may belong together.

    Attributes:
        one: the ledger of the departures.
        two: the ledger of the arrivals.
        departures: their rows.
        arrivals: their rows.
        pairs: all that fit, by departure, the most probable first. Columns: ``departure`` and
            ``arrival``, rows of the two ledgers; ``probability``; ``exact``, whether it was
            counted; ``assigned``: whether it stands in the most probable assignment as a whole
            (where it was not counted: in one that takes the most probable pairs first).
    """

    one: Ledger
    two: Ledger
    departures: list[int]
    arrivals: list[int]
    pairs: pl.DataFrame

    @cached_property
    def legs(self) -> pl.DataFrame:
        """Each departure with what it is assigned, and what else fits.

        Columns: ``departure``, its ``payer`` and ``amount``; ``arrival``, its ``payee`` and the
        amount ``arrived`` (empty: none); ``probability``; ``further``, the arrivals that fit as
        well, the most probable first, and ``chances``, their probabilities; ``none``: the
        probability that it has no arrival here.
        """
        fitting: dict[int, list[tuple[int, float, bool]]] = {}
        for departure, arrival, probability, _, assigned in self.pairs.iter_rows():
            fitting.setdefault(departure, []).append((arrival, probability, assigned))
        own, chance, further, chances, none = [], [], [], [], []
        for row in self.departures:
            fits = fitting.get(row, [])
            mine, sure = next((each[:2] for each in fits if each[2]), (None, None))
            own.append(mine)
            chance.append(sure)
            further.append([each[0] for each in fits if not each[2]])
            chances.append([each[1] for each in fits if not each[2]])
            none.append(max(0.0, 1 - sum(each[1] for each in fits)))
        left, paid = np.array(self.departures, np.int64), pl.Series(own, dtype=pl.Int64)
        return pl.DataFrame(
            {
                "departure": pl.Series(self.departures, dtype=pl.Int64),
                "payer": self.one.names.gather(self.one.payer[left]),
                "amount": money("amount", self.one.amount[left]),
                "arrival": paid,
                "payee": self.two.names.gather(pl.Series(self.two.payee).gather(paid)),
                "arrived": money("arrived", self.two.amount).gather(paid),
                "probability": pl.Series(chance, dtype=pl.Float64),
                "further": pl.Series(further, dtype=pl.List(pl.Int64)),
                "chances": pl.Series(chances, dtype=pl.List(pl.Float64)),
                "none": pl.Series(none, dtype=pl.Float64),
            }
        )


def bridge_legs(one: Ledger, two: Ledger, bridge: Bridge) -> Legs:
    """Match the legs of a bridge.

    Args:
        one: the ledger that money leaves; with a column ``time``.
        two: the ledger at which it arrives; with a column ``time``.
        bridge: what is known of it.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``, ``forensics.time_missing``.
    """
    _checked(bridge)
    departures = _rows(one, one.payee, bridge.enters)
    arrivals = _rows(two, two.payer, bridge.leaves)
    left, right = _times(one, departures), _times(two, arrivals)
    fits: Weights = {}
    order = sorted(range(len(arrivals)), key=right.__getitem__)
    moments = [right[at] for at in order]
    for number, row in enumerate(departures):
        first = bisect_left(moments, left[number] + bridge.soonest * SECOND)
        last = bisect_right(moments, left[number] + bridge.latest * SECOND)
        low, high = _amounts(int(one.amount[row]), bridge)
        fits[number] = {
            at: _weight(right[at] - left[number], bridge)
            for at in sorted(order[first:last])
            if low <= int(two.amount[arrivals[at]]) <= high
        }
    said = [
        (departures[number], arrivals[at], chance, exact, mine)
        for number, at, chance, exact, mine in _assigned(fits, bridge.alone)
    ]
    said.sort(key=lambda each: (each[0], -each[2], each[1]))
    pairs = pl.DataFrame(said, schema=_PAIRS, orient="row")
    return Legs(one, two, departures, arrivals, pairs)


def _assigned(fits: Weights, alone: float) -> Iterator[tuple[int, int, float, bool, bool]]:
    """Departure, arrival, probability, whether it was counted, whether it is assigned."""
    for part in _components(fits):
        arrivals = {at for weights in part.values() for at in weights}
        small = sorted((len(part), len(arrivals)))
        exact = small[0] <= EXACT and small[1] <= 5 * EXACT
        chances, best = (counted if exact else estimated)(part, alone)
        for (departure, arrival), chance in chances.items():
            yield departure, arrival, chance, exact, best.get(departure) == arrival


def _components(fits: Weights) -> Iterator[Weights]:
    """Departures that hang together by arrivals that fit several of them."""
    of_arrival: dict[int, list[int]] = {}
    for departure, weights in fits.items():
        for arrival in weights:
            of_arrival.setdefault(arrival, []).append(departure)
    left = {departure for departure, weights in fits.items() if weights}
    while left:
        ahead, part = [min(left)], set[int]()
        while ahead:
            departure = ahead.pop()
            if departure not in part:
                part.add(departure)
                ahead += [each for at in fits[departure] for each in of_arrival[at]]
        left -= part
        yield {departure: fits[departure] for departure in sorted(part)}


def _checked(bridge: Bridge) -> None:
    whole_numbers(
        least=bridge.least,
        most=bridge.most,
        flat=bridge.flat,
        soonest=bridge.soonest,
        latest=bridge.latest,
        typical=1 if bridge.typical is None else bridge.typical,
    )
    probabilities(alone=bridge.alone)
    wrong = {
        "scale": not isinstance(bridge.scale, (int, Fraction)) or bridge.scale <= 0,
        "most": not bridge.least <= bridge.most <= MILLION,
        "latest": bridge.latest < bridge.soonest,
        "typical": bridge.typical == 0,
        "alone": bridge.alone == 0,
    }
    for name, holds in wrong.items():
        if holds:
            raise CannotTrace("forensics.parameter_malformed", name=name)


def _rows(ledger: Ledger, column: Any, names: tuple[str, ...]) -> list[int]:
    """The rows in whose column one of the accounts stands."""
    numbers = [each for each in map(ledger.number, names) if each is not None]
    rows: list[int] = np.flatnonzero(moving(ledger) & np.isin(column, numbers)).tolist()
    return rows


def _times(ledger: Ledger, rows: list[int]) -> list[int]:
    """When rows happened, millionths of seconds."""
    if "time" not in ledger.places.columns:
        raise CannotTrace("forensics.time_missing")
    times = ledger.places["time"]
    if times.dtype.is_temporal():
        times = times.cast(pl.Datetime("us")) if times.dtype == pl.Date else times
        times = times.dt.epoch("us")
    elif times.dtype.is_integer():
        times = times.cast(pl.Int64) * SECOND
    else:
        raise CannotTrace("forensics.time_missing")
    if times.null_count():
        raise CannotTrace("forensics.time_missing")
    found: list[int] = times.gather(rows).to_list()
    return found


def _amounts(amount: int, bridge: Bridge) -> tuple[int, int]:
    """The least and the most that can arrive."""
    low = Fraction(amount * (MILLION - bridge.most), MILLION) - bridge.flat
    high = Fraction(amount * (MILLION - bridge.least), MILLION)
    return (low * bridge.scale).__floor__(), (high * bridge.scale).__floor__()


def _weight(later: int, bridge: Bridge) -> float:
    if bridge.typical is None:
        return 1.0
    return float(2 ** (-(later / SECOND - bridge.soonest) / bridge.typical))
