"""Half a month of transfers with what is true of them, for tuning two rules on what they cost.

Rules:

1. The number alone says how the guilty of a month behave: how often a day they pay just below the
   threshold and how far below it, how soon and how completely they pass on what came. The name of
   a half says everything else: who they are, when they act, what the innocent do.
2. So what was learned in one half holds in another of the same number, and nothing tells accounts,
   moments and amounts of a half whose name is not known.
3. The innocent overlap with the guilty in every figure that R01 and R05 look at: as a rule no
   values find all of the guilty and nobody else.

>>> first = half(4711, "first")
>>> first.transfers.columns[:2], sorted(set(first.truth["typology"]))
(['block', 'transaction'], ['pass_through', 'structuring'])
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from sandbox.forensics.cases.chance import Chance

SOM: Final = 100
"""Tyiyn."""
THRESHOLD: Final = 85_000 * SOM
DAYS: Final = 14
BEGIN: Final = 1_793_491_200
"""1 November 2026, seconds."""
DAY: Final = 86_400
MINUTE: Final = 60
_PEOPLE: Final = (160, 16, 34, 16, 64)
"""Accounts that take part in what others do; who splits, trades, passes on, earns."""

Payment = tuple[int, str, str, int]
"""Moment, payer, payee, tyiyn."""


@dataclass(frozen=True, eq=False)
class Half:
    """Two weeks.

    Attributes:
        transfers: a ledger for rules: ``block``, ``transaction``, ``log``, ``payer``, ``payee``,
            ``amount`` (tyiyn), ``time`` (seconds).
        truth: ``account``, ``typology`` (``structuring``, ``pass_through``), ``since`` (seconds).
    """

    transfers: pl.DataFrame
    truth: pl.DataFrame


@dataclass(frozen=True)
class _Habits:
    """How the guilty of a month behave: payments a day, percent below, minutes, percent kept."""

    pieces: int
    depth: int
    delay: int
    kept: int


def half(number: int, name: str) -> Half:
    """Make a half.

    Args:
        number: of the month, 0 to 2**64 - 1.
        name: of the half.
    """
    habits = _habits(Chance(number.to_bytes(8, "big"), "habits"))
    draw = Chance(number.to_bytes(8, "big"), "half", name)
    others, smurfs, dealers, mules, quick = (
        [f"0x{draw.bytes(20).hex()}" for _ in range(count)] for count in _PEOPLE
    )
    made: list[Payment] = []
    truth = []
    for typology, accounts, act in (
        ("structuring", smurfs, _structured),
        ("pass_through", mules, _passed_on),
    ):
        for account in accounts:
            acts = sorted(act(draw, account, others, habits))
            truth.append({"account": account, "typology": typology, "since": acts[0][0]})
            made += acts
    for account in dealers:
        made += _dealt(draw, account, others, habits)
    for account in quick:
        made += _earned(draw, account, others)
    made.sort()
    transfers = pl.DataFrame(
        {
            "block": range(1, len(made) + 1),
            "transaction": [0] * len(made),
            "log": [0] * len(made),
            **{
                column: [each[place] for each in made]
                for place, column in ((1, "payer"), (2, "payee"), (3, "amount"), (0, "time"))
            },
        }
    )
    return Half(transfers, pl.DataFrame(sorted(truth, key=lambda row: row["account"])))


def _habits(draw: Chance) -> _Habits:
    return _Habits(
        pieces=draw.one((4, 6, 8)),
        depth=draw.one((8, 27, 46)),
        delay=draw.one((8, 150, 420)),
        kept=draw.one((3, 16, 26)),
    )


def _moment(draw: Chance, day: int, first: int = 8, last: int = 20) -> int:
    return BEGIN + day * DAY + draw.between(first * 3_600, last * 3_600)


def _structured(
    draw: Chance, account: str, others: list[str], habits: _Habits
) -> Iterator[Payment]:
    """On two days, payments just below the threshold to different people."""
    for day in draw.some(range(DAYS), 2):
        for payee in draw.some(others, habits.pieces + draw.below(2)):
            least = THRESHOLD * (100 - habits.depth) // 100
            yield _moment(draw, day), account, payee, draw.between(least, THRESHOLD - 1)


def _dealt(draw: Chance, account: str, others: list[str], habits: _Habits) -> Iterator[Payment]:
    """A trader: on most days some purchases, on busy ones nearly as many as the guilty pay."""
    usual = draw.between(1, habits.pieces)
    lowest = draw.one((50, 60, 75, 88))
    for day in range(DAYS):
        if draw.happens(700):
            for payee in draw.some(others, draw.between(max(usual - 2, 1), usual)):
                amount = draw.between(THRESHOLD * lowest // 100, THRESHOLD * 104 // 100)
                yield _moment(draw, day), account, payee, amount


def _passed_on(draw: Chance, account: str, others: list[str], habits: _Habits) -> Iterator[Payment]:
    """Three times money that comes from a stranger and is gone soon, but for a reward."""
    for day in draw.some(range(DAYS), 3):
        came, amount = _moment(draw, day, 8, 14), draw.between(30_000 * SOM, 400_000 * SOM)
        payer, payee = draw.some(others, 2)
        yield came, payer, account, amount
        gone = came + MINUTE * draw.between(habits.delay // 3, habits.delay)
        kept = draw.between(max(habits.kept - 6, 1), habits.kept)
        yield gone, account, payee, amount * (100 - kept) // 100


def _earned(draw: Chance, account: str, others: list[str]) -> Iterator[Payment]:
    """Wages or takings, of which a part is paid away on the same day, sometimes soon."""
    employer, landlord = draw.some(others, 2)
    for day in range(DAYS):
        if draw.happens(220):
            came, amount = _moment(draw, day, 8, 13), draw.between(12_000 * SOM, 150_000 * SOM)
            yield came, employer, account, amount
            gone = came + MINUTE * draw.between(5, 900)
            yield gone, account, landlord, amount * draw.between(30, 99) // 100
