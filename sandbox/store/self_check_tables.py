"""The table and repository of self-checks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Index, Integer, String, and_, delete, or_, select
from sqlmodel import SQLModel

from sandbox.domain.classroom import JobState
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.self_checks import OPEN, WINDOW, SelfCheck, in_turn
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class SelfCheckRow(SQLModel, table=True):
    """Self-checks."""

    __tablename__: ClassVar[Any] = "classroom_self_check"
    __table_args__: ClassVar[Any] = (
        Index(None, "student", "asked_at"),
        Index(None, "state", "asked_at"),
    )
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48))
    assignment: str = column(String(48))
    student: str = column(String(32))
    release: str = column(String(64))
    content: str = column(String(64))
    files: Any = column(JsonColumn())
    state: Any = column(EnumColumn(JobState))
    asked_at: datetime = column(TZDateTime())
    counted: bool = column(Boolean())
    attempts: int = column(Integer())
    lease_until: datetime | None = column(TZDateTime(), nullable=True)
    finished_at: datetime | None = column(TZDateTime(), nullable=True)
    error: str | None = column(String(80), nullable=True)
    rows: Any = column(JsonColumn(list, tuple))


class SelfChecks(Repository[SelfCheck]):
    """Self-checks."""

    record, row, code = SelfCheck, SelfCheckRow, "self_check"

    def open_of(self, student: AccountName) -> SelfCheck | None:
        """The check of a student that waits or runs, in any course."""
        found = self.select(self.columns.student == student, self.columns.state.in_(OPEN), limit=1)
        return found[0] if found else None

    def newest(
        self, course: CourseName, assignment: AssignmentName, student: AccountName
    ) -> SelfCheck | None:
        """The newest check of a student's work in an assignment."""
        found = self.select(
            self.columns.course == course,
            self.columns.assignment == assignment,
            self.columns.student == student,
            order=self.columns.asked_at.desc(),
            limit=1,
        )
        return found[0] if found else None

    def counted_of(
        self, course: CourseName, student: AccountName, since: datetime
    ) -> tuple[datetime, ...]:
        """When the counted checks of a student in a course were asked for."""
        query = select(self.columns.asked_at).where(
            self.columns.course == course,
            self.columns.student == student,
            self.columns.asked_at > since,
            self.columns.counted.is_(True),
        )
        return tuple(self.session.execute(query).scalars())

    def queue(self, at: datetime) -> list[SelfCheck]:
        """The checks nobody works on, in turn: waiting, or on a lease that ended.

        Without their files: those of a whole class are much, and a place in the queue is looked
        up by everybody who waits.
        """
        free = or_(
            self.columns.state == JobState.QUEUED,
            and_(self.columns.state == JobState.RUNNING, self.columns.lease_until < at),
        )
        asked = select(self.columns.student).where(self.columns.asked_at > at - WINDOW)
        recent = Counter(self.session.execute(asked).scalars())
        names = [each for each in self.names if each not in ("files", "rows")]
        query = select(*(self.columns[each] for each in names)).where(free)
        found = (dict(zip(names, row, strict=True)) for row in self.session.execute(query))
        return in_turn((SelfCheck(**each, files={}) for each in found), recent)

    def forget(self, student: AccountName, before: datetime) -> None:
        """Delete what of a student ended before a moment."""
        where = (self.columns.student == student, self.columns.finished_at < before)
        self.session.execute(delete(self.table).where(*where))
