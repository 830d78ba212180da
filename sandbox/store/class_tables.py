"""The tables of class lists and of signing in with an own password."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, delete, update
from sqlmodel import SQLModel

from sandbox.domain import classroom as records
from sandbox.domain.coursework import CourseName
from sandbox.domain.sign_ins import SignIn, SignInCode
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class ClassPersonRow(SQLModel, table=True):
    """People as class lists have them."""

    __tablename__: ClassVar[Any] = "classroom_person"
    __table_args__: ClassVar[Any] = (UniqueConstraint("school", "number_key"),)
    account: str = column(String(32), ForeignKey("account.name"), primary_key=True)
    school: str = column(String(40))
    number: str = column(String(40))
    number_key: str = column(String(40))
    surname: str = column(String(60))
    given: str = column(String(60))
    patronymic: str = column(String(60))
    latin: str = column(String(120))


class ClassListRow(SQLModel, table=True):
    """Class lists that were sent."""

    __tablename__: ClassVar[Any] = "classroom_list"
    __table_args__: ClassVar[Any] = (Index(None, "course", "number"),)
    id: str = column(String(32), primary_key=True)
    number: int = column(Integer(), unique=True)
    course: str = column(String(48))
    term: str = column(String(20))
    file: str = column(String(160))
    sha256: str = column(String(64))
    state: Any = column(EnumColumn(records.ListState))
    rows: Any = column(JsonColumn(list, tuple))
    changes: Any = column(JsonColumn(list, tuple))
    kept: Any = column(JsonColumn(list, tuple))
    sent_by: str = column(String(32), ForeignKey("account.name"))
    sent_at: datetime = column(TZDateTime())
    settled_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    settled_at: datetime | None = column(TZDateTime(), nullable=True)


class SignInRow(SQLModel, table=True):
    """Accounts with a password of their own."""

    __tablename__: ClassVar[Any] = "sign_in"
    account: str = column(String(32), ForeignKey("account.name"), primary_key=True)
    password: str = column(String(120))
    set_at: datetime | None = column(TZDateTime(), nullable=True)


class SignInCodeRow(SQLModel, table=True):
    """Digests of one-time codes."""

    __tablename__: ClassVar[Any] = "sign_in_code"
    id: str = column(String(32), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"), index=True)
    selector: str = column(String(8), unique=True)
    digest: str = column(String(64))
    created_by: str = column(String(32), ForeignKey("account.name"))
    created_at: datetime = column(TZDateTime())
    expires_at: datetime = column(TZDateTime())
    used_at: datetime | None = column(TZDateTime(), nullable=True)
    revoked_at: datetime | None = column(TZDateTime(), nullable=True)


class ClassPeople(Repository[records.ClassPerson]):
    """People as class lists have them."""

    record, row, code = records.ClassPerson, ClassPersonRow, "class_person"

    def of_school(self, school: str) -> tuple[records.ClassPerson, ...]:
        """Everybody with a number of a university."""
        return self.select(self.columns.school == school)

    def of_accounts(
        self, accounts: Collection[AccountName]
    ) -> dict[AccountName, records.ClassPerson]:
        """By account."""
        found = self.select(self.columns.account.in_(list(accounts)))
        return {each.account: each for each in found}

    def numbered(self, school: str, key: str) -> records.ClassPerson | None:
        """Whoever has a number, by its key, at a university."""
        found = self.select(self.columns.school == school, self.columns.number_key == key)
        return found[0] if found else None

    def remove(self, account: AccountName) -> None:
        """Forget a person."""
        self.session.execute(delete(self.table).where(self.columns.account == account))


class ClassLists(Repository[records.ClassList]):
    """Class lists that were sent."""

    record, row, code = records.ClassList, ClassListRow, "class_list"

    def settled(self, course: CourseName) -> tuple[records.ClassList, ...]:
        """What was confirmed of a course, also what was undone, the newest first."""
        where = (self.columns.course == course, self.columns.state != records.ListState.DRAFT)
        return self.select(*where, order=self.columns.number.desc())

    def drafts(self, course: CourseName) -> tuple[records.ClassList, ...]:
        """What waits to be confirmed of a course, the newest first."""
        where = (self.columns.course == course, self.columns.state == records.ListState.DRAFT)
        return self.select(*where, order=self.columns.number.desc())

    def forget_draft(self, wanted: str) -> None:
        """Drop a list that nobody confirmed."""
        where = (self.columns.id == wanted, self.columns.state == records.ListState.DRAFT)
        self.session.execute(delete(self.table).where(*where))

    def forget_drafts(self, course: CourseName, before: datetime) -> None:
        """Drop lists of a course that nobody confirmed."""
        where = (
            self.columns.course == course,
            self.columns.state == records.ListState.DRAFT,
            self.columns.sent_at < before,
        )
        self.session.execute(delete(self.table).where(*where))


class SignIns(Repository[SignIn]):
    """Accounts with a password of their own."""

    record, row, code = SignIn, SignInRow, "sign_in"

    def of_accounts(self, accounts: Collection[AccountName]) -> dict[AccountName, SignIn]:
        """By account."""
        found = self.select(self.columns.account.in_(list(accounts)))
        return {each.account: each for each in found}

    def accounts(self) -> frozenset[AccountName]:
        """Every account with a password of its own."""
        return frozenset(each.account for each in self.select())

    def remove(self, account: AccountName) -> None:
        """Forget how an account signs in, its codes too."""
        codes = SignInCodeRow.__table__  # type: ignore[attr-defined]
        self.session.execute(delete(codes).where(codes.c.account == account))
        self.session.execute(delete(self.table).where(self.columns.account == account))


class SignInCodes(Repository[SignInCode]):
    """One-time codes."""

    record, row, code = SignInCode, SignInCodeRow, "sign_in_code"

    def by_selector(self, selector: str) -> SignInCode | None:
        """The code that begins so."""
        found = self.select(self.columns.selector == selector)
        return self.get(found[0].id, lock=True) if found else None

    def end(self, account: AccountName, at: datetime) -> None:
        """End every unused code of an account."""
        unused = self.columns.used_at.is_(None) & self.columns.revoked_at.is_(None)
        where = (self.columns.account == account) & unused
        self.session.execute(update(self.table).where(where).values(revoked_at=at))

    def forget(self, before: datetime) -> None:
        """Drop codes that ended before a moment, so that their selectors are free again."""
        self.session.execute(delete(self.table).where(self.columns.expires_at < before))
