"""Deadlines, petitions, automatic acts, duty roster, calendar: tables and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, delete
from sqlmodel import SQLModel

from sandbox.domain import life
from sandbox.domain.authorities import ChangeState
from sandbox.domain.calendar import Calendar, CalendarDay, DayKind
from sandbox.domain.calendar_changes import CalendarAct, CalendarChange
from sandbox.domain.lifecycle import Act
from sandbox.domain.regime import DeadlineKind, Owner
from sandbox.domain.seats import FileSeat
from sandbox.kit.ids import FileId
from sandbox.store.base import column
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository, once
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime

RUNNING = (life.DeadlineState.OPEN, life.DeadlineState.PAUSED)


class DeadlineRow(SQLModel, table=True):
    """Who owes what until when."""

    __tablename__: ClassVar[Any] = "deadline"
    __table_args__: ClassVar[Any] = (Index(None, "state", "next_at"),)
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    kind: Any = column(EnumColumn(DeadlineKind))
    owner: Any = column(EnumColumn(Owner))
    state: Any = column(EnumColumn(life.DeadlineState))
    since: datetime = column(TZDateTime())
    due: datetime = column(TZDateTime())
    days: int = column(Integer())
    subject: str = column(String(40))
    next_at: datetime | None = column(TZDateTime(), nullable=True)
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class PetitionRow(SQLModel, table=True):
    """What parties asked for or declared."""

    __tablename__: ClassVar[Any] = "petition"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    kind: Any = column(EnumColumn(life.PetitionKind))
    state: Any = column(EnumColumn(life.PetitionState))
    text: str = column(Text())
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_person: str = column(String(40))
    seat: Any = column(EnumColumn(FileSeat))
    asked_at: datetime = column(TZDateTime())
    plan: str = column(Text())
    until: datetime | None = column(TZDateTime(), nullable=True)
    decision: str | None = column(String(40), ForeignKey("decision.id"), nullable=True)
    sponsor: str | None = column(String(40), nullable=True)
    signature: Any = column(JsonColumn(), nullable=True)
    answer: str = column(Text())
    closed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class AutomaticActRow(SQLModel, table=True):
    """What the clock did, and who confirmed or lifted it."""

    __tablename__: ClassVar[Any] = "automatic_act"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    act: Any = column(EnumColumn(Act))
    deadline: str = column(String(40), ForeignKey("deadline.id"))
    at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(life.AutomaticState), index=True)
    officer: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    decided_at: datetime | None = column(TZDateTime(), nullable=True)
    reasons: str = column(Text())
    revision: int = column(Integer())


class DutyRow(SQLModel, table=True):
    """The duty roster."""

    __tablename__: ClassVar[Any] = "duty"
    id: str = column(String(40), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"))
    starts: datetime = column(TZDateTime())
    ends: datetime = column(TZDateTime(), index=True)
    entered_by: str = column(String(32), ForeignKey("account.name"))
    entered_at: datetime = column(TZDateTime())
    ended_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    revision: int = column(Integer())


class CalendarDayRow(SQLModel, table=True):
    """Days that somebody entered in the calendar."""

    __tablename__: ClassVar[Any] = "calendar_day"
    day: date = column(Date(), primary_key=True)
    kind: Any = column(EnumColumn(DayKind))
    reason: str = column(String(200))
    entered_by: str = column(String(32), ForeignKey("account.name"))
    entered_at: datetime = column(TZDateTime())
    pair: date | None = column(Date(), nullable=True)


class CalendarChangeRow(SQLModel, table=True):
    """Changes of the calendar and of deadlines' days, proposed and settled."""

    __tablename__: ClassVar[Any] = "calendar_change"
    id: str = column(String(40), primary_key=True)
    act: Any = column(EnumColumn(CalendarAct))
    day: date | None = column(Date(), nullable=True)
    kind: Any = column(EnumColumn(DayKind), nullable=True)
    instead: date | None = column(Date(), nullable=True)
    reason: str = column(String(200))
    deadline: Any = column(EnumColumn(DeadlineKind), nullable=True)
    days: int | None = column(Integer(), nullable=True)
    state: Any = column(EnumColumn(ChangeState), index=True)
    proposed_by: str = column(String(32), ForeignKey("account.name"))
    proposed_person: str = column(String(40))
    proposed_at: datetime = column(TZDateTime())
    settled_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    settled_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Deadlines(Repository[life.Deadline]):
    """Deadlines."""

    record, row, code = life.Deadline, DeadlineRow, "deadline"

    def of_file(self, file: FileId) -> tuple[life.Deadline, ...]:
        """A file's deadlines, the earliest due first."""
        return self.select(self.columns.file == file, order=[self.columns.due, self.columns.id])

    def running(self, file: FileId, kinds: Collection[DeadlineKind]) -> tuple[life.Deadline, ...]:
        """A file's open and paused deadlines of some kinds."""
        return self.select(
            self.columns.file == file,
            self.columns.kind.in_(list(kinds)),
            self.columns.state.in_(RUNNING),
        )

    def open_until(self, moment: datetime) -> tuple[life.Deadline, ...]:
        """Open deadlines of every file that are due before a moment."""
        return self.select(self.columns.state == life.DeadlineState.OPEN, self.columns.due < moment)

    def all_running(self) -> tuple[life.Deadline, ...]:
        """Every open deadline, for moving them when the calendar changes."""
        return self.select(self.columns.state == life.DeadlineState.OPEN)

    def to_look_at(self, at: datetime, limit: int = 200) -> tuple[life.Deadline, ...]:
        """What the worker must look at now, the longest waiting first."""
        return self.select(
            self.columns.state == life.DeadlineState.OPEN,
            self.columns.next_at <= at,
            order=[self.columns.next_at, self.columns.id],
            limit=limit,
        )


