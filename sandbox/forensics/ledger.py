"""A ledger: the movements of one token in their order, as columns of integers.

Rules:

1. The order is that of block, transaction in it, log in that; two rows at one place are refused.
   Order inside a block is evidence.
2. A row from the zero address issues, a row to it destroys. A fee that a token takes is a row
   like any other, from the payer to who collects it. Gas paid in another coin is no row; in a
   ledger of the coin itself it is a row of log -1, before all that the transaction does (gas is
   bought first: Yellow Paper, section 6), to the zero address where it is burnt.
3. A failed transaction moved nothing: rows with ``succeeded`` false are left out.
4. Amounts are whole minor units.
5. A payer must be covered. Where a ledger does not begin with the token's first day, say what
   was there before (``opening``), or ``"least"``: each account then begins with just enough.

>>> zero = "0x" + "00" * 20
>>> rows = {"block": [1, 2], "transaction": [0, 0], "log": [0, 0],
...     "payer": [zero, "a"], "payee": ["a", "b"], "amount": [10, 4]}
>>> ledger = Ledger.read(pl.DataFrame(rows))
>>> ledger.balance("a"), len(ledger)
(6, 2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.accounts import numbered, spelt
from sandbox.forensics.amounts import fitting, integers, money
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.running import settled

PLACE: Final = ("block", "transaction", "log")
"""The columns that order rows."""
NEEDED: Final = (*PLACE, "payer", "payee", "amount")
FURTHER: Final = ("time", "hash")
"""Columns that are kept where they are there: a moment of any sortable type, the transaction's
hash."""
Opening = Mapping[str, int] | Literal["least"] | None


@dataclass(frozen=True, eq=False)
class Ledger:
    """Movements of one token; ``Ledger.read`` makes one.

    Attributes:
        places: block, transaction and log of each row; time and hash where they are known.
        names: the accounts by number; 0 is the zero address.
        payer: numbers, int32.
        payee: numbers, int32.
        amount: minor units: int64, or Python integers where a sum would not fit.
        opening: balances before the first row, by account, as the amounts.
        closing: balances after the last row.
    """

    places: pl.DataFrame
    names: pl.Series
    payer: NDArray[np.int32]
    payee: NDArray[np.int32]
    amount: NDArray[Any]
    opening: NDArray[Any]
    closing: NDArray[Any]

    @classmethod
    def read(cls, source: pl.DataFrame | str | Path, *, opening: Opening = None) -> Ledger:
        """Read a ledger.

        Args:
            source: a table, or the path of a Parquet or CSV file, with the columns ``NEEDED`` and
                perhaps ``FURTHER`` and ``succeeded``; amounts are integers or text of digits.
            opening: minor units that accounts held before the first row, or ``"least"``.

        Raises:
            CannotTrace: ``forensics.column_missing``, ``forensics.place_malformed``,
                ``forensics.place_twice``, ``forensics.account_missing``,
                ``forensics.amount_malformed``, ``forensics.amount_too_large``,
                ``forensics.overdrawn``.
        """
        table = _in_order(_kept(_table(source)))
        held = {} if opening is None or opening == "least" else dict(opening)
        names, payer, payee = numbered(table["payer"], table["payee"], held)
        amount = integers(table["amount"])
        places = table.select(*PLACE, *(each for each in FURTHER if each in table.columns))
        return cls.coded(
            places, names, payer, payee, amount, _opening(names, held), least=opening == "least"
        )

    @classmethod
    def coded(  # noqa: PLR0913 - one for each column
        cls,
        places: pl.DataFrame,
        names: pl.Series,
        payer: NDArray[np.int32],
        payee: NDArray[np.int32],
        amount: NDArray[Any],
        opening: NDArray[Any],
        *,
        least: bool = False,
    ) -> Ledger:
        """A ledger whose columns are integers already; the order is the caller's word.

        Args:
            places: as the attribute.
            names: as the attribute.
            payer: as the attribute.
            payee: as the attribute.
            amount: as the attribute.
            opening: as the attribute.
            least: let each account begin with what it lacks.

        Raises:
            CannotTrace: ``forensics.amount_too_large``, ``forensics.overdrawn``.
        """
        payer, payee, amount, opening = (
            np.require(each, requirements=["C", "W"])  # one form, so that kernels are compiled once
            for each in (payer, payee, *fitting(amount, opening))
        )
        closing, lowest, row = settled(payer, payee, amount, opening)
        if row >= 0 and least:
            lacking = np.maximum(-lowest, 0)
            return cls.coded(places, names, payer, payee, amount, opening + lacking)
        if row >= 0:
            raise CannotTrace(
                "forensics.overdrawn",
                account=str(names[int(payer[row])]),
                place=" / ".join(str(each) for each in places.select(PLACE).row(row)),
            )
        return cls(places, names, payer, payee, amount, opening, closing)

    def __len__(self) -> int:
        return len(self.payer)

    def __repr__(self) -> str:
        return f"<ledger of {len(self)} movements between {len(self.names) - 1} accounts>"

    @property
    def table(self) -> pl.DataFrame:
        """All rows, with names in place of numbers."""
        return self.rows(np.arange(len(self)))

    def rows(self, numbers: NDArray[Any]) -> pl.DataFrame:
        """Some rows, with names in place of numbers.

        Args:
            numbers: which, in which order.
        """
        return self.places[numbers].with_columns(
            self.names.gather(self.payer[numbers]).alias("payer"),
            self.names.gather(self.payee[numbers]).alias("payee"),
            money("amount", self.amount[numbers]),
        )

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names.to_list())}

    def number(self, account: str) -> int | None:
        """An account's number; None when no row names it."""
        return self._numbers.get(spelt(account))

    def balance(self, account: str) -> int:
        """What an account holds after the last row, minor units; 0 when no row names it."""
        number = self.number(account)
        return 0 if number is None else int(self.closing[number])

    def find(
        self,
        *,
        payer: str | None = None,
        payee: str | None = None,
        hash: str | None = None,  # noqa: A002 - the column's name
        block: int | None = None,
    ) -> list[int]:
        """The numbers of the rows for which all that is given holds; seeds of a trace.

        Args:
            payer: who pays.
            payee: who is paid.
            hash: of the transaction.
            block: in which they lie.
        """
        found = np.ones(len(self), bool)
        for column, name in ((self.payer, payer), (self.payee, payee)):
            if name is not None:
                number = self.number(name)
                found &= column == (-1 if number is None else number)
        if block is not None:
            found &= self.places["block"].to_numpy() == block
        if hash is not None:
            known = "hash" in self.places.columns
            found &= (self.places["hash"] == spelt(hash)).to_numpy() if known else False
        rows: list[int] = np.flatnonzero(found).tolist()
        return rows


