"""The tables of the Committee: appointments, rules of procedure, sittings, agenda items."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Date, ForeignKey, Integer, String, Text, select
from sqlmodel import SQLModel

from sandbox.domain.committee import (
    AgendaItem,
    Appointment,
    AppointmentState,
    Ballot,
    CommitteeRole,
    CommitteeRules,
    InterestConflict,
    ItemResult,
    RulesChange,
    SeatedMember,
    Sitting,
    SittingState,
)
from sandbox.kit.ids import FileId, OrgId
from sandbox.store.base import column
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository, once
from sandbox.store.tables import AccountRow
from sandbox.store.types import CanonicalColumn, EnumColumn, JsonColumn, TZDateTime


def _rules() -> JsonColumn:
    return JsonColumn(lambda rules: rules.as_dict(), CommitteeRules.from_dict)


def _members() -> JsonColumn:
    return JsonColumn(
        lambda members: [each.as_dict() for each in members],
        lambda members: tuple(SeatedMember.from_dict(each) for each in members),
    )


def _conflicts() -> JsonColumn:
    return JsonColumn(
        lambda found: [asdict(each) for each in found],
        lambda found: tuple(InterestConflict(**each) for each in found),
    )


def _ballots() -> JsonColumn:
    return JsonColumn(
        lambda ballots: [each.as_dict() for each in ballots],
        lambda ballots: tuple(Ballot.from_dict(each) for each in ballots),
    )


class AppointmentRow(SQLModel, table=True):
    """Seats on the Committee."""

    __tablename__: ClassVar[Any] = "committee_appointment"
    id: str = column(String(40), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"))
    person: str = column(String(40))
    role: Any = column(EnumColumn(CommitteeRole))
    order_number: str = column(String(80))
    since: date = column(Date())
    until: date | None = column(Date(), nullable=True)
    acting_for: str | None = column(
        String(40), ForeignKey("committee_appointment.id"), nullable=True
    )
    recorded_by: str = column(String(32), ForeignKey("account.name"))
    recorded_person: str = column(String(40))
    recorded_at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(AppointmentState))
    confirmed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    confirmed_at: datetime | None = column(TZDateTime(), nullable=True)
    ending: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class RulesChangeRow(SQLModel, table=True):
    """Rules of procedure, as they were changed."""

    __tablename__: ClassVar[Any] = "committee_rules"
    id: str = column(String(40), primary_key=True)
    rules: Any = column(_rules())
    order_number: str = column(String(80))
    recorded_by: str = column(String(32), ForeignKey("account.name"))
    recorded_person: str = column(String(40))
    recorded_at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(AppointmentState))
    confirmed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    confirmed_at: datetime | None = column(TZDateTime(), nullable=True)
    authority: str | None = column(String(40), nullable=True)
    revision: int = column(Integer())


class SittingRow(SQLModel, table=True):
    """Sittings and their minutes."""

    __tablename__: ClassVar[Any] = "committee_sitting"
    id: str = column(String(20), primary_key=True)
    authority: str = column(String(40), ForeignKey("organisation.id"))
    held_at: datetime = column(TZDateTime(), index=True)
    place: str = column(String(200))
    secretary: str = column(String(32), ForeignKey("account.name"))
    state: Any = column(EnumColumn(SittingState), index=True)
    called_by: str = column(String(32), ForeignKey("account.name"))
    called_at: datetime = column(TZDateTime())
    rules: Any = column(_rules(), nullable=True)
    members: Any = column(_members())
    opened_at: datetime | None = column(TZDateTime(), nullable=True)
    ended_at: datetime | None = column(TZDateTime(), nullable=True)
    minutes: str | None = column(String(20), nullable=True, unique=True)
    document: Any = column(CanonicalColumn(), nullable=True)
    digest: str | None = column(String(64), nullable=True)
    signatures: Any = column(JsonColumn(list, tuple))
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    reason: str = column(Text())
    revision: int = column(Integer())


class AgendaItemRow(SQLModel, table=True):
    """Files on agendas."""

    __tablename__: ClassVar[Any] = "committee_item"
    id: str = column(String(40), primary_key=True)
    sitting: str = column(String(20), ForeignKey("committee_sitting.id"), index=True)
    place: int = column(Integer())
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    added_by: str = column(String(32), ForeignKey("account.name"))
    added_at: datetime = column(TZDateTime())
    declared: Any = column(_conflicts())
    ballots: Any = column(_ballots())
    result: Any = column(EnumColumn(ItemResult), nullable=True)
    text: str = column(Text())
    application: str | None = column(String(64), nullable=True)
    decided_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Appointments(Repository[Appointment]):
    """Seats on the Committee."""

    record, row, code = Appointment, AppointmentRow, "appointment"

    def lock(self) -> None:
        """Hold the Committee's composition until the transaction ends."""
        lock_name(self.session, "committee")

    def all(self, authority: OrgId | None) -> tuple[Appointment, ...]:
        """Every appointment of an authority's regulators that was not dropped, newest first."""
        return self.select(
            self.columns.state != AppointmentState.DROPPED,
            self._of(authority),
            order=[self.columns.since.desc(), self.columns.id],
        )

    def waiting(self, authority: OrgId | None) -> tuple[Appointment, ...]:
        """What a second person of an authority is to confirm: appointments and earlier ends."""
        recorded = self.columns.state == AppointmentState.RECORDED
        ends = (self.columns.state == AppointmentState.CONFIRMED) & self.columns.ending.is_not(None)
        order = [self.columns.recorded_at, self.columns.id]
        return self.select(recorded | ends, self._of(authority), order=order)

    def _of(self, authority: OrgId | None) -> ColumnElement[bool]:
        """Those of an authority's regulators: their Committee is their authority's."""
        account = AccountRow.__table__  # type: ignore[attr-defined]
        theirs = select(account.c.name).where(account.c.org == authority)
        found: ColumnElement[bool] = self.columns.account.in_(theirs)
        return found


