"""The table and repository of places in teams of investigations."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, delete
from sqlmodel import SQLModel

from sandbox.domain.investigation_teams import Place, Power
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn


class PlaceRow(SQLModel, table=True):
    """Who is in which team of an investigation, with which powers."""

    __tablename__: ClassVar[Any] = "investigation_seat"
    investigation: str = column(String(32), ForeignKey("investigation.id"), primary_key=True)
    trainee: str = column(String(32), ForeignKey("account.name"), primary_key=True)
    team: int = column(Integer())
    power: Power = column(EnumColumn(Power))


class Places(Repository[Place]):
    """Places in teams."""

    record, row, code = Place, PlaceRow, "investigation_seat"

    def of(self, investigation: str) -> tuple[Place, ...]:
        """The places of an investigation, by team."""
        return self.select(
            self.columns.investigation == investigation,
            order=[self.columns.team, self.columns.trainee],
        )

    def clear(self, investigation: str) -> None:
        """Take every place of an investigation away."""
        where = self.columns.investigation == investigation
        self.session.execute(delete(self.table).where(where))
