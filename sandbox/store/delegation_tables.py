"""Delegations between regulators of one authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.delegations import Delegation
from sandbox.kit.ids import OrgId, PersonId
from sandbox.store.base import column
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository, once
from sandbox.store.types import TZDateTime


class DelegationRow(SQLModel, table=True):
    """Who stands for whom, from when to when."""

    __tablename__: ClassVar[Any] = "delegation"
    __table_args__: ClassVar[Any] = (Index(None, "authority", "ends"),)
    id: str = column(String(40), primary_key=True)
    authority: str = column(String(40), ForeignKey("organisation.id"))
    giver: str = column(String(32), ForeignKey("account.name"))
    giver_person: str = column(String(40))
    taker: str = column(String(32), ForeignKey("account.name"))
    taker_person: str = column(String(40))
    file: str | None = column(String(20), ForeignKey("permit_file.id"), nullable=True)
    reasons: str = column(Text())
    starts: datetime = column(TZDateTime())
    ends: datetime = column(TZDateTime())
    made_at: datetime = column(TZDateTime())
    ended_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    revision: int = column(Integer())


class Delegations(Repository[Delegation]):
    """Delegations."""

    record, row, code = Delegation, DelegationRow, "delegation"

    def lock(self, authority: OrgId) -> None:
        """Hold an authority's delegations until the transaction ends."""
        lock_name(self.session, f"delegation:{authority}")

    @once
    def held(self, authority: OrgId, person: PersonId, at: datetime) -> tuple[Delegation, ...]:
        """By which somebody stands for others now."""
        columns = self.columns
        return self.select(
            columns.authority == authority,
            columns.taker_person == person,
            columns.starts <= at,
            columns.ends > at,
        )

    @once
    def of(self, authority: OrgId | None) -> tuple[Delegation, ...]:
        """Every delegation of an authority, the newest first: past signatures count by them."""
        order = [self.columns.starts.desc(), self.columns.id]
        return self.select(self.columns.authority == authority, order=order)
