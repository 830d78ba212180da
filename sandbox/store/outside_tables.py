"""The tables of outside accounts: whose they are, the way to the hub, what waits for a sign-in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlmodel import SQLModel

from sandbox.domain.kept_acts import KEPT, MOST, PRESS, KeptAct
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


class KeptActRow(SQLModel, table=True):
    """Forms that wait until their sender has signed in once more elsewhere."""

    __tablename__: ClassVar[Any] = "kept_act"
    id: str = column(String(32), primary_key=True)
    session: str = column(
        String(64), ForeignKey("desk_session.id_hash", ondelete="CASCADE"), index=True
    )
    digest: str = column(String(64))
    sealed: str = column(Text())
    asked_at: datetime = column(TZDateTime(), index=True)
    asked_clock: int = column(BigInteger())
    provider: str = column(String(30))
    confirmed_at: datetime | None = column(TZDateTime(), nullable=True)
    used_at: datetime | None = column(TZDateTime(), nullable=True)


class KeptActs(Repository[KeptAct]):
    """Forms that wait."""

    record, row, code = KeptAct, KeptActRow, "confirm"

    def keep(self, kept: KeptAct) -> None:
        """Keep one more; those that are too old go, and of one session all but the newest."""
        self.drop_old(kept.asked_at)
        order = [self.columns.asked_at.desc(), self.columns.id]
        mine = self.select(self.columns.session == kept.session, order=order)
        surplus = [each.id for each in mine[MOST - 1 :]]
        self.session.execute(delete(self.table).where(self.columns.id.in_(surplus)))
        self.add(kept)

    def confirm(self, kept: str, provider: str, at: datetime) -> None:
        """Note by whose word one was confirmed; nothing where it was done already."""
        mine = (self.columns.id == kept) & self.columns.used_at.is_(None)
        said = update(self.table).where(mine).values(provider=provider, confirmed_at=at)
        self.session.execute(said)

    def use_up(self, kept: str, at: datetime) -> bool:
        """Note that one is done; of two at once one is told that it may."""
        mine = (self.columns.id == kept) & self.columns.used_at.is_(None)
        lately = self.columns.confirmed_at > at - PRESS
        used = self.session.execute(update(self.table).where(mine, lately).values(used_at=at))
        return cast("CursorResult[Any]", used).rowcount == 1

    def drop_old(self, at: datetime) -> None:
        """Forget what is kept too long."""
        self.session.execute(delete(self.table).where(self.columns.asked_at <= at - KEPT))


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