class RulesChanges(Repository[RulesChange]):
    """Rules of procedure, as they were changed."""

    record, row, code = RulesChange, RulesChangeRow, "committee_rules"

    def newest(self, state: AppointmentState, authority: OrgId | None) -> RulesChange | None:
        """The newest of an authority's Committee in a state."""
        by = self.columns.confirmed_at.desc(), self.columns.recorded_at.desc()
        theirs = self.columns.authority == authority
        found = self.select(self.columns.state == state, theirs, order=list(by), limit=1)
        return found[0] if found else None


class Sittings(Repository[Sitting]):
    """Sittings."""

    record, row, code = Sitting, SittingRow, "sitting"

    def newest(self, limit: int, authority: OrgId | None = None) -> tuple[Sitting, ...]:
        """Sittings, the latest first; of one authority's Committee, or of all."""
        where = [] if authority is None else [self.columns.authority == authority]
        order = [self.columns.held_at.desc(), self.columns.id]
        return self.select(*where, order=order, limit=limit)

    def to_come(self, authority: OrgId | None) -> tuple[Sitting, ...]:
        """An authority's sittings that were called and not yet opened, the next one first."""
        return self.select(
            self.columns.state == SittingState.CALLED,
            self.columns.authority == authority,
            order=[self.columns.held_at, self.columns.id],
        )

    def in_state(self, state: SittingState) -> tuple[Sitting, ...]:
        """Sittings that stand in a state."""
        return self.select(self.columns.state == state)

    def of_others(self, authority: OrgId | None, ids: Collection[str]) -> set[str]:
        """Which of these are sittings of another authority's Committee."""
        found = self.select(self.columns.id.in_(list(ids)))
        return {each.id for each in found if each.authority != authority}

    def of_minutes(self, number: str) -> Sitting | None:
        """The sitting whose minutes have a number."""
        found = self.select(self.columns.minutes == number)
        return found[0] if found else None


class AgendaItems(Repository[AgendaItem]):
    """Files on agendas."""

    record, row, code = AgendaItem, AgendaItemRow, "agenda_item"

    def of_sittings(self, sittings: Collection[str]) -> tuple[AgendaItem, ...]:
        """The items of some sittings, in the agendas' order."""
        return self.select(
            self.columns.sitting.in_(list(sittings)),
            order=[self.columns.sitting, self.columns.place],
        )

    @once
    def of_file(self, file: FileId) -> tuple[AgendaItem, ...]:
        """Where a file was on an agenda, in the order in which it was put there."""
        return self.select(
            self.columns.file == file,
            order=[self.columns.added_at, self.columns.sitting, self.columns.place],
        )
