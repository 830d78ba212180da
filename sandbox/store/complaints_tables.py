"""The table of complaints and what is asked of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, ForeignKey, Integer, String, Text, exists, func, or_, select
from sqlmodel import SQLModel

from sandbox.domain.complaints import (
    Complaint,
    ComplaintCategory,
    ComplaintOutcome,
    ComplaintState,
    Wanted,
)
from sandbox.domain.listing import MOST_COUNTED
from sandbox.kit.ids import PermitNumber, PersonId
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.retention_tables import LegalHolds
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
    counts_as: str | None = column(String(64), nullable=True)
    revision: int = column(Integer())


class Complaints(Repository[Complaint]):
    """Complaints."""

    record, row, code = Complaint, ComplaintRow, "complaint"

    def newest(
        self, permits: Collection[PermitNumber] | None, limit: int, *, unnamed: bool = False
    ) -> tuple[Complaint, ...]:
        """Complaints, the newest first.

        Args:
            permits: about these only; None for all, also those that name no permit.
            limit: at most so many.
            unnamed: those as well that name no permit.
        """
        return self.found(permits, Wanted(), unnamed=unnamed, limit=limit)

    def found(
        self,
        permits: Collection[PermitNumber] | None,
        wanted: Wanted,
        *,
        unnamed: bool = False,
        start: int = 0,
        limit: int | None = None,
    ) -> tuple[Complaint, ...]:
        """Those that a search finds, the newest first.

        Args:
            permits: as for ``newest``.
            wanted: what is searched.
            unnamed: as for ``newest``.
            start: how many are left out.
            limit: at most so many; None for all.
        """
        where = self._where(permits, wanted, unnamed=unnamed)
        order = [self.columns.filed_at.desc(), self.columns.id]
        most = None if limit is None else start + limit
        return self.select(*where, order=order, limit=most)[start:]

    def count_found(
        self, permits: Collection[PermitNumber] | None, wanted: Wanted, *, unnamed: bool = False
    ) -> tuple[int, bool]:
        """How many a search finds, counted to ``MOST_COUNTED``; whether there are more."""
        where = self._where(permits, wanted, unnamed=unnamed)
        some = select(self.columns.id).where(*where).limit(MOST_COUNTED + 1).subquery()
        total = self.session.scalar(select(func.count()).select_from(some)) or 0
        return min(total, MOST_COUNTED), total > MOST_COUNTED

    def _where(
        self, permits: Collection[PermitNumber] | None, wanted: Wanted, *, unnamed: bool
    ) -> list[ColumnElement[bool]]:
        columns, where = self.columns, []
        if permits is not None:
            nobodys = [columns.permit.is_(None)] if unnamed else []
            where.append(or_(columns.permit.in_(list(permits)), *nobodys))
        if wanted.state is not None:
            where.append(columns.state == wanted.state)
        if wanted.text:
            where.append(
                or_(
                    columns.id.icontains(wanted.text, autoescape=True),
                    columns.permit.icontains(wanted.text, autoescape=True),
                    columns.category.in_(list(wanted.categories)),
                )
            )
        return where

    def of_customer(self, customer: PersonId, limit: int) -> tuple[Complaint, ...]:
        """A person's own complaints, the newest first."""
        return self.select(
            self.columns.customer == customer, order=self.columns.filed_at.desc(), limit=limit
        )

    def late(self, at: datetime) -> tuple[Complaint, ...]:
        """Those whose next step is due by itself: unanswered, or answered and not disputed."""
        due = [ComplaintState.OPEN, ComplaintState.ANSWERED]
        return self.select(self.columns.state.in_(due), self.columns.due <= at, limit=200)

    def erasable(self, at: datetime, limit: int) -> tuple[Complaint, ...]:
        """Those closed before a moment that have their words, and that no standing hold keeps."""
        hold = LegalHolds(self.session).columns
        held = exists().where(
            hold.subject.in_([self.columns.customer, self.columns.permit]),
            hold.ended_at.is_(None),
        )
        return self.select(
            self.columns.state == ComplaintState.CLOSED,
            self.columns.closed_at < at,
            self.columns.erased_at.is_(None),
            ~held,
            order=[self.columns.closed_at, self.columns.id],
            limit=limit,
        )

    def counting(
        self, since: datetime, until: datetime, permits: Collection[str] | None = None
    ) -> tuple[Complaint, ...]:
        """Those filed in ``(since, until]`` that count towards a permit's rate, in order.

        A customer's counts unless it was not upheld, also when it is erased; one without an
        account counts once it was upheld.
        """
        columns = self.columns
        upheld = columns.outcome.in_([ComplaintOutcome.UPHELD, ComplaintOutcome.PARTLY])
        rejected = columns.outcome == ComplaintOutcome.REJECTED
        own = columns.counts_as.is_not(None) & (columns.outcome.is_(None) | ~rejected)
        where = [columns.filed_at > since, columns.filed_at <= until, own | upheld]
        where.append(
            columns.permit.is_not(None) if permits is None else columns.permit.in_(list(permits))
        )
        return self.select(*where, order=[columns.filed_at, columns.id])

    def count(self, permit: PermitNumber) -> tuple[int, int]:
        """How many complaints a permit has had, and how many of them are not closed."""
        columns = self.columns
        closed = columns.state == ComplaintState.CLOSED
        query = select(func.count()).where(columns.permit == permit)
        whole = int(self.session.execute(query).scalar() or 0)
        done = int(self.session.execute(query.where(closed)).scalar() or 0)
        return whole, whole - done
