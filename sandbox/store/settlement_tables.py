"""The tables of settlements: orders, each person's return, accounts to pay to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Integer, String, Table, delete, select
from sqlmodel import SQLModel

from sandbox.domain.customer_page import ActState, CustomerAct
from sandbox.domain.settlement import (
    MoneyReturn,
    PayoutAccount,
    Settlement,
    SettlementState,
    Way,
)
from sandbox.kit.ids import PermitNumber, PersonId
from sandbox.store.base import column
from sandbox.store.customers_tables import CustomerActs
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class SettlementRow(SQLModel, table=True):
    """Orders to return what is left."""

    __tablename__: ClassVar[Any] = "settlement"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    state: Any = column(EnumColumn(SettlementState))
    custody: str = column(String(200))
    ordered_by: str = column(String(32), ForeignKey("account.name"))
    ordered_person: str = column(String(40))
    ordered_at: datetime = column(TZDateTime())
    by_firm: bool = column(Boolean())
    confirmed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    confirmed_at: datetime | None = column(TZDateTime(), nullable=True)
    note: Any = column(JsonColumn(), nullable=True)
    proof: Any = column(JsonColumn(), nullable=True)
    settled_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class MoneyReturnRow(SQLModel, table=True):
    """Each person's money on its way home."""

    __tablename__: ClassVar[Any] = "money_return"
    act: str = column(String(40), ForeignKey("customer_act.id"), primary_key=True)
    settlement: str = column(String(40), ForeignKey("settlement.id"), index=True)
    customer: str = column(String(40), ForeignKey("customer.id"), index=True)
    way: Any = column(EnumColumn(Way))
    paid_at: datetime | None = column(TZDateTime(), nullable=True)
    paid_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    reference: str = column(String(80))
    revision: int = column(Integer())


class PayoutAccountRow(SQLModel, table=True):
    """Where people want their money; personal data."""

    __tablename__: ClassVar[Any] = "payout_account"
    customer: str = column(String(40), ForeignKey("customer.id"), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    account: str = column(String(80))
    named_at: datetime = column(TZDateTime())


class Settlements(Repository[Settlement]):
    """Orders to return what is left."""

    record, row, code = Settlement, SettlementRow, "settlement"

    def of_permit(self, number: PermitNumber) -> tuple[Settlement, ...]:
        """A permit's orders, the newest first."""
        return self.select(
            self.columns.permit == number, order=[self.columns.ordered_at.desc(), self.columns.id]
        )

    def open_of(self, number: PermitNumber) -> Settlement | None:
        """The order that is not settled yet."""
        found = self.select(
            self.columns.permit == number, self.columns.state != SettlementState.SETTLED
        )
        return found[0] if found else None


class MoneyReturns(Repository[MoneyReturn]):
    """Each person's money on its way home."""

    record, row, code = MoneyReturn, MoneyReturnRow, "money_return"

    def with_acts(self, settlement: str) -> tuple[tuple[MoneyReturn, CustomerAct], ...]:
        """A settlement's returns with their redemptions, in the order in which they were begun."""
        acts = CustomerActs(self.session)
        table: Table = acts.table
        where = table.c.id == self.columns.act
        own = [each.label(f"own_{each.name}") for each in self.columns]
        query = (
            select(table, *own)
            .join(self.table, where)
            .where(self.columns.settlement == settlement)
            .order_by(table.c.asked_at, table.c.id)
        )
        found = []
        for row in self.session.execute(query).mappings():
            mine = {each.name: row[f"own_{each.name}"] for each in self.columns}
            found.append((self.load(mine), acts.load(row)))  # type: ignore[arg-type]
        return tuple(found)

    def of_customer(self, customer: PersonId) -> tuple[MoneyReturn, ...]:
        """A person's returns."""
        return self.select(self.columns.customer == customer)

    def owed(self, customer: PersonId) -> bool:
        """Whether a person's money was or is being returned and is not paid out."""
        acts = CustomerActs(self.session).table
        refused = select(acts.c.id).where(acts.c.state == ActState.REFUSED)
        unpaid = self.select(
            self.columns.customer == customer,
            self.columns.paid_at.is_(None),
            self.columns.act.not_in(refused),
            limit=1,
        )
        return bool(unpaid)


class PayoutAccounts(Repository[PayoutAccount]):
    """Where people want their money."""

    record, row, code = PayoutAccount, PayoutAccountRow, "customer"

    def of_permit(self, number: PermitNumber) -> dict[PersonId, str]:
        """The accounts of a permit's people."""
        return {each.customer: each.account for each in self.select(self.columns.permit == number)}

    def put(self, account: PayoutAccount) -> None:
        """Insert, replace, or forget when it is empty."""
        self.forget(account.customer)
        if account.account:
            self.add(account)

    def forget(self, customer: PersonId) -> None:
        """Erase a person's account."""
        self.session.execute(delete(self.table).where(self.columns.customer == customer))
