"""The tables of incidents, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, or_
from sqlmodel import SQLModel

from sandbox.domain.incidents import (
    Incident,
    IncidentAct,
    IncidentKind,
    IncidentNote,
    IncidentState,
    Severity,
)
from sandbox.kit.ids import PermitNumber
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class IncidentRow(SQLModel, table=True):
    """Incidents as they stand."""

    __tablename__: ClassVar[Any] = "incident"
    __table_args__: ClassVar[Any] = (Index(None, "permit", "reported_at"),)
    id: str = column(String(20), primary_key=True)
    permit: str | None = column(String(20), ForeignKey("permit.number"), nullable=True)
    file: str | None = column(String(20), ForeignKey("permit_file.id"), nullable=True)
    kind: Any = column(EnumColumn(IncidentKind))
    severity: Any = column(EnumColumn(Severity))
    state: Any = column(EnumColumn(IncidentState), index=True)
    reported_by: str = column(String(32))
    reported_at: datetime = column(TZDateTime())
    noticed_at: datetime = column(TZDateTime())
    notice_due: datetime = column(TZDateTime())
    noticed_late: bool | None = column(Boolean(), nullable=True)
    affected: int | None = column(Integer(), nullable=True)
    text: str = column(Text())
    done: str = column(Text())
    final_at: datetime | None = column(TZDateTime(), nullable=True)
    closed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    lessons: str = column(Text())
    facts: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class IncidentNoteRow(SQLModel, table=True):
    """What was said about incidents."""

    __tablename__: ClassVar[Any] = "incident_note"
    incident: str = column(String(20), ForeignKey("incident.id"), primary_key=True)
    place: int = column(Integer(), primary_key=True, autoincrement=False)
    act: Any = column(EnumColumn(IncidentAct))
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())
    text: str = column(Text())


class Incidents(Repository[Incident]):
    """Incidents."""

    record, row, code = Incident, IncidentRow, "incident"

    def listed(  # noqa: PLR0913 - each narrows the list
        self,
        permits: Collection[PermitNumber] | None,
        *,
        unnamed: bool = False,
        text: str = "",
        state: IncidentState | None = None,
        kind: IncidentKind | None = None,
        start: int = 0,
        limit: int | None,
    ) -> tuple[Incident, ...]:
        """Incidents, the newest first.

        Args:
            permits: of these only; None for all, also those about no permit.
            unnamed: besides these permits' also those about no permit.
            text: a number, a permit's number, or words of what happened.
            state: in this one only.
            kind: of this one only.
            start: how many are left out.
            limit: at most so many; None for all.
        """
        where = []
        if permits is not None:
            named = self.columns.permit.in_(list(permits))
            where.append(or_(named, self.columns.permit.is_(None)) if unnamed else named)
        if state is not None:
            where.append(self.columns.state == state)
        if kind is not None:
            where.append(self.columns.kind == kind)
        if text:
            where.append(
                or_(
                    self.columns.id == text.upper(),
                    self.columns.permit == text.upper(),
                    self.columns.text.icontains(text, autoescape=True),
                )
            )
        order = [self.columns.reported_at.desc(), self.columns.id.desc()]
        most = None if limit is None else start + limit
        return self.select(*where, order=order, limit=most)[start:]

    def interim(self, permit: PermitNumber) -> tuple[Incident, ...]:
        """A permit's automatic ones about which no duty officer decided yet."""
        waits = self.columns.state == IncidentState.INTERIM
        return self.select(self.columns.permit == permit, waits)

    def of_permit(self, permit: PermitNumber, before: datetime) -> tuple[Incident, ...]:
        """A permit's incidents that were reported before a moment."""
        return self.select(self.columns.permit == permit, self.columns.reported_at < before)

    def between(self, first: datetime, last: datetime) -> tuple[Incident, ...]:
        """Those reported in a span, its end excluded."""
        return self.select(self.columns.reported_at >= first, self.columns.reported_at < last)


class IncidentNotes(Repository[IncidentNote]):
    """What was said about incidents."""

    record, row, code = IncidentNote, IncidentNoteRow, "incident"

    def of_incident(self, incident: str) -> tuple[IncidentNote, ...]:
        """In order."""
        return self.select(self.columns.incident == incident)
