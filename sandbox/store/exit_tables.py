"""The table of exit reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.exit_report import ExitReport, ReportState
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class ExitReportRow(SQLModel, table=True):
    """Exit reports, one for a file."""

    __tablename__: ClassVar[Any] = "exit_report"
    file: str = column(String(20), ForeignKey("permit_file.id"), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    state: Any = column(EnumColumn(ReportState))
    facts: Any = column(JsonColumn())
    lessons: str = column(Text())
    digest: str = column(String(64))
    filed_by: str = column(String(32), ForeignKey("account.name"))
    filed_at: datetime = column(TZDateTime())
    judged_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    judged_at: datetime | None = column(TZDateTime(), nullable=True)
    reason: str = column(Text())
    revision: int = column(Integer())


class ExitReports(Repository[ExitReport]):
    """Exit reports."""

    record, row, code = ExitReport, ExitReportRow, "report"
