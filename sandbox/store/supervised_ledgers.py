"""The table of supervised ledgers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.supervised_ledger import LedgerState, SupervisedLedger
from sandbox.kit.ids import ChainName, PermitNumber
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class SupervisedLedgerRow(SQLModel, table=True):
    """Contracts that are, or shall become, supervised ledgers."""

    __tablename__: ClassVar[Any] = "supervised_ledger"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    chain: str = column(String(10))
    address: str = column(String(42), index=True)
    name: str = column(String(80))
    purpose: str = column(Text())
    state: Any = column(EnumColumn(LedgerState), index=True)
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_at: datetime = column(TZDateTime())
    signatures: Any = column(JsonColumn(list, tuple))
    nonce: int = column(Integer())
    reason: str = column(Text())
    decided_by: str | None = column(String(32), nullable=True)
    decided_at: datetime | None = column(TZDateTime(), nullable=True)
    failure: str | None = column(Text(), nullable=True)
    tx_hash: str | None = column(String(66), nullable=True)
    revision: int = column(Integer())


class SupervisedLedgers(Repository[SupervisedLedger]):
    """Contracts that are, or shall become, supervised ledgers."""

    record, row, code = SupervisedLedger, SupervisedLedgerRow, "ledger"

    def of_permit(self, number: PermitNumber) -> tuple[SupervisedLedger, ...]:
        """A permit's, the newest first."""
        return self.select(self.columns.permit == number, order=self.columns.asked_at.desc())

    def of_contract(
        self,
        number: PermitNumber,
        chain: ChainName,
        address: str,
        states: Collection[LedgerState],
    ) -> tuple[SupervisedLedger, ...]:
        """A permit's about one contract that stand in one of some states."""
        return self.select(
            self.columns.permit == number,
            self.columns.chain == chain,
            self.columns.address == address,
            self.columns.state.in_(list(states)),
        )

    def in_states(
        self,
        states: Collection[LedgerState],
        limit: int,
        permits: Collection[PermitNumber] | None = None,
    ) -> tuple[SupervisedLedger, ...]:
        """Those of some permits (None: of all) in one of some states, the oldest first."""
        where = [self.columns.state.in_(list(states))]
        if permits is not None:
            where.append(self.columns.permit.in_(list(permits)))
        return self.select(*where, order=self.columns.asked_at, limit=limit)
