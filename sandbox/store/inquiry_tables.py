"""The table of requests for information, and what is asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.inquiries import Inquiry, InquiryState
from sandbox.domain.suspicion import Entity
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, TZDateTime


class InquiryRow(SQLModel, table=True):
    """Requests for information."""

    __tablename__: ClassVar[Any] = "inquiry"
    __table_args__: ClassVar[Any] = (
        Index(None, "org", "entity", "state"),
        Index(None, "state", "due"),
    )
    id: str = column(String(20), primary_key=True)
    entity: Any = column(EnumColumn(Entity))
    org: str = column(String(40), ForeignKey("organisation.id"))
    report: str | None = column(String(20), ForeignKey("str_report.id"), nullable=True, index=True)
    permit: str | None = column(String(20), ForeignKey("permit.number"), nullable=True)
    text: str = column(Text())
    basis: str = column(Text())
    due: datetime = column(TZDateTime())
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(InquiryState))
    answer: str = column(Text())
    answered_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    answered_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Inquiries(Repository[Inquiry]):
    """Requests."""

    record, row, code = Inquiry, InquiryRow, "inquiry"

    def of_entity(self, org: str, entity: Entity, limit: int) -> tuple[Inquiry, ...]:
        """What one entity was asked, the newest first."""
        columns = self.columns
        return self.select(
            columns.org == org,
            columns.entity == entity,
            order=[columns.asked_at.desc(), columns.id],
            limit=limit,
        )

    def waiting(self, org: str, entity: Entity, limit: int) -> tuple[Inquiry, ...]:
        """What one entity has to answer, what is due first."""
        columns = self.columns
        return self.select(
            columns.org == org,
            columns.entity == entity,
            columns.state == InquiryState.OPEN,
            order=[columns.due, columns.id],
            limit=limit,
        )

    def listed(self, state: InquiryState | None, start: int, limit: int) -> tuple[Inquiry, ...]:
        """Requests of every addressee: open ones by deadline, others the newest first."""
        columns = self.columns
        where = [] if state is None else [columns.state == state]
        order = columns.due if state is InquiryState.OPEN else columns.asked_at.desc()
        found = self.select(*where, order=[order, columns.id], limit=start + limit)
        return found[start:]

    def of_report(self, report: str) -> tuple[Inquiry, ...]:
        """What was asked about a report, in order."""
        return self.select(
            self.columns.report == report, order=[self.columns.asked_at, self.columns.id]
        )
