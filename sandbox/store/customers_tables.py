"""The tables of the customer's page and what is asked of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from sandbox.domain import customer_page as own
from sandbox.kit.ids import PersonId
from sandbox.store.base import column
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository
from sandbox.store.types import AmountColumn, EnumColumn, JsonColumn, TZDateTime

KEPT_TRIES = timedelta(days=30)
"""How long counted tries are kept: as long as any of them matters."""


class InvitationRow(SQLModel, table=True):
    """Digests of invitation codes."""

    __tablename__: ClassVar[Any] = "customer_invitation"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    customer: str = column(String(40), ForeignKey("customer.id"), index=True)
    selector: str = column(String(8), unique=True)
    digest: str = column(String(64))
    created_by: str = column(String(32), ForeignKey("account.name"))
    created_at: datetime = column(TZDateTime())
    expires_at: datetime = column(TZDateTime())
    used_at: datetime | None = column(TZDateTime(), nullable=True)
    revoked_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class CustomerSessionRow(SQLModel, table=True):
    """Sessions of the customer's page."""

    __tablename__: ClassVar[Any] = "customer_session"
    id_hash: str = column(String(64), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    customer: str = column(String(40), ForeignKey("customer.id"), index=True)
    csrf: str = column(String(64))
    created_at: datetime = column(TZDateTime())
    seen_at: datetime = column(TZDateTime())


class CustomerLabelRow(SQLModel, table=True):
    """The names that payers see."""

    __tablename__: ClassVar[Any] = "customer_label"
    customer: str = column(String(40), ForeignKey("customer.id"), primary_key=True)
    label: str = column(String(80))


class CustomerActRow(SQLModel, table=True):
    """Payments and redemptions begun on the page."""

    __tablename__: ClassVar[Any] = "customer_act"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    customer: str = column(String(40), ForeignKey("customer.id"), index=True)
    kind: Any = column(EnumColumn(own.ActKind))
    chain: str = column(String(10))
    asset: str = column(String(10))
    payee: str | None = column(String(42), nullable=True)
    amount: int = column(AmountColumn())
    reference: str = column(String(80))
    bill: str | None = column(String(40), nullable=True)
    state: Any = column(EnumColumn(own.ActState))
    asked_at: datetime = column(TZDateTime())
    settled_at: datetime | None = column(TZDateTime(), nullable=True)
    tx_hash: str | None = column(String(66), nullable=True)
    refusal: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class BillRow(SQLModel, table=True):
    """What merchants ask for."""

    __tablename__: ClassVar[Any] = "customer_bill"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    merchant: str = column(String(40), ForeignKey("customer.id"), index=True)
    wallet: str = column(String(42))
    asset: str = column(String(10))
    amount: int = column(AmountColumn())
    reference: str = column(String(80))
    made_at: datetime = column(TZDateTime())
    expires_at: datetime = column(TZDateTime())
    paid_by: str | None = column(String(40), nullable=True)
    paid_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class TryRow(SQLModel, table=True):
    """Counted tries; the name is a keyed hash of what they are counted for."""

    __tablename__: ClassVar[Any] = "counted_try"
    name: str = column(String(64), primary_key=True)
    began_at: datetime = column(TZDateTime(), index=True)
    count: int = column(Integer())


class Invitations(Repository[own.Invitation]):
    """Invitation codes."""

    record, row, code = own.Invitation, InvitationRow, "customer_code"

    def by_selector(self, selector: str) -> own.Invitation | None:
        """The code that begins so, held for writing; one query, whether there is one or not."""
        query = select(self.table).where(self.columns.selector == selector).with_for_update()
        row = self.session.execute(query).mappings().first()
        return None if row is None else self.load(row)

    def of_customer(self, customer: PersonId) -> tuple[own.Invitation, ...]:
        """A person's codes, the newest first."""
        return self.select(self.columns.customer == customer, order=self.columns.created_at.desc())

    def forget(self, before: datetime) -> None:
        """Drop codes that ended before a moment, so that their selectors are free again."""
        self.session.execute(delete(self.table).where(self.columns.expires_at < before))


class CustomerSessions(Repository[own.CustomerSession]):
    """Sessions of the customer's page."""

    record, row, code = own.CustomerSession, CustomerSessionRow, "session"

    def touch(self, id_hash: str, at: datetime) -> None:
        """Note that a session is used."""
        where = self.columns.id_hash == id_hash
        self.session.execute(update(self.table).where(where).values(seen_at=at))

    def end(self, id_hash: str) -> None:
        """End a session; nothing when there is none."""
        self.session.execute(delete(self.table).where(self.columns.id_hash == id_hash))

    def end_all(self, customer: PersonId) -> None:
        """End every session of a person."""
        self.session.execute(delete(self.table).where(self.columns.customer == customer))


class CustomerLabels(Repository[own.CustomerLabel]):
    """The names that payers see."""

    record, row, code = own.CustomerLabel, CustomerLabelRow, "customer"

    def put(self, label: own.CustomerLabel) -> None:
        """Insert, replace, or forget when the name is empty."""
        self.session.execute(delete(self.table).where(self.columns.customer == label.customer))
        if label.label:
            self.add(label)


class CustomerActs(Repository[own.CustomerAct]):
    """Payments and redemptions begun on the page."""

    record, row, code = own.CustomerAct, CustomerActRow, "act"

    def of_customer(self, customer: PersonId, limit: int) -> tuple[own.CustomerAct, ...]:
        """A person's newest acts, newest first."""
        return self.select(
            self.columns.customer == customer,
            order=[self.columns.asked_at.desc(), self.columns.id],
            limit=limit,
        )


class Bills(Repository[own.Bill]):
    """What merchants ask for."""

    record, row, code = own.Bill, BillRow, "bill"

    def of_merchant(self, merchant: PersonId, limit: int) -> tuple[own.Bill, ...]:
        """A merchant's newest bills, newest first."""
        return self.select(
            self.columns.merchant == merchant, order=self.columns.made_at.desc(), limit=limit
        )

    def open(self, merchant: PersonId, at: datetime) -> int:
        """How many of a merchant's bills wait to be paid."""
        query = select(func.count()).where(
            self.columns.merchant == merchant,
            self.columns.paid_at.is_(None),
            self.columns.expires_at > at,
        )
        return int(self.session.execute(query).scalar() or 0)


class CountedTries:
    """How often something was tried within a span of time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.table: Table = TryRow.__table__  # type: ignore[attr-defined]

    def take(self, name: str, limit: int, span: timedelta, at: datetime) -> bool:
        """Count one try.

        Args:
            name: of what is counted.
            limit: so many within the span.
            span: begins with the first try.
            at: now.

        Returns:
            Whether this one is within the limit.
        """
        lock_name(self.session, f"try:{name}")
        table, where = self.table, self.table.c.name == name
        row = self.session.execute(select(table).where(where)).mappings().first()
        if row is None or row["began_at"] + span <= at:
            self.session.execute(delete(table).where(where))
            self.session.execute(insert(table).values(name=name, began_at=at, count=1))
            return limit > 0
        count = int(row["count"]) + 1
        self.session.execute(update(table).where(where).values(count=count))
        return count <= limit

    def give_back(self, name: str) -> None:
        """Uncount the try that was just counted."""
        table = self.table
        less = update(table).where(table.c.name == name).values(count=table.c.count - 1)
        self.session.execute(less)

    def clear(self, name: str) -> None:
        """Forget what was tried under a name."""
        self.session.execute(delete(self.table).where(self.table.c.name == name))

    def hold(self, name: str) -> None:
        """Let nobody else work under a name until the transaction ends."""
        lock_name(self.session, f"try:{name}")

    def seen(self, name: str) -> bool:
        """Whether anything is counted under a name."""
        query = select(self.table.c.name).where(self.table.c.name == name)
        return self.session.execute(query).first() is not None

    def forget(self, before: datetime) -> None:
        """Drop what began before a moment."""
        self.session.execute(delete(self.table).where(self.table.c.began_at < before))


class CustomerPages:
    """Everything of the customer's page inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.invitations = Invitations(session)
        self.sessions = CustomerSessions(session)
        self.labels = CustomerLabels(session)
        self.acts = CustomerActs(session)
        self.bills = Bills(session)
        self.tries = CountedTries(session)

    def tidy(self, at: datetime) -> None:
        """Drop what is over and needed by nobody."""
        self.tries.forget(at - KEPT_TRIES)
        self.invitations.forget(at - KEPT_TRIES)
        old = self.sessions.table.c.created_at < at - own.SESSION_LONGEST
        self.session.execute(delete(self.sessions.table).where(old))
