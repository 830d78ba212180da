"""The table of suspension orders, and what is asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.orders import Order, OrderState
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, TZDateTime


class OrderRow(SQLModel, table=True):
    """Suspension orders."""

    __tablename__: ClassVar[Any] = "suspension_order"
    __table_args__: ClassVar[Any] = (Index(None, "state", "until"), Index(None, "permit", "state"))
    id: str = column(String(20), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    wallet: str | None = column(String(42), nullable=True)
    days: int = column(Integer())
    basis: str = column(Text())
    reasons: str = column(Text())
    report: str | None = column(String(20), ForeignKey("str_report.id"), nullable=True)
    prolongs: str | None = column(String(20), nullable=True)
    proposed_by: str = column(String(32), ForeignKey("account.name"))
    person: str = column(String(64))
    proposed_at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(OrderState))
    confirmed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    confirmed_at: datetime | None = column(TZDateTime(), nullable=True)
    until: datetime | None = column(TZDateTime(), nullable=True)
    lift_asked_by: str | None = column(String(64), nullable=True)
    ended_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Orders(Repository[Order]):
    """Orders."""

    record, row, code = Order, OrderRow, "order"

    def in_force(self, permit: str) -> tuple[Order, ...]:
        """What stops a permit or its wallets now, by its end."""
        columns = self.columns
        return self.select(
            columns.permit == permit,
            columns.state == OrderState.IN_FORCE,
            order=[columns.until, columns.id],
        )

    def over(self, at: datetime) -> tuple[Order, ...]:
        """Orders in force whose end has come."""
        columns = self.columns
        return self.select(columns.state == OrderState.IN_FORCE, columns.until < at, limit=200)

    def newest(self, start: int, limit: int) -> tuple[Order, ...]:
        """Orders, the newest first."""
        columns = self.columns
        order = [columns.proposed_at.desc(), columns.id]
        return self.select(order=order, limit=start + limit)[start:]
