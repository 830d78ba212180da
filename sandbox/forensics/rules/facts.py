"""What rules look at: a ledger in seconds and whole units, by rows and by accounts.

Rules:

1. A movement is a row of more than 0 from one account to another; a payment is a movement that
   neither issues nor destroys.
2. Within a window W at a moment t is what happened in (t - W, t].
3. Where the amounts of a ledger add up to less than ``NARROW`` in a unit that measures them all,
   they are 64 bits wide and kernels run compiled; otherwise they are Python's own integers and the
   same lines run interpreted. A threshold is rounded up to the unit, which decides the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.compiled import ready
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.kernels import Events
from sandbox.forensics.rules.pack import Pack, Rule
from sandbox.forensics.rules.tables import checked, seconds

Array = NDArray[Any]
NARROW: Final = 2**56
"""Below this a hundredfold, and a part of it in percent, fit in 64 bits."""
NEVER: Final = 2**62
"""More than any narrow amount."""
_MADE: Final = Path(__file__).parent / "__pycache__"


@dataclass(frozen=True, eq=False)
class Facts:
    """A ledger and its side tables, prepared; ``Facts.of`` makes one.

    Attributes:
        ledger: as it was given.
        pack: the rules' values.
        tables: the side tables.
        names: accounts by number: the ledger's, then those that only side tables name.
        when: of each row, seconds.
        amount: of each row, in ``common`` minor units.
        common: minor units in one unit.
        tyiyn: minor units in one tyiyn.
    """

    ledger: Ledger
    pack: Pack
    tables: Mapping[str, pl.DataFrame]
    names: pl.Series
    when: Array
    amount: Array
    common: int
    tyiyn: int

    @classmethod
    def of(
        cls, ledger: Ledger, pack: Pack, tables: Mapping[str, pl.DataFrame], tyiyn: int
    ) -> Facts:
        """Prepare.

        Args:
            ledger: with a column ``time``.
            pack: the rules' values.
            tables: side tables by name.
            tyiyn: minor units in one tyiyn, > 0.

        Raises:
            CannotWatch: ``alert_pack.time_missing``, ``alert_pack.time_backwards``,
                ``alert_pack.unit``, and those of ``tables.checked``.
        """
        if type(tyiyn) is not int or tyiyn < 1:
            raise CannotWatch("alert_pack.unit")
        tables = checked(tables)
        when = _moments(ledger)
        common, amount = _units(ledger.amount)
        return cls(ledger, pack, tables, _names(ledger, tables), when, amount, common, tyiyn)

    @property
    def payer(self) -> Array:
        """Of each row."""
        return self.ledger.payer

    @property
    def payee(self) -> Array:
        """Of each row."""
        return self.ledger.payee

    def run(self, kernel: Callable[..., Any], *arguments: Any) -> Any:
        """Run a kernel that sees amounts: compiled, or interpreted where they are wide."""
        return kernel(*arguments) if self.amount.dtype == object else compiled(kernel, *arguments)

    def least(self, minor: int) -> int:
        """The least number of units that is at least so many minor units."""
        found = -(-minor // self.common)
        return found if self.amount.dtype == object else min(found, NEVER)

    def floor(self, rule: Rule, name: str = "floor") -> int:
        """A parameter in tyiyn, as ``least``."""
        return self.least(rule[name] * self.tyiyn)

    @property
    def threshold(self) -> int:
        """The threshold of all rules, minor units."""
        return self.pack["threshold"] * self.tyiyn

    @cached_property
    def moves(self) -> Array:
        """Rows that moved something."""
        return np.flatnonzero((self.amount > 0) & (self.payer != self.payee))

    @cached_property
    def payments(self) -> Array:
        """Movements between two accounts."""
        real = (self.payer[self.moves] != 0) & (self.payee[self.moves] != 0)
        found: Array = self.moves[real]
        return found

    @cached_property
    def paid(self) -> Events:
        """Payments as the payers see them."""
        return self._side(self.payments, self.payer, self.payee, out=True)

    @cached_property
    def received(self) -> Events:
        """Payments as the payees see them."""
        return self._side(self.payments, self.payee, self.payer, out=False)

    def _side(self, rows: Array, who: Array, other: Array, *, out: bool) -> Events:
        rows = rows[self._order(who[rows])]
        flags = np.full(len(rows), out)
        return Events(who[rows], rows, self.when[rows], self.amount[rows], flags, other[rows])

    @cached_property
    def events(self) -> Events:
        """Movements as each of their accounts sees them; nothing of the zero address."""
        rows = np.repeat(self.moves, 2)
        out = np.tile(np.array([True, False]), len(self.moves))
        payer, payee = self.payer[rows], self.payee[rows]
        who, other = np.where(out, payer, payee), np.where(out, payee, payer)
        order = self._order(who)
        order = order[who[order] != 0]
        rows = rows[order]
        return Events(
            who[order], rows, self.when[rows], self.amount[rows], out[order], other[order]
        )

    def _order(self, who: Array) -> Array:
        """By account; rows of one account stay in order."""
        order: Array = compiled(kernels.by_account, who, len(self.names))
        return order

    def numbers(self, accounts: pl.Series) -> Array:
        """The numbers of accounts that stand in side tables."""
        known = pl.DataFrame({"account": self.names, "number": np.arange(len(self.names))})
        asked = pl.DataFrame({"account": accounts})
        found = asked.join(known, on="account", how="left", maintain_order="left")
        numbers: Array = found["number"].to_numpy()
        return numbers

    def tagged(self, *categories: str) -> Array:
        """Which accounts have one of these tags."""
        found = np.zeros(len(self.names), bool)
        if "tags" in self.tables:
            tags = self.tables["tags"].filter(pl.col("category").is_in(categories))
            found[self.numbers(tags["account"])] = True
        return found

    @cached_property
    def services(self) -> Array:
        """Which accounts are no subjects of rules about behaviour."""
        return self.tagged(*self.pack.services)


def compiled(kernel: Callable[..., Any], *arguments: Any) -> Any:
    """Run a kernel compiled.

    Args:
        kernel: of ``sandbox.forensics.rules.kernels``.
        *arguments: its own; no Python integers in arrays.
    """
    return ready(kernels.COMPILED[kernel.__name__], _MADE)(*arguments)


def _moments(ledger: Ledger) -> Array:
    if "time" not in ledger.places.columns:
        raise CannotWatch("alert_pack.time_missing")
    column = ledger.places["time"]
    known = isinstance(column.dtype, pl.Datetime) or column.dtype.is_integer()
    if not known or column.null_count():
        raise CannotWatch("alert_pack.time_missing")
    when = seconds(column)
    wrong = np.flatnonzero(when[1:] < when[:-1])
    if len(wrong):
        place = ledger.places.select("block", "transaction", "log").row(int(wrong[0]) + 1)
        raise CannotWatch("alert_pack.time_backwards", place=" / ".join(map(str, place)))
    return when


def _units(amount: Array) -> tuple[int, Array]:
    """The unit that rules count in, and the amounts in it."""
    if amount.dtype != object and float(amount.sum(dtype=np.float64)) < NARROW / 2:
        return 1, amount
    listed = amount.tolist()
    unit = math.gcd(*listed) or 1
    if sum(listed) // unit < NARROW:
        return unit, np.array([each // unit for each in listed], np.int64)
    return 1, np.array(listed, object)


def _names(ledger: Ledger, tables: Mapping[str, pl.DataFrame]) -> pl.Series:
    named = [each["account"] for each in tables.values() if "account" in each.columns]
    if not named:
        return ledger.names
    there = pl.DataFrame({"account": pl.concat(named)}).unique(maintain_order=True)
    known = pl.DataFrame({"account": ledger.names})
    return pl.concat([known, there.join(known, on="account", how="anti", maintain_order="left")])[
        "account"
    ]
