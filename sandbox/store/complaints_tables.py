"""The table of complaints and what is asked of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text, func, select
from sqlmodel import SQLModel

from sandbox.domain.complaints import (
    Complaint,
    ComplaintCategory,
    ComplaintOutcome,
    ComplaintState,
)
from sandbox.kit.ids import PermitNumber, PersonId
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, TZDateTime


class ComplaintRow(SQLModel, table=True):
    """Complaints; the people's words are NULL once erased."""

    __tablename__: ClassVar[Any] = "complaint"
    id: str = column(String(20), primary_key=True)
    secret: str = column(String(64))
    permit: str | None = column(String(20), ForeignKey("permit.number"), nullable=True, index=True)
    customer: str | None = column(String(40), ForeignKey("customer.id"), nullable=True, index=True)
    category: Any = column(EnumColumn(ComplaintCategory))
    language: str = column(String(5))
    text: str | None = column(Text(), nullable=True)
    contact: str | None = column(Text(), nullable=True)
    state: Any = column(EnumColumn(ComplaintState), index=True)
    filed_at: datetime = column(TZDateTime())
    due: datetime | None = column(TZDateTime(), nullable=True)
    answer: str | None = column(Text(), nullable=True)
    answered_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    answered_as: str | None = column(String(10), nullable=True)
    answered_at: datetime | None = column(TZDateTime(), nullable=True)
    escalated_why: str | None = column(String(20), nullable=True)
    escalated_at: datetime | None = column(TZDateTime(), nullable=True)
    outcome: Any = column(EnumColumn(ComplaintOutcome), nullable=True)
    conclusion: str | None = column(Text(), nullable=True)
    concluded_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    erased_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Complaints(Repository[Complaint]):
    """Complaints."""

    record, row, code = Complaint, ComplaintRow, "complaint"

    def newest(self, permits: Collection[PermitNumber] | None, limit: int) -> tuple[Complaint, ...]:
        """Complaints, the newest first.

        Args:
            permits: about these only; None for all, also those that name no permit.
            limit: at most so many.
        """
        where = [] if permits is None else [self.columns.permit.in_(list(permits))]
        order = [self.columns.filed_at.desc(), self.columns.id]
        return self.select(*where, order=order, limit=limit)

    def of_customer(self, customer: PersonId, limit: int) -> tuple[Complaint, ...]:
        """A person's own complaints, the newest first."""
        return self.select(
            self.columns.customer == customer, order=self.columns.filed_at.desc(), limit=limit
        )

    def late(self, at: datetime) -> tuple[Complaint, ...]:
        """Those whose next step is due by itself: unanswered, or answered and not disputed."""
        due = [ComplaintState.OPEN, ComplaintState.ANSWERED]
        return self.select(self.columns.state.in_(due), self.columns.due <= at, limit=200)

    def count(self, permit: PermitNumber) -> tuple[int, int]:
        """How many complaints a permit has had, and how many of them are not closed."""
        columns = self.columns
        closed = columns.state == ComplaintState.CLOSED
        query = select(func.count()).where(columns.permit == permit)
        whole = int(self.session.execute(query).scalar() or 0)
        done = int(self.session.execute(query.where(closed)).scalar() or 0)
        return whole, whole - done
