"""The tables of notices and mail, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from sandbox.domain.mail import Mailbox, MailKind, Message
from sandbox.domain.notices import Notice
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, TZDateTime


class NoticeRow(SQLModel, table=True):
    """What each account was told."""

    __tablename__: ClassVar[Any] = "notice"
    __table_args__: ClassVar[Any] = (Index(None, "account", "read_at"),)
    account: str = column(String(32), ForeignKey("account.name"), primary_key=True)
    entry: int = column(BigInteger(), primary_key=True, autoincrement=False)
    kind: str = column(String(60))
    file: str | None = column(String(20), ForeignKey("permit_file.id"), nullable=True)
    permit: str | None = column(String(20), nullable=True)
    title: str = column(String(200))
    at: datetime = column(TZDateTime())
    read_at: datetime | None = column(TZDateTime(), nullable=True)


class NoticePlaceRow(SQLModel, table=True):
    """Up to where the audit log was read; one row."""

    __tablename__: ClassVar[Any] = "notice_place"
    id: int = column(Integer(), primary_key=True, autoincrement=False)
    entry: int = column(BigInteger())


class MailboxRow(SQLModel, table=True):
    """Where accounts want their mail."""

    __tablename__: ClassVar[Any] = "mailbox"
    account: str = column(String(32), ForeignKey("account.name"), primary_key=True)
    address: str | None = column(String(254), nullable=True)
    wanted: str | None = column(String(254), nullable=True)
    code_digest: str | None = column(String(64), nullable=True)
    code_until: datetime | None = column(TZDateTime(), nullable=True)
    tries: int = column(Integer())
    revision: int = column(Integer())


class MailRow(SQLModel, table=True):
    """Messages on their way and those that went."""

    __tablename__: ClassVar[Any] = "mail"
    __table_args__: ClassVar[Any] = (Index(None, "sent_at", "given_up_at", "next_at"),)
    id: str = column(String(40), primary_key=True)
    kind: Any = column(EnumColumn(MailKind))
    account: str | None = column(String(32), ForeignKey("account.name"), index=True, nullable=True)
    recipient: str = column(String(254))
    subject: str = column(String(300))
    body: str = column(Text())
    created_at: datetime = column(TZDateTime())
    next_at: datetime = column(TZDateTime())
    attempts: int = column(Integer())
    last_error: str | None = column(String(200), nullable=True)
    sent_at: datetime | None = column(TZDateTime(), nullable=True)
    given_up_at: datetime | None = column(TZDateTime(), nullable=True)


class Notices(Repository[Notice]):
    """What each account was told."""

    record, row, code = Notice, NoticeRow, "notice"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._place: Any = NoticePlaceRow.__table__  # type: ignore[attr-defined]

    def place(self) -> int:
        """The first audit entry that nobody was told of yet."""
        found = self.session.execute(select(self._place.c.entry)).scalar()
        return 0 if found is None else int(found)

    def advance(self, entry: int) -> None:
        """Go on from another audit entry."""
        moved: Any = self.session.execute(update(self._place).values(entry=entry))
        if moved.rowcount == 0:
            self.session.execute(insert(self._place).values(id=1, entry=entry))

    def of_account(
        self, account: str, *, unread: bool, before: int | None, limit: int
    ) -> tuple[Notice, ...]:
        """An account's notices, newest first.

        Args:
            account: whose.
            unread: only those.
            before: only entries before this one.
            limit: at most so many.
        """
        where = [self.columns.account == account]
        if unread:
            where.append(self.columns.read_at.is_(None))
        if before is not None:
            where.append(self.columns.entry < before)
        return self.select(*where, order=self.columns.entry.desc(), limit=limit)

    def remove_of(self, account: str) -> None:
        """Forget what an account was told, before it is removed."""
        self.session.execute(delete(self.table).where(self.columns.account == account))

    def count_unread(self, account: str, most: int) -> int:
        """How many are unread, counted up to ``most``."""
        unread = (
            select(self.columns.entry)
            .where(self.columns.account == account, self.columns.read_at.is_(None))
            .limit(most)
            .subquery()
        )
        return int(self.session.execute(select(func.count()).select_from(unread)).scalar() or 0)

    def read(self, account: str, at: datetime, *, entries: Sequence[int] | None = None) -> int:
        """Note notices as read; all of an account's when ``entries`` is left out."""
        where = [self.columns.account == account, self.columns.read_at.is_(None)]
        if entries is not None:
            where.append(self.columns.entry.in_(list(entries)))
        done: Any = self.session.execute(update(self.table).where(*where).values(read_at=at))
        return int(done.rowcount)


class Mailboxes(Repository[Mailbox]):
    """Where accounts want their mail."""

    record, row, code = Mailbox, MailboxRow, "mailbox"

    def addresses(self, accounts: Sequence[str]) -> dict[str, str]:
        """Confirmed addresses by account."""
        found = self.select(
            self.columns.account.in_(list(accounts)), self.columns.address.is_not(None)
        )
        return {each.account: each.address for each in found if each.address}


class Mails(Repository[Message]):
    """Messages on their way and those that went."""

    record, row, code = Message, MailRow, "mail"

    def due(self, at: datetime, limit: int = 20) -> tuple[Message, ...]:
        """Messages to send now, oldest first."""
        return self.select(
            self.columns.sent_at.is_(None),
            self.columns.given_up_at.is_(None),
            self.columns.next_at <= at,
            order=[self.columns.next_at, self.columns.id],
            limit=limit,
        )

    def codes_since(self, account: str, at: datetime) -> int:
        """How many codes an account asked for since a moment."""
        query = (
            select(func.count())
            .select_from(self.table)
            .where(
                self.columns.account == account,
                self.columns.kind == MailKind.CODE,
                self.columns.created_at >= at,
            )
        )
        return int(self.session.execute(query).scalar() or 0)

    def drop_waiting(self, account: str, at: datetime) -> None:
        """Give up whatever still waits for an account."""
        self.session.execute(
            update(self.table)
            .where(
                self.columns.account == account,
                self.columns.sent_at.is_(None),
                self.columns.given_up_at.is_(None),
            )
            .values(given_up_at=at, body="")
        )
