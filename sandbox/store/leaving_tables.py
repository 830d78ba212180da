"""Memberships that were ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.leaving import Departure
from sandbox.kit.ids import OrgId
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class DepartureRow(SQLModel, table=True):
    """Receipts of ended memberships."""

    __tablename__: ClassVar[Any] = "departure"
    id: str = column(String(40), primary_key=True)
    org: str = column(String(40), ForeignKey("organisation.id"), index=True)
    person: str = column(String(40))
    name: str = column(String(200))
    accounts: Any = column(JsonColumn(list, tuple))
    reasons: str = column(Text())
    ended_by: str = column(String(32), ForeignKey("account.name"))
    ended_at: datetime = column(TZDateTime())
    successor: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    done: Any = column(JsonColumn())
    gateway_at: datetime | None = column(TZDateTime(), nullable=True)
    hub: Any = column(JsonColumn(), nullable=True)
    hub_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Departures(Repository[Departure]):
    """Receipts of ended memberships."""

    record, row, code = Departure, DepartureRow, "departure"

    def newest(self, orgs: set[OrgId], limit: int) -> tuple[Departure, ...]:
        """Of some organisations, the newest first."""
        order = [self.columns.ended_at.desc(), self.columns.id]
        return self.select(self.columns.org.in_(list(orgs)), order=order, limit=limit)
