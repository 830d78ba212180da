"""The tables of departments and of who coordinates them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, String
from sqlmodel import SQLModel

from sandbox.domain import departments as records
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class DepartmentRow(SQLModel, table=True):
    """Departments."""

    __tablename__: ClassVar[Any] = "department"
    id: str = column(String(16), primary_key=True)
    org: str = column(String(40), ForeignKey("organisation.id"))
    names: Any = column(JsonColumn())
    created_at: datetime = column(TZDateTime())


class CoordinatorRow(SQLModel, table=True):
    """Who coordinates a department."""

    __tablename__: ClassVar[Any] = "department_coordinator"
    department: str = column(String(16), ForeignKey("department.id"), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"), primary_key=True, index=True)
    since: datetime = column(TZDateTime())
    until: datetime | None = column(TZDateTime(), nullable=True)


class Departments(Repository[records.Department]):
    """Departments."""

    record, row, code = records.Department, DepartmentRow, "department"

    def several(self, ids: Collection[str]) -> tuple[records.Department, ...]:
        """Some departments, by id."""
        return self.select(self.columns.id.in_(list(ids)), order=self.columns.id)


class Coordinators(Repository[records.Coordinator]):
    """Who coordinates a department."""

    record, row, code = records.Coordinator, CoordinatorRow, "coordinator"

    def of_account(self, account: AccountName, at: datetime) -> tuple[records.Coordinator, ...]:
        """What somebody coordinates at a moment."""
        found = self.select(self.columns.account == account, order=self.columns.department)
        return tuple(
            each for each in found if each.since <= at and (each.until is None or at < each.until)
        )

    def of_department(self, department: str, at: datetime) -> tuple[records.Coordinator, ...]:
        """Who coordinates a department at a moment, by name."""
        found = self.select(self.columns.department == department, order=self.columns.account)
        return tuple(
            each for each in found if each.since <= at and (each.until is None or at < each.until)
        )
