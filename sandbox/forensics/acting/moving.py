"""A ledger that goes on moving: the plan, less what freezes stopped and what was not covered.

Rules:

1. Planned transactions are made at their block's time. A frozen address pays nothing but still
   receives; who is not covered pays nothing either, and that payment is not made up for.
2. What a freeze stopped is paid at once, in its order, when no freeze is left on the address, as
   far as it is covered.
3. What a mixer, a bridge or the gold desk owes somebody, it pays once it has got the entry, never
   before.
4. Rows that are not planned (late ones, seizures, hand-overs) stand at the end of the last block
   of their moment, from index ``EXTRA`` on.
5. Nothing is made or lost: what addresses hold is what was issued less what was destroyed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sandbox.forensics.acting.world import World
from sandbox.forensics.cases.addresses import ZERO
from sandbox.forensics.cases.scene import CHAIN_OF, LedgerName
from sandbox.kit.ids import Address

if TYPE_CHECKING:
    import polars as pl

EXTRA: Final = 1_000_000
"""The first index of what was not planned."""
Spot = tuple[LedgerName, Address]
"""An address on a ledger."""


@dataclass(frozen=True, slots=True)
class Row:
    """A movement that was made.

    Attributes:
        ledger: the token.
        block: on its chain.
        index: in the block.
        payer: who paid.
        payee: who was paid.
        amount: minor units.
        time: when, UTC.
        planned: its position in the plan; -1 of an act's.
    """

    ledger: LedgerName
    block: int
    index: int
    payer: Address
    payee: Address
    amount: int
    time: datetime
    planned: int = -1


class Moving:
    """The ledgers of a world, up to a moment.

    Args:
        world: whose plan it is.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: list[Row] = []
        self.made: dict[int, Row] = {}
        self.place: dict[tuple[LedgerName, int, int], Row] = {}
        self.held: dict[Spot, int] = defaultdict(int)
        self._frozen: dict[Spot, set[int]] = defaultdict(set)
        self._stopped: dict[Spot, list[int]] = defaultdict(list)
        self._entry = {release: entry for entry, release in world.passages}
        self._owed: dict[int, int] = {}
        self._block: dict[str, int] = defaultdict(int)
        plan = enumerate(world.transactions)
        self._coming = sorted((each.time, position) for position, each in plan)
        self._next = 0

    def until(self, moment: datetime) -> None:
        """Let everything happen whose block is not later than a moment."""
        while self._next < len(self._coming) and self._coming[self._next][0] <= moment:
            _, position = self._coming[self._next]
            self._next += 1
            planned = self.world.transactions[position]
            self._block[CHAIN_OF[planned.ledger]] = planned.block
            self._planned(position, None)

    def freeze(self, spot: Spot, number: int) -> None:
        """An address pays nothing from now on.

        Args:
            spot: which.
            number: of the freeze; each has to be lifted.
        """
        self._frozen[spot].add(number)

    def thaw(self, spot: Spot, number: int, moment: datetime) -> None:
        """A freeze is over: rule 2."""
        self._frozen[spot].discard(number)
        if not self._frozen[spot]:
            for position in self._stopped.pop(spot, []):
                self._planned(position, moment)

    def is_frozen(self, spot: Spot) -> bool:
        """Whether a freeze is on it."""
        return bool(self._frozen.get(spot))

    def moved(self, spot: Spot, payee: Address, amount: int, moment: datetime) -> bool:
        """An act's own movement, frozen or not; whether it was covered.

        Args:
            spot: from where.
            payee: to whom.
            amount: minor units.
            moment: of it.
        """
        if self.held[spot] < amount:
            return False
        self._make(self._extra(spot[0], spot[1], payee, amount, moment))
        return True

    def _planned(self, position: int, late: datetime | None) -> None:
        """One transaction of the plan; ``late`` where it comes after its time."""
        planned = self.world.transactions[position]
        spot = (planned.ledger, planned.payer)
        entry = self._entry.get(position)
        if entry is not None and entry not in self.made:
            self._owed[entry] = position
        elif self._frozen.get(spot):
            self._stopped[spot].append(position)
        elif planned.payer == ZERO or self.held[spot] >= planned.amount:
            self._make(self._row(position, late))
            if position in self._owed:
                self._planned(self._owed.pop(position), late)

    def _row(self, position: int, late: datetime | None) -> Row:
        each = self.world.transactions[position]
        if late:
            return self._extra(each.ledger, each.payer, each.payee, each.amount, late, position)
        return Row(
            each.ledger,
            each.block,
            each.index,
            each.payer,
            each.payee,
            each.amount,
            each.time,
            position,
        )

    def _extra(
        self,
        ledger: LedgerName,
        payer: Address,
        payee: Address,
        amount: int,
        moment: datetime,
        planned: int = -1,
    ) -> Row:
        block = self._block[CHAIN_OF[ledger]]
        return Row(ledger, block, EXTRA + len(self.rows), payer, payee, amount, moment, planned)

    def _make(self, row: Row) -> None:
        self.held[row.ledger, row.payer] -= row.amount
        self.held[row.ledger, row.payee] += row.amount
        self.rows.append(row)
        self.place[row.ledger, row.block, row.index] = row
        if row.planned >= 0:
            self.made[row.planned] = row


def table(rows: list[Row]) -> pl.DataFrame:
    """Rows of one token with the columns that ``Ledger.read`` takes.

    Args:
        rows: in their order.
    """
    import polars as pl  # noqa: PLC0415 - acting does without it

    return pl.DataFrame(
        {
            "block": [each.block for each in rows],
            "transaction": [each.index for each in rows],
            "log": [0] * len(rows),
            "payer": [each.payer for each in rows],
            "payee": [each.payee for each in rows],
            "amount": [str(each.amount) for each in rows],
            "time": [each.time for each in rows],
        },
        schema_overrides={"payer": pl.String, "payee": pl.String, "amount": pl.String},
    )
