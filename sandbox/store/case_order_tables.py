"""The table and repository of orders of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, and_, delete, or_
from sqlmodel import SQLModel

from sandbox.domain.case_orders import LONGEST, CaseOrder, Prepared
from sandbox.domain.classroom import JobState
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


def _read(said: Mapping[str, Any]) -> Prepared:
    return Prepared(**said)


class CaseOrderRow(SQLModel, table=True):
    """Cases that are to be executed, and those that lie ready to be started."""

    __tablename__: ClassVar[Any] = "investigation_order"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("investigation", "trainee", "attempt"),
        Index(None, "state", "ordered_at"),
    )
    id: str = column(String(32), primary_key=True)
    investigation: str = column(String(32), ForeignKey("investigation.id"))
    trainee: str = column(String(32), ForeignKey("account.name"))
    attempt: int = column(Integer())
    state: Any = column(EnumColumn(JobState))
    ordered_at: datetime = column(TZDateTime())
    wanted_at: datetime | None = column(TZDateTime(), nullable=True)
    begun_at: datetime | None = column(TZDateTime(), nullable=True)
    tries: int = column(Integer())
    error: str | None = column(String(80), nullable=True)
    made: Any = column(JsonColumn(asdict, _read), nullable=True)
    revision: int = column(Integer())


class CaseOrders(Repository[CaseOrder]):
    """Orders."""

    record, row, code = CaseOrder, CaseOrderRow, "investigation_order"

    def of(self, investigation: str, trainee: AccountName | None = None) -> tuple[CaseOrder, ...]:
        """The orders of an investigation, of one trainee or of all, by attempt."""
        where = [self.columns.investigation == investigation]
        if trainee is not None:
            where.append(self.columns.trainee == trainee)
        return self.select(*where, order=[self.columns.attempt, self.columns.id])

    def queue(self, at: datetime, most: int) -> tuple[CaseOrder, ...]:
        """Orders that nobody executes, in turn."""
        interrupted = and_(
            self.columns.state == JobState.RUNNING, self.columns.begun_at < at - LONGEST
        )
        turn = [
            self.columns.wanted_at.is_(None),
            self.columns.wanted_at,
            self.columns.ordered_at,
            self.columns.id,
        ]
        free = or_(self.columns.state == JobState.QUEUED, interrupted)
        return self.select(free, order=turn, limit=most)

    def running(self) -> tuple[CaseOrder, ...]:
        """Orders that are said to be executed."""
        return self.select(self.columns.state == JobState.RUNNING)

    def before(self, order: CaseOrder) -> int:
        """How many of those that trainees wait for stand before one of them."""
        waiting = self.select(
            self.columns.wanted_at.is_not(None),
            self.columns.state.in_([JobState.QUEUED, JobState.RUNNING]),
        )
        mine = (order.wanted_at or order.ordered_at, order.ordered_at, order.id)
        turns = ((each.wanted_at or at, at, each.id) for each in waiting if (at := each.ordered_at))
        return sum(turn < mine for turn in turns)

    def take_away(self, order: CaseOrder) -> None:
        """Remove an order."""
        self.session.execute(delete(self.table).where(self.columns.id == order.id))
