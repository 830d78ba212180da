"""The table of the teams' own wallets and what is asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Table, delete, func, select
from sqlmodel import SQLModel

from sandbox.domain.team_wallets import TeamWallet, WalletState
from sandbox.kit.ids import ChainName, PermitNumber
from sandbox.store import tables
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class TeamWalletRow(SQLModel, table=True):
    """Challenges and the wallets that answered them."""

    __tablename__: ClassVar[Any] = "team_wallet"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    chain: str = column(String(10))
    address: str = column(String(42), index=True)
    name: str = column(String(80))
    origin: str = column(String(300))
    nonce: str = column(String(66), unique=True)
    state: Any = column(EnumColumn(WalletState))
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_at: datetime = column(TZDateTime())
    expires_at: datetime = column(TZDateTime())
    signed: str | None = column(String(10), nullable=True)
    signature: str | None = column(String(140), nullable=True)
    joined_at: datetime | None = column(TZDateTime(), nullable=True)
    left_at: datetime | None = column(TZDateTime(), nullable=True)
    refusal: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class TeamWallets(Repository[TeamWallet]):
    """The teams' own wallets."""

    record, row, code = TeamWallet, TeamWalletRow, "wallet"

    def of_permit(self, number: PermitNumber) -> tuple[TeamWallet, ...]:
        """A permit's wallets and open challenges, the oldest first."""
        return self.select(self.columns.permit == number, order=self.columns.asked_at)

    def registered(self, number: PermitNumber) -> tuple[TeamWallet, ...]:
        """The wallets that the gateway lets through."""
        return self.select(
            self.columns.permit == number,
            self.columns.state == WalletState.REGISTERED,
            order=self.columns.asked_at,
        )

    def held(self, chain: ChainName, address: str) -> TeamWallet | None:
        """The row of whichever permit by which a wallet is joining or has joined a chain."""
        found = self.select(
            self.columns.chain == chain,
            self.columns.address == address,
            self.columns.state.in_([WalletState.JOINING, WalletState.REGISTERED]),
        )
        return found[0] if found else None

    def kept_by_the_platform(self, address: str) -> bool:
        """Whether the signer holds this wallet's key for any permit or person."""
        permits: Table = tables.PermitRow.__table__  # type: ignore[attr-defined]
        people: Table = tables.CustomerRow.__table__  # type: ignore[attr-defined]
        settlement = select(permits.c.number).where(permits.c.settlement == address)
        person = select(people.c.id).where(people.c.wallet == address)
        return any(self.session.execute(each).first() for each in (settlement, person))

    def count(self, number: PermitNumber, *states: WalletState) -> int:
        """How many of a permit's wallets are in one of some states."""
        query = select(func.count()).where(
            self.columns.permit == number, self.columns.state.in_(states)
        )
        return int(self.session.execute(query).scalar() or 0)

    def forget_unanswered(self, number: PermitNumber, before: datetime) -> None:
        """Drop challenges that nobody answered in time."""
        self.session.execute(
            delete(self.table).where(
                self.columns.permit == number,
                self.columns.state == WalletState.ASKED,
                self.columns.expires_at < before,
            )
        )
