"""Accounts in columns by hop, and what moved between them: what flow diagram and graph share.

Rules:

1. An account stands in the column after the least hop by which traced value reached it; who paid
   the seeds stands first. Backward it is the other way round: the seeds are on the right.
2. What moved between two accounts is one band: the sum, and how many movements it is.
3. At most ``most`` accounts are drawn, by what passed through them; the bands between the others
   are counted, with their sum. The last column holds all that is further away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

COLUMNS: Final = 24
STEP: Final = 120.0
"""Points between two columns, at least: a name fits between them."""


@dataclass(frozen=True)
class Band:
    """What moved from one account to another: minor units, and in how many movements."""

    payer: str
    payee: str
    value: int
    movements: int


@dataclass(frozen=True)
class Layers:
    """What is drawn.

    Attributes:
        columns: accounts from left to right, in each from the largest down.
        bands: between accounts that are drawn, from the largest down.
        passed: what passed through an account: the larger of what came and what went.
        left_out: bands that are not drawn.
        left_value: their sum.
    """

    columns: tuple[tuple[str, ...], ...]
    bands: tuple[Band, ...]
    passed: dict[str, int]
    left_out: int
    left_value: int

    def across(self, width: float) -> tuple[float, float]:
        """The width of all columns and the step between two.

        Args:
            width: at least.
        """
        steps = max(len(self.columns) - 1, 1)
        step = max(width / steps, STEP)
        return step * steps, step


def layers_of(rows: pl.DataFrame, *, most: int, backward: bool = False) -> Layers:
    """Lay movements out.

    Args:
        rows: of a trace's ``hops``.
        most: accounts at most.
        backward: whether the trace is.
    """
    sums = (
        rows.group_by("payer", "payee")
        .agg(pl.col("tainted").cast(pl.Int128).sum(), pl.len().alias("movements"), pl.min("hop"))
        .sort(["tainted", "payer", "payee"], descending=[True, False, False])
    )
    bands = [Band(payer, payee, value, count) for payer, payee, value, count, _ in sums.rows()]
    passed = _passed(bands)
    ranked = sorted(passed, key=lambda name: (-passed[name], name))
    drawn = set(ranked[:most])
    column = _columns(sums, backward=backward)
    width = max((column[each] for each in drawn), default=0)
    columns: list[list[str]] = [[] for _ in range(width + 1)]
    for name in ranked[:most]:
        columns[width - column[name] if backward else column[name]].append(name)
    shown = tuple(each for each in bands if {each.payer, each.payee} <= drawn)
    left = [each for each in bands if not {each.payer, each.payee} <= drawn]
    filled = tuple(tuple(each) for each in columns if each)
    return Layers(filled, shown, passed, len(left), sum(each.value for each in left))


def _passed(bands: list[Band]) -> dict[str, int]:
    came: dict[str, int] = {}
    went: dict[str, int] = {}
    for each in bands:
        came[each.payee] = came.get(each.payee, 0) + each.value
        went[each.payer] = went.get(each.payer, 0) + each.value
    return {name: max(came.get(name, 0), went.get(name, 0)) for name in came | went}


def _columns(sums: pl.DataFrame, *, backward: bool) -> dict[str, int]:
    """Column by account, counted from the seeds."""
    near, far = ("payee", "payer") if backward else ("payer", "payee")
    nearest = sums.group_by(far).agg(pl.min("hop")).rows()
    column = {name: min(hop + 1, COLUMNS - 1) for name, hop in nearest}
    return dict.fromkeys(sums[near].to_list(), 0) | column