class Petitions(Repository[life.Petition]):
    """Petitions."""

    record, row, code = life.Petition, PetitionRow, "petition"

    def of_file(self, file: FileId) -> tuple[life.Petition, ...]:
        """A file's petitions in order."""
        return self.select(
            self.columns.file == file, order=[self.columns.asked_at, self.columns.id]
        )

    def open_of(self, file: FileId, kind: life.PetitionKind) -> life.Petition | None:
        """The open petition of a kind in a file."""
        found = self.select(
            self.columns.file == file,
            self.columns.kind == kind,
            self.columns.state == life.PetitionState.OPEN,
        )
        return found[0] if found else None


class AutomaticActs(Repository[life.AutomaticAct]):
    """Automatic acts."""

    record, row, code = life.AutomaticAct, AutomaticActRow, "automatic"

    def of_file(self, file: FileId) -> tuple[life.AutomaticAct, ...]:
        """A file's automatic acts in order."""
        return self.select(self.columns.file == file, order=[self.columns.at, self.columns.id])

    def interim_of(self, file: FileId) -> life.AutomaticAct | None:
        """The one that waits for the duty officer, if any."""
        found = self.select(
            self.columns.file == file, self.columns.state == life.AutomaticState.INTERIM
        )
        return found[0] if found else None


class Duties(Repository[life.Duty]):
    """The duty roster."""

    record, row, code = life.Duty, DutyRow, "duty"

    def on_duty(self, at: datetime) -> tuple[life.Duty, ...]:
        """Who is duty officer at a moment."""
        return self.select(
            self.columns.starts <= at, self.columns.ends > at, order=self.columns.starts
        )

    def from_now(self, at: datetime) -> tuple[life.Duty, ...]:
        """Present and coming duties, the next first."""
        return self.select(self.columns.ends > at, order=[self.columns.starts, self.columns.id])


class CalendarDays(Repository[CalendarDay]):
    """Days entered in the calendar."""

    record, row, code = CalendarDay, CalendarDayRow, "calendar"

    @once
    def calendar(self) -> Calendar:
        """The calendar as it is now."""
        return Calendar({each.day: each.kind for each in self.select()})

    def of_year(self, year: int) -> tuple[CalendarDay, ...]:
        """What was entered for a year, in order."""
        return self.select(
            self.columns.day >= date(year, 1, 1), self.columns.day <= date(year, 12, 31)
        )

    def remove(self, day: date) -> None:
        """Take a day out."""
        self.session.execute(delete(self.table).where(self.columns.day == day))


class CalendarChanges(Repository[CalendarChange]):
    """Changes of the calendar and of deadlines' days."""

    record, row, code = CalendarChange, CalendarChangeRow, "calendar_change"

    def waiting(self) -> tuple[CalendarChange, ...]:
        """Those that nobody settled, the oldest first."""
        order = [self.columns.proposed_at, self.columns.id]
        return self.select(self.columns.state == ChangeState.PROPOSED, order=order)

    def lock(self) -> None:
        """Hold all of them until the transaction ends."""
        lock_name(self.session, "calendar_change")
