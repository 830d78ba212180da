"""What some wallets hold together, block by block.

Rules: a balance is that at the end of a block; at a moment it is that of the last block at or
before it. What moves between the wallets changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate

import numpy as np

from sandbox.forensics.errors import CannotProve
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.moments import in_utc

Point = tuple[int, datetime, int]
"""Block, its moment, what is held at its end (minor units)."""


class Course:
    """The balances of some wallets together.

    Args:
        ledger: of one token, with ``time``.
        wallets: addresses; one that no row names holds nothing.

    Raises:
        CannotProve: ``reserves.time_missing``: no moments, or moments that run backwards.
    """

    def __init__(self, ledger: Ledger, wallets: Iterable[str]) -> None:
        places = in_utc(ledger.places)
        if places is None or not len(ledger) or not places["time"].is_sorted():
            raise CannotProve("reserves.time_missing")
        self._moments = places["time"].to_list()
        self._blocks = places["block"].to_list()
        self.last = self._moments[-1]
        known = {ledger.number(name) for name in wallets} - {None}
        mine = np.isin(np.arange(len(ledger.names)), [each for each in known if each is not None])
        into, out = mine[ledger.payee], mine[ledger.payer]
        rows = np.flatnonzero(into != out)
        self._signs = [1 if into[row] else -1 for row in rows.tolist()]
        self._amounts = [int(each) for each in ledger.amount[rows].tolist()]
        others = np.where(into[rows], ledger.payer[rows], ledger.payee[rows])
        self._others = ledger.names.gather(others).to_list()
        self._rows = rows.tolist()
        moved = (sign * each for sign, each in zip(self._signs, self._amounts, strict=True))
        begin = sum(int(ledger.opening[each]) for each in known if each is not None)
        self._levels = list(accumulate(moved, initial=begin))

    def at(self, moment: datetime) -> int:
        """What is held at a moment, minor units."""
        return self._levels[self._until(moment)]

    def begins_after(self, moment: datetime) -> bool:
        """Whether nothing is known of a moment: it lies before the first row."""
        return bool(moment < self._moments[0])

    def points(self, after: datetime, until: datetime) -> list[Point]:
        """What is held at the end of each block that changed it.

        Args:
            after: blocks later than this.
            until: blocks not later than this.
        """
        ends: dict[int, Point] = {}
        for number in range(self._until(after), self._until(until)):
            row = self._rows[number]
            ends[self._blocks[row]] = (
                self._blocks[row],
                self._moments[row],
                self._levels[number + 1],
            )
        return list(ends.values())

    def moved(self, after: datetime, until: datetime, *, into: bool) -> dict[str, int]:
        """What came from others, or went to them, by account.

        Args:
            after: rows later than this.
            until: rows not later than this.
            into: whether what came is asked for.
        """
        found: dict[str, int] = defaultdict(int)
        for number in range(self._until(after), self._until(until)):
            if (self._signs[number] > 0) == into:
                found[self._others[number]] += self._amounts[number]
        return dict(found)

    def _until(self, moment: datetime) -> int:
        """How many rows that change something lie in blocks up to a moment."""
        end = bisect_right(self._moments, moment)
        return bisect_right(self._rows, end - 1)
