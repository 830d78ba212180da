"""The table of drills."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.drills import Drill
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import TZDateTime


class DrillRow(SQLModel, table=True):
    """Kill-switch drills and what was measured."""

    __tablename__: ClassVar[Any] = "drill"
    id: str = column(String(20), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    author: str = column(String(32), ForeignKey("account.name"))
    reasons: str = column(Text())
    clicked_at: datetime = column(TZDateTime())
    hold: str = column(String(40))
    held_at: datetime = column(TZDateTime())
    ended_at: datetime | None = column(TZDateTime(), nullable=True, index=True)
    ended_by: str = column(String(32))
    last_at: datetime | None = column(TZDateTime(), nullable=True)
    measured: bool = column(Boolean())
    revision: int = column(Integer())


class Drills(Repository[Drill]):
    """Drills."""

    record, row, code = Drill, DrillRow, "drill"

    def of_permit(self, permit: str, limit: int) -> tuple[Drill, ...]:
        """A permit's drills, newest first."""
        return self.select(self.columns.permit == permit, order=self.columns.id.desc(), limit=limit)

    def running(self, permit: str | None = None) -> tuple[Drill, ...]:
        """Drills that have not ended."""
        where = [] if permit is None else [self.columns.permit == permit]
        return self.select(self.columns.ended_at.is_(None), *where)
