"""What the figures of a permit are read from: index, refusals and log; nothing is written.

Rules:

1. Whole blocks behind the follower's cursor, and only what the national token logged, as the
   watch reads it: differences that were measured are left out.
2. The blocks of a span of time are found by halving, since a chain's times only grow.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from sandbox.domain import ledger
from sandbox.domain.alerts.facts import Payment, count_of
from sandbox.domain.figures import KINDS, Event, Sent
from sandbox.store import tables
from sandbox.store.explorer_tables import BlockRow, MovementRow, TransactionRow

_PART: Final = 400


def _table(row: Any) -> Table:
    table: Table = row.__table__
    return table


_BLOCK, _MOVE, _SENT = _table(BlockRow), _table(MovementRow), _table(TransactionRow)
_DENIED, _AUDIT = _table(tables.RefusalRow), _table(tables.AuditRow)


class FigureTables:
    """Reads the facts of one permit."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def last_block(self, chain: str, before: datetime, upto: int) -> int:
        """The last block whose time lies before a moment; -1 for none.

        Args:
            chain: which.
            before: the moment, UTC.
            upto: the last block that is looked at.
        """
        low, high = -1, upto
        while low < high:
            middle = (low + high + 1) // 2
            query = (
                select(_BLOCK.c.number, _BLOCK.c.at)
                .where(_BLOCK.c.chain == chain, _BLOCK.c.number <= middle, _BLOCK.c.number > low)
                .order_by(_BLOCK.c.number.desc())
                .limit(1)
            )
            found = self.session.execute(query).first()
            if found is None or found.at < before:
                low = middle
            else:
                high = found.number - 1
        return low

    def payments(
        self, chain: str, token: str, wallets: Collection[str], upto: int
    ) -> list[Payment]:
        """Every movement of some wallets up to a block, each once, in the ledger's order."""
        names = ("id", "block", "at", "payer", "payee", "amount", "hash")
        found: dict[int, Payment] = {}
        listed = sorted(wallets)
        for first in range(0, len(listed), _PART):
            part = listed[first : first + _PART]
            for side in (_MOVE.c.payer, _MOVE.c.payee):
                query = select(*(_MOVE.c[name] for name in names)).where(
                    _MOVE.c.chain == chain,
                    side.in_(part),
                    _MOVE.c.token == token,
                    _MOVE.c.source == ledger.Source.LOG.value,
                    _MOVE.c.block <= upto,
                )
                for row in self.session.execute(query).all():
                    found[row.id] = Payment(
                        *(row.block, row.id, row.at, row.payer or "", row.payee or ""),
                        *(row.amount, row.hash or ""),
                    )
        return sorted(found.values(), key=lambda each: (each.block, each.order))

    def sent(self, chain: str, permit: str, blocks: tuple[int, int]) -> list[Sent]:
        """A permit's transactions in blocks after the first and up to the second, in order."""
        columns = _SENT.c
        query = (
            select(columns.at, columns.gas, columns.succeeded, columns.created)
            .where(
                columns.chain == chain,
                columns.block > blocks[0],
                columns.block <= blocks[1],
                columns.permit == permit,
            )
            .order_by(columns.block, columns.place)
        )
        return [
            Sent(row.at, row.gas, row.succeeded, row.created is not None)
            for row in self.session.execute(query).all()
        ]

    def refusals(
        self, permit: str, first: datetime, last: datetime
    ) -> list[tuple[datetime, str, int]]:
        """When, by which clause, how many; in a span whose end is excluded."""
        columns = _DENIED.c
        query = (
            select(columns.at, columns.clause, columns.raw)
            .where(columns.permit == permit, columns.at >= first, columns.at < last)
            .order_by(columns.seq)
        )
        return [
            (row.at, row.clause, count_of(row.raw)) for row in self.session.execute(query).all()
        ]

    def events(self, subjects: Collection[str], before: datetime) -> list[Event]:
        """What the log says of a permit and its file that figures count; in order."""
        columns = _AUDIT.c
        query = (
            select(columns.at, columns.kind, columns.body)
            .where(
                columns.subject.in_(list(subjects)),
                columns.kind.in_(sorted(KINDS)),
                columns.at < before,
            )
            .order_by(columns.index)
        )
        return [
            Event(row.at, row.kind, dict((row.body or {}).get("data", {})))
            for row in self.session.execute(query).all()
        ]
