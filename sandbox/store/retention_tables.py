"""Legal holds, receipts of erasures, what is under seal; what an erasure takes from others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlmodel import SQLModel

from sandbox.domain.retention import Erasure, LegalHold, SealedIdentity
from sandbox.kit.ids import AccountName, PermitNumber, PersonId
from sandbox.store import tables
from sandbox.store.base import column
from sandbox.store.customers_tables import (
    BillRow,
    CustomerActRow,
    CustomerLabelRow,
    CustomerSessionRow,
    InvitationRow,
)
from sandbox.store.leaving_tables import DepartureRow
from sandbox.store.limits_tables import KnownPersonRow
from sandbox.store.notice_tables import MailboxRow, MailRow, NoticeRow
from sandbox.store.outside_tables import OutsideAccountRow, OutsideTicketRow
from sandbox.store.passback_tables import LaunchRow, OutsideMarkRow
from sandbox.store.passkey_tables import PasskeyRow
from sandbox.store.repositories import UNNAMED
from sandbox.store.repository import Repository
from sandbox.store.settlement_tables import PayoutAccountRow
from sandbox.store.suspicion_tables import ReportPartyRow
from sandbox.store.types import JsonColumn, TZDateTime


class LegalHoldRow(SQLModel, table=True):
    """Holds: nothing of the person is erased while one stands."""

    __tablename__: ClassVar[Any] = "legal_hold"
    id: str = column(String(40), primary_key=True)
    subject: str = column(String(40), index=True)
    permit: str | None = column(String(20), ForeignKey("permit.number"), nullable=True)
    reason: str = column(Text())
    set_by: str = column(String(32), ForeignKey("account.name"))
    set_at: datetime = column(TZDateTime())
    ended_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    ended_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class ErasureRow(SQLModel, table=True):
    """Receipts of erasures."""

    __tablename__: ClassVar[Any] = "erasure"
    id: str = column(String(40), primary_key=True)
    subject: str = column(String(40), index=True)
    permit: str | None = column(String(20), ForeignKey("permit.number"), nullable=True, index=True)
    erased: Any = column(JsonColumn())
    entries: Any = column(JsonColumn(list, tuple))
    by: str = column(String(32))
    at: datetime = column(TZDateTime())


class SealedIdentityRow(SQLModel, table=True):
    """What named a person, for the intelligence service alone."""

    __tablename__: ClassVar[Any] = "sealed_identity"
    customer: str = column(String(40), ForeignKey("customer.id"), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    wallet: str = column(String(42))
    found: Any = column(JsonColumn())
    at: datetime = column(TZDateTime())


class LegalHolds(Repository[LegalHold]):
    """Holds."""

    record, row, code = LegalHold, LegalHoldRow, "hold"

    def standing(self, subjects: Collection[str]) -> tuple[LegalHold, ...]:
        """Holds of some subjects that stand."""
        return self.select(
            self.columns.subject.in_(list(subjects)), self.columns.ended_at.is_(None)
        )

    def of_permit(self, number: PermitNumber) -> tuple[LegalHold, ...]:
        """Holds of a permit and its people that stand, the newest first."""
        return self.select(
            self.columns.permit == number,
            self.columns.ended_at.is_(None),
            order=self.columns.set_at.desc(),
        )


class SealedIdentities(Repository[SealedIdentity]):
    """What is under seal."""

    record, row, code = SealedIdentity, SealedIdentityRow, "customer"

    def named_in(self, report: str) -> tuple[SealedIdentity, ...]:
        """Of the people whom a report names, by the wallet or by the pseudonym."""
        party, person = _table(ReportPartyRow), _table(tables.CustomerRow)
        named = (
            select(person.c.id)
            .join(
                party,
                (party.c.address == func.lower(person.c.wallet))
                | (party.c.person == person.c.person_hash),
            )
            .where(party.c.report == report)
        )
        return self.select(self.columns.customer.in_(named), order=self.columns.wallet)

    def forget(self, customer: PersonId) -> None:
        """Take one away."""
        self.session.execute(delete(self.table).where(self.columns.customer == customer))

    def drop_before(self, moment: datetime) -> int:
        """Take away what was sealed before a moment. Returns how many."""
        return _count(self.session.execute(delete(self.table).where(self.columns.at < moment)))


class Erasures(Repository[Erasure]):
    """Receipts of erasures."""

    record, row, code = Erasure, ErasureRow, "erasure"

    def of_permit(self, number: PermitNumber) -> tuple[Erasure, ...]:
        """The receipts of a permit's people, the newest first."""
        return self.select(
            self.columns.permit == number, order=[self.columns.at.desc(), self.columns.id]
        )

    def of_subject(self, subject: str) -> tuple[Erasure, ...]:
        """The receipts of one person."""
        return self.select(self.columns.subject == subject)

    def take_customer(self, customer: PersonId) -> dict[str, int]:
        """Erase what names a customer in the tables of others; complaints have their own way.

        Returns:
            How many rows, by record kind.
        """
        return {
            "identification": self._drop(KnownPersonRow, "customer", customer),
            "payout": self._drop(PayoutAccountRow, "customer", customer),
            "customer_words": self._drop(CustomerLabelRow, "customer", customer)
            + self._blank(CustomerActRow, "customer", customer, reference="")
            + self._blank(BillRow, "merchant", customer, reference=""),
            "customer_access": self._drop(InvitationRow, "customer", customer)
            + self._drop(CustomerSessionRow, "customer", customer),
        }

    def take_account(self, account: AccountName) -> dict[str, int]:
        """Erase what names a member beside what was signed. Returns how many rows, by kind."""
        return {
            "member": self._blank(tables.AccountRow, "name", account, display_name=UNNAMED)
            + self._blank_receipts(account),
            "mail": self._drop(MailboxRow, "account", account)
            + self._drop(MailRow, "account", account),
            "notice": self._drop(NoticeRow, "account", account),
            "customer_access": self._drop(tables.SessionRow, "account", account),
            "passkey": self._drop(PasskeyRow, "account", account),
            "outside_account": self._drop_launches(account)
            + self._drop(OutsideMarkRow, "student", account)
            + self._drop(OutsideAccountRow, "account", account)
            + self._drop(OutsideTicketRow, "account", account),
        }

    def _drop_launches(self, account: AccountName) -> int:
        """Forget by which links of learning platforms somebody came."""
        found, owner = _table(LaunchRow), _table(OutsideAccountRow)
        own = (owner.c.issuer == found.c.issuer) & (owner.c.subject == found.c.subject)
        theirs = exists().where(own, owner.c.account == account)
        return _count(self.session.execute(delete(found).where(theirs)))

    def _blank_receipts(self, account: AccountName) -> int:
        """Empty the name in receipts of the membership that the account belonged to."""
        accounts, receipts = _table(tables.AccountRow), _table(DepartureRow)
        own = (accounts.c.person == receipts.c.person) & (accounts.c.org == receipts.c.org)
        theirs = exists().where(accounts.c.name == account, own)
        query = update(receipts).where(theirs, receipts.c.name != "—").values(name="—")
        return _count(self.session.execute(query))

    def drop_old_mail(self, before: datetime) -> int:
        """Forget messages that went or were given up before a moment."""
        table = _table(MailRow)
        over = (table.c.sent_at < before) | (table.c.given_up_at < before)
        return _count(self.session.execute(delete(table).where(over)))

    def drop_old_notices(self, before: datetime) -> int:
        """Forget notices that are older than a moment."""
        table = _table(NoticeRow)
        return _count(self.session.execute(delete(table).where(table.c.at < before)))

    def _drop(self, row: type[SQLModel], name: str, value: str) -> int:
        table = _table(row)
        return _count(self.session.execute(delete(table).where(table.c[name] == value)))

    def _blank(self, row: type[SQLModel], name: str, value: str, **empty: str) -> int:
        """Empty columns of rows where they are not."""
        table = _table(row)
        filled = [table.c[each] != text for each, text in empty.items()]
        query = update(table).where(table.c[name] == value, *filled).values(**empty)
        return _count(self.session.execute(query))


def _table(row: type[SQLModel]) -> Table:
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found


def _count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