def _table(source: pl.DataFrame | str | Path) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    path = Path(source)
    if path.suffix == ".csv":
        return pl.read_csv(path, schema_overrides={"amount": pl.String})
    there = pl.read_parquet_schema(path)
    wanted = (*NEEDED, *FURTHER, "succeeded")
    return pl.read_parquet(path, columns=[each for each in wanted if each in there])


def _kept(table: pl.DataFrame) -> pl.DataFrame:
    """The rows that moved something, with the columns that are needed."""
    for name in NEEDED:
        if name not in table.columns:
            raise CannotTrace("forensics.column_missing", name=name)
    if "hash" in table.columns:
        table = table.with_columns(pl.col("hash").str.to_lowercase())
    return table.filter("succeeded") if "succeeded" in table.columns else table


def _in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Rows by their places, each place once."""
    for name in PLACE:
        if not table[name].dtype.is_integer() or table[name].null_count():
            raise CannotTrace("forensics.place_malformed", name=name)
    if _first_not_after(table) is None:
        return table
    table = table.sort(PLACE)
    twice = _first_not_after(table)
    if twice is None:
        return table
    place = " / ".join(str(each) for each in table.select(PLACE).row(twice))
    raise CannotTrace("forensics.place_twice", place=place)


def _first_not_after(table: pl.DataFrame) -> int | None:
    """The first row that does not stand behind the one before it."""
    behind = np.zeros(max(len(table) - 1, 0), bool)
    for name in reversed(PLACE):
        column = table[name].to_numpy()
        behind = (column[1:] > column[:-1]) | ((column[1:] == column[:-1]) & behind)
    wrong = np.flatnonzero(~behind)
    return int(wrong[0]) + 1 if len(wrong) else None


def _opening(names: pl.Series, held: Mapping[str, int]) -> NDArray[Any]:
    """Opening balances by number; the zero address holds nothing."""
    if not held:
        return np.zeros(len(names), np.int64)
    by_name = {spelt(name): amount for name, amount in held.items()}
    return integers(pl.Series([str(by_name.get(name, 0)) for name in names.to_list()]))
