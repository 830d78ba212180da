"""The tables of outside accounts: whose they are, and the way from the desk to the hub."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, insert, select
from sqlalchemy.engine import CursorResult
from sqlmodel import SQLModel

from sandbox.domain.outside_accounts import How, OutsideAccount
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, TZDateTime


class OutsideAccountRow(SQLModel, table=True):
    """Outside accounts that are bound; one that is taken back is gone."""

    __tablename__: ClassVar[Any] = "outside_account"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("issuer", "account"),
    )
    id: str = column(String(32), primary_key=True)
    provider: str = column(String(30))
    issuer: str = column(String(300))
    subject: str = column(String(255))
    account: str = column(String(32), ForeignKey("account.name"), index=True)
    how: Any = column(EnumColumn(How))
    bound_at: datetime = column(TZDateTime())


class OutsideTicketRow(SQLModel, table=True):
    """Who was just proved to be somebody, until the hub asks; by the ticket's SHA-256."""

    __tablename__: ClassVar[Any] = "outside_ticket"
    id: str = column(String(64), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"), index=True)
    expires_at: datetime = column(TZDateTime())


class OutsideAccounts(Repository[OutsideAccount]):
    """Outside accounts that are bound, and tickets."""

    record, row, code = OutsideAccount, OutsideAccountRow, "outside"

    def of(self, issuer: str, subject: str) -> OutsideAccount | None:
        """The one that a provider named."""
        found = self.select(self.columns.issuer == issuer, self.columns.subject == subject)
        return found[0] if found else None

    def of_accounts(self, accounts: Collection[str]) -> tuple[OutsideAccount, ...]:
        """Those of some accounts, the oldest first."""
        order = [self.columns.bound_at, self.columns.id]
        return self.select(self.columns.account.in_(list(accounts)), order=order)

    def remove(self, outside: str) -> None:
        """Forget one."""
        self.session.execute(delete(self.table).where(self.columns.id == outside))

    def remove_of(self, account: str) -> None:
        """Forget all of an account, tickets too."""
        for row in (self.table, self._tickets):
            self.session.execute(delete(row).where(row.c.account == account))

    def give_ticket(
        self, digest: str, account: AccountName, *, at: datetime, until: datetime
    ) -> None:
        """Keep a ticket; those that were not used are forgotten."""
        tickets = self._tickets
        self.session.execute(delete(tickets).where(tickets.c.expires_at <= at))
        given = insert(tickets).values(id=digest, account=account, expires_at=until)
        self.session.execute(given)

    def use_ticket(self, digest: str, at: datetime) -> AccountName | None:
        """Whose a ticket is, once; of two at once one is told."""
        tickets = self._tickets
        mine = tickets.c.id == digest
        live = self.session.execute(
            select(tickets.c.account).where(mine, tickets.c.expires_at > at)
        ).first()
        gone = cast("CursorResult[Any]", self.session.execute(delete(tickets).where(mine)))
        return AccountName(live[0]) if live and gone.rowcount == 1 else None

    @property
    def _tickets(self) -> Any:
        return SQLModel.metadata.tables["outside_ticket"]
