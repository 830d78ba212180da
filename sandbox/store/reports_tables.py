"""The tables of periodic reports, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlmodel import SQLModel

from sandbox.domain.figures import Figure
from sandbox.domain.reports import (
    Correction,
    Report,
    ReportAct,
    ReportState,
    ReportVersion,
    corrections_json,
)
from sandbox.domain.requirements import Requirement, RequirementKind, RequirementState
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.store.base import column
from sandbox.store.limits_tables import RequirementRow
from sandbox.store.repository import Repository
from sandbox.store.tables import PermitRow
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime

_PERMIT: Final[Table] = PermitRow.__table__  # type: ignore[attr-defined]
_PART: Final = 400


def _figures() -> JsonColumn:
    return JsonColumn(
        lambda figures: [each.as_dict() for each in figures],
        lambda data: tuple(Figure.read(each) for each in data),
    )


def _corrections() -> JsonColumn:
    return JsonColumn(
        corrections_json, lambda data: {key: Correction(**each) for key, each in data.items()}
    )


class ReportRow(SQLModel, table=True):
    """Periodic reports as they stand."""

    __tablename__: ClassVar[Any] = "report"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("permit", "months", "start"),
        Index(None, "state", "due"),
    )
    id: str = column(String(20), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    file: str = column(String(20), ForeignKey("permit_file.id"))
    requirement: str = column(String(40), ForeignKey("requirement.id"))
    months: int = column(Integer())
    start: datetime = column(TZDateTime())
    end: datetime = column(TZDateTime())
    due: datetime = column(TZDateTime())
    sponsor_signs: bool = column(Boolean())
    state: Any = column(EnumColumn(ReportState))
    opened_at: datetime = column(TZDateTime())
    figures: Any = column(_figures())
    based_on: Any = column(JsonColumn())
    computed_at: datetime = column(TZDateTime())
    narrative: Any = column(JsonColumn())
    corrections: Any = column(_corrections())
    version: int = column(Integer())
    submitted_at: datetime | None = column(TZDateTime(), nullable=True)
    accepted_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class ReportVersionRow(SQLModel, table=True):
    """What was submitted, kept as it was, and what became of it."""

    __tablename__: ClassVar[Any] = "report_version"
    report: str = column(String(20), ForeignKey("report.id"), primary_key=True)
    version: int = column(Integer(), primary_key=True, autoincrement=False)
    figures: Any = column(_figures())
    based_on: Any = column(JsonColumn())
    narrative: Any = column(JsonColumn())
    corrections: Any = column(_corrections())
    digest: str = column(String(64))
    submitted_by: str = column(String(32), ForeignKey("account.name"))
    submitted_at: datetime = column(TZDateTime())
    signed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    signed_at: datetime | None = column(TZDateTime(), nullable=True)
    outcome: Any = column(EnumColumn(ReportAct), nullable=True)
    judged_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    judged_at: datetime | None = column(TZDateTime(), nullable=True)
    reason: str = column(Text())
    revision: int = column(Integer())


class Reports(Repository[Report]):
    """Reports."""

    record, row, code = Report, ReportRow, "report"

    def listed(
        self,
        permits: Collection[PermitNumber] | None,
        *,
        permit: str = "",
        state: ReportState | None = None,
        overdue_at: datetime | None = None,
        start: int = 0,
        limit: int,
    ) -> tuple[Report, ...]:
        """Reports, the newest period first.

        Args:
            permits: of these only; None for all.
            permit: of this one only; empty for any.
            state: in this one only.
            overdue_at: only what was never submitted and was due before that moment.
            start: how many are left out.
            limit: at most so many.
        """
        where = [] if permits is None else [self.columns.permit.in_(list(permits))]
        if permit:
            where.append(self.columns.permit == permit)
        if state is not None:
            where.append(self.columns.state == state)
        if overdue_at is not None:
            where += [self.columns.submitted_at.is_(None), self.columns.due < overdue_at]
        order = [self.columns.end.desc(), self.columns.permit, self.columns.id]
        found = self.select(*where, order=order, limit=start + limit)
        return found[start:]

    def titles(self, permits: Collection[str]) -> dict[str, tuple[str, OrgId]]:
        """Product and operator of some permits, by number."""
        table, found = _PERMIT, dict[str, tuple[str, OrgId]]()
        wanted = sorted(permits)
        for first in range(0, len(wanted), _PART):
            part = wanted[first : first + _PART]
            query = select(table.c.number, table.c.title, table.c.org)
            for row in self.session.execute(query.where(table.c.number.in_(part))).all():
                found[row.number] = (row.title, row.org)
        return found

    def of_period(self, permit: PermitNumber, months: int, start: datetime) -> Report | None:
        """The report of a permit about a period."""
        found = self.select(
            self.columns.permit == permit,
            self.columns.months == months,
            self.columns.start == start,
        )
        return found[0] if found else None

    def due_between(self, first: datetime, last: datetime) -> tuple[Report, ...]:
        """Reports of every permit that were due in a span, its end excluded."""
        return self.select(self.columns.due >= first, self.columns.due < last)

    def late_between(self, first: datetime, last: datetime) -> tuple[Report, ...]:
        """Reports of every permit that were overdue at some moment of ``(first, last]``."""
        submitted, due = self.columns.submitted_at, self.columns.due
        late = or_(submitted.is_(None), and_(submitted > due, submitted > first))
        return self.select(due < last, late, order=[due, self.columns.id])


class ReportVersions(Repository[ReportVersion]):
    """Versions of reports."""

    record, row, code = ReportVersion, ReportVersionRow, "report"

    def of_report(self, report: str) -> tuple[ReportVersion, ...]:
        """In order."""
        return self.select(self.columns.report == report)


class ReportRequirements(Repository[Requirement]):
    """Requirements as the opening of reports reads them."""

    record, row, code = Requirement, RequirementRow, "requirement"

    def of_reports(self) -> tuple[Requirement, ...]:
        """Those that ask for reports that come back and were not lifted."""
        return self.select(
            self.columns.kind == RequirementKind.REPORT,
            self.columns.every_months.is_not(None),
            self.columns.state != RequirementState.LIFTED,
        )
