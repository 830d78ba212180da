"""The table and repository of extensions; the due date itself is an action (``ActionKind``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.course_time import Extension
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class ExtensionRow(SQLModel, table=True):
    """Extensions; their reasons are in no other table."""

    __tablename__: ClassVar[Any] = "classroom_extension"
    __table_args__: ClassVar[Any] = (Index(None, "course", "assignment"),)
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48))
    assignment: str = column(String(48))
    students: Any = column(JsonColumn(list, tuple))
    due: datetime = column(TZDateTime())
    reason: str = column(Text())
    granted_by: str = column(String(32))
    granted_at: datetime = column(TZDateTime())
    revoked_by: str | None = column(String(32), nullable=True)
    revoked_at: datetime | None = column(TZDateTime(), nullable=True)
    revoked_reason: str = column(Text())
    revision: int = column(Integer())


class Extensions(Repository[Extension]):
    """Extensions."""

    record, row, code = Extension, ExtensionRow, "extension"

    def of(self, course: CourseName, assignment: AssignmentName) -> tuple[Extension, ...]:
        """All extensions of an assignment, oldest first."""
        where = (self.columns.course == course, self.columns.assignment == assignment)
        return self.select(*where, order=(self.columns.granted_at, self.columns.id))
