"""The tables of marks that go back to learning platforms: who came how, what was sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Float, ForeignKey, Index, Integer, String, and_, delete, exists, select
from sqlmodel import SQLModel

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.passback import LtiLaunch, MarkState, Outcome, OutsideMark
from sandbox.kit.ids import AccountName
from sandbox.store.among import among
from sandbox.store.base import column
from sandbox.store.outside_tables import OutsideAccountRow
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, TZDateTime


class LaunchRow(SQLModel, table=True):
    """The last launch of each person to each course and assignment."""

    __tablename__: ClassVar[Any] = "lti_launch"
    __table_args__: ClassVar[Any] = (Index(None, "issuer", "subject"), Index(None, "course"))
    platform: str = column(String(30), primary_key=True)
    subject: str = column(String(255), primary_key=True)
    course: str = column(String(48), primary_key=True)
    assignment: str = column(String(48), primary_key=True)
    issuer: str = column(String(300))
    line_item: str = column(String(1000))
    line_items: str = column(String(1000))
    seen_at: datetime = column(TZDateTime())


class OutsideMarkRow(SQLModel, table=True):
    """Marks for platforms: sent, waiting, or why not."""

    __tablename__: ClassVar[Any] = "lti_mark"
    __table_args__: ClassVar[Any] = (
        Index(None, "course", "assignment"),
        Index(None, "state", "next_at"),
    )
    platform: str = column(String(30), primary_key=True)
    course: str = column(String(48), primary_key=True)
    assignment: str = column(String(48), primary_key=True)
    student: str = column(String(32), ForeignKey("account.name"), primary_key=True, index=True)
    subject: str = column(String(255))
    line_item: str = column(String(1000))
    line_items: str = column(String(1000))
    release: str = column(String(32))
    score: float = column(Float())
    points: float = column(Float())
    state: Any = column(EnumColumn(MarkState))
    said_at: datetime = column(TZDateTime())
    next_at: datetime = column(TZDateTime())
    attempts: int = column(Integer())
    failing_since: datetime | None = column(TZDateTime(), nullable=True)
    outcome: Any = column(EnumColumn(Outcome), nullable=True)
    status: int | None = column(Integer(), nullable=True)
    sent_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Launches(Repository[LtiLaunch]):
    """Last launches."""

    record, row, code = LtiLaunch, LaunchRow, "lti_launch"

    def keep(self, launch: LtiLaunch) -> None:
        """Put a launch in the place of the one before."""
        key = tuple(getattr(launch, name) for name in self.keys)
        if self.find(*key, lock=True) is None:
            self.add(launch)
        else:
            self.save(launch)

    def courses_of(self, issuer: str, subject: str) -> tuple[CourseName, ...]:
        """The courses that somebody came to."""
        mine = (self.columns.issuer == issuer, self.columns.subject == subject)
        query = select(self.columns.course).where(*mine).distinct().order_by(self.columns.course)
        return tuple(self.session.execute(query).scalars())

    def platforms_of(self, issuer: str, subject: str) -> tuple[str, ...]:
        """By which platforms somebody came."""
        mine = (self.columns.issuer == issuer, self.columns.subject == subject)
        query = (
            select(self.columns.platform).where(*mine).distinct().order_by(self.columns.platform)
        )
        return tuple(self.session.execute(query).scalars())

    def bound(
        self, course: CourseName, students: Collection[AccountName] | None = None
    ) -> tuple[tuple[AccountName, LtiLaunch], ...]:
        """Launches to a course with whose they are; those to the course itself first.

        Args:
            course: which.
            students: only theirs; None: everybody's.
        """
        owner: Any = OutsideAccountRow.__table__  # type: ignore[attr-defined]
        where = [self.columns.course == course]
        if students is not None:
            where.append(among(owner.c.account, students))
        query = (
            select(self.table, owner.c.account)
            .join(owner, self._is_of(owner))
            .where(*where)
            .order_by(self.columns.assignment, owner.c.account, self.columns.platform)
        )
        found = self.session.execute(query).mappings()
        return tuple((AccountName(row["account"]), self.load(row)) for row in found)

    def remove_of(self, issuer: str, subject: str) -> None:
        """Forget how somebody came."""
        mine = (self.columns.issuer == issuer, self.columns.subject == subject)
        self.session.execute(delete(self.table).where(*mine))

    def drop_unbound(self, before: datetime) -> int:
        """Forget people who came before a moment and are nobody here."""
        owner: Any = OutsideAccountRow.__table__  # type: ignore[attr-defined]
        known = exists().where(self._is_of(owner))
        query = delete(self.table).where(self.columns.seen_at < before, ~known)
        return int(getattr(self.session.execute(query), "rowcount", 0))

    def _is_of(self, owner: Any) -> Any:
        return and_(owner.c.issuer == self.columns.issuer, owner.c.subject == self.columns.subject)


class OutsideMarks(Repository[OutsideMark]):
    """Marks for platforms."""

    record, row, code = OutsideMark, OutsideMarkRow, "outside_mark"

    def of(
        self,
        course: CourseName,
        assignment: AssignmentName | None = None,
        student: AccountName | None = None,
        *,
        lock: bool = False,
    ) -> tuple[OutsideMark, ...]:
        """Those of a course, of one assignment, of one student.

        Args:
            course: which.
            assignment: only of this one.
            student: only theirs.
            lock: hold them until the transaction ends: the worker writes them too.
        """
        where = [self.columns.course == course]
        if assignment is not None:
            where.append(self.columns.assignment == assignment)
        if student is not None:
            where.append(self.columns.student == student)
        return self.select(*where, lock=lock)

    def waiting_platforms(self, at: datetime) -> tuple[str, ...]:
        """Where something is due."""
        query = select(self.columns.platform).where(*self._due(at)).distinct()
        return tuple(sorted(self.session.execute(query).scalars()))

    def first_due(self, platform: str, at: datetime) -> OutsideMark | None:
        """What a platform gets next."""
        order = [self.columns.next_at, *(self.columns[name] for name in self.keys)]
        where = (self.columns.platform == platform, *self._due(at))
        found = self.select(*where, order=order, limit=1)
        return found[0] if found else None

    def places_of(
        self, student: AccountName, platforms: Collection[str]
    ) -> tuple[tuple[CourseName, AssignmentName], ...]:
        """The assignments of which platforms were told somebody's mark, in order."""
        place = (self.columns.course, self.columns.assignment)
        query = select(*place).where(*self._told(student, platforms)).distinct().order_by(*place)
        found = self.session.execute(query)
        return tuple((CourseName(one), AssignmentName(other)) for one, other in found)

    def remove_of(self, student: AccountName, platforms: Collection[str]) -> None:
        """Forget what platforms were told of somebody."""
        self.session.execute(delete(self.table).where(*self._told(student, platforms)))

    def _told(self, student: AccountName, platforms: Collection[str]) -> tuple[Any, Any]:
        return (self.columns.student == student, self.columns.platform.in_(sorted(platforms)))

    def _due(self, at: datetime) -> tuple[Any, Any]:
        return (self.columns.state == MarkState.WAITING, self.columns.next_at <= at)
