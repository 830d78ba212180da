"""The tables of passkeys: credentials, and challenges that were used."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, delete, insert, select
from sqlmodel import SQLModel

from sandbox.domain.passkeys import Passkey
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import TZDateTime


class PasskeyRow(SQLModel, table=True):
    """Credentials of accounts."""

    __tablename__: ClassVar[Any] = "passkey"
    id: str = column(String(64), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"), index=True)
    name: str = column(String(60))
    data: str = column(Text())
    counter: int = column(BigInteger())
    created_at: datetime = column(TZDateTime())
    used_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class UsedChallengeRow(SQLModel, table=True):
    """Challenges that were answered, until they would be too old anyway."""

    __tablename__: ClassVar[Any] = "passkey_challenge"
    id: str = column(String(64), primary_key=True)
    at: datetime = column(TZDateTime(), index=True)


class Passkeys(Repository[Passkey]):
    """Credentials of accounts."""

    record, row, code = Passkey, PasskeyRow, "passkey"

    def of_account(self, account: str) -> tuple[Passkey, ...]:
        """An account's passkeys, oldest first."""
        order = [self.columns.created_at, self.columns.id]
        return self.select(self.columns.account == account, order=order)

    def remove(self, passkey: str) -> None:
        """Forget a credential."""
        self.session.execute(delete(self.table).where(self.columns.id == passkey))

    def use_up(self, challenge: str, at: datetime, *, forget: datetime) -> bool:
        """Note that a challenge was answered; of two at once the primary key lets one through.

        Args:
            challenge: its SHA-256, hex.
            at: now.
            forget: those answered before are forgotten.

        Returns:
            Whether it was not answered before.
        """
        used = SQLModel.metadata.tables["passkey_challenge"]
        self.session.execute(delete(used).where(used.c.at < forget))
        if self.session.execute(select(used.c.id).where(used.c.id == challenge)).first():
            return False
        self.session.execute(insert(used).values(id=challenge, at=at))
        return True
