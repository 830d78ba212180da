"""The table and repository of certificates of courses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, select
from sqlmodel import SQLModel

from sandbox.domain.certificates import Certificate
from sandbox.domain.coursework import CourseName
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class CertificateRow(SQLModel, table=True):
    """Certificates; why one was revoked is in no other table."""

    __tablename__: ClassVar[Any] = "classroom_certificate"
    __table_args__: ClassVar[Any] = (
        Index(None, "course", "account"),
        UniqueConstraint("list_number", "list_place"),
    )
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48))
    account: str = column(String(32), ForeignKey("account.name"), index=True)
    titles: Any = column(JsonColumn())
    outcomes: Any = column(JsonColumn(list, tuple))
    pass_mark: int = column(Integer())
    issuer: str = column(String(200))
    salt: str = column(String(64))
    list_number: int = column(Integer())
    list_place: int = column(Integer())
    issued_by: str = column(String(32))
    issued_at: datetime = column(TZDateTime())
    revoked_by: str | None = column(String(32), nullable=True)
    revoked_at: datetime | None = column(TZDateTime(), nullable=True)
    revoked_reason: str = column(Text())
    revision: int = column(Integer())


class Certificates(Repository[Certificate]):
    """Certificates."""

    record, row, code = Certificate, CertificateRow, "certificate"

    def of_course(self, course: CourseName) -> tuple[Certificate, ...]:
        """All of a course, oldest first, revoked ones too."""
        order = (self.columns.issued_at, self.columns.account, self.columns.id)
        return self.select(self.columns.course == course, order=order)

    def of_account(self, account: AccountName) -> tuple[Certificate, ...]:
        """All of a student, oldest first, revoked ones too."""
        order = (self.columns.issued_at, self.columns.id)
        return self.select(self.columns.account == account, order=order)

    def places(self, number: int, *, revoked: bool = False) -> frozenset[int]:
        """The places of a list of revoked ones that are taken, or those of revoked ones only."""
        wanted = select(self.columns.list_place).where(self.columns.list_number == number)
        if revoked:
            wanted = wanted.where(self.columns.revoked_at.is_not(None))
        return frozenset(self.session.scalars(wanted))
