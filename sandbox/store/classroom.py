"""The tables and repositories of the classroom.

Rules:

- ``classroom_action`` only grows: the database itself refuses to change or delete a row.
- Numbers of actions have no gaps (a counter of the same transaction).
- One job per submission and master: asking twice grades once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import groupby
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlmodel import SQLModel

from sandbox.domain import classroom as records
from sandbox.domain.coursework import AssignmentName, BundleHash, CourseName
from sandbox.kit.ids import AccountName, OrgId
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class CourseRow(SQLModel, table=True):
    """Courses."""

    __tablename__: ClassVar[Any] = "classroom_course"
    name: str = column(String(48), primary_key=True)
    titles: Any = column(JsonColumn())
    org: str | None = column(String(40), ForeignKey("organisation.id"), nullable=True)
    content: str | None = column(String(48), nullable=True)
    department: str | None = column(
        String(16), ForeignKey("department.id"), nullable=True, index=True
    )
    term: str = column(String(20))
    archived_at: datetime | None = column(TZDateTime(), nullable=True)


class MemberRow(SQLModel, table=True):
    """Who is in a course."""

    __tablename__: ClassVar[Any] = "classroom_member"
    course: str = column(String(48), primary_key=True)
    account: str = column(String(32), primary_key=True)
    role: Any = column(EnumColumn(records.CourseRole))
    since: datetime = column(TZDateTime())
    until: datetime | None = column(TZDateTime(), nullable=True)
    group: str = column(String(40))
    term: str = column(String(20))
    duty: Any = column(EnumColumn(records.Duty), nullable=True)


class ActionRow(SQLModel, table=True):
    """What happened; append-only."""

    __tablename__: ClassVar[Any] = "classroom_action"
    __table_args__: ClassVar[Any] = (
        Index(None, "course", "assignment", "kind", "student", "number"),
    )
    number: int = column(BigInteger(), primary_key=True, autoincrement=False)
    id: str = column(String(32), unique=True)
    at: datetime = column(TZDateTime())
    actor: str = column(String(32))
    kind: Any = column(EnumColumn(records.ActionKind))
    course: str = column(String(48))
    assignment: str = column(String(48))
    student: str | None = column(String(32), nullable=True)
    bundle: str | None = column(String(64), nullable=True)
    detail: Any = column(JsonColumn())
    organisation: str | None = column(String(40), nullable=True)


class BundleRow(SQLModel, table=True):
    """Manifests of bundles; the files lie in the blob folder."""

    __tablename__: ClassVar[Any] = "classroom_bundle"
    hash: str = column(String(64), primary_key=True)
    entries: Any = column(
        JsonColumn(
            lambda entries: [list(entry) for entry in entries],
            lambda entries: tuple((path, sha, size) for path, sha, size in entries),
        )
    )


class JobRow(SQLModel, table=True):
    """The grading queue."""

    __tablename__: ClassVar[Any] = "classroom_job"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("submission", "master"),
        Index(None, "state", "priority", "created_at"),
    )
    id: str = column(String(32), primary_key=True)
    submission: str = column(String(32))
    course: str = column(String(48))
    assignment: str = column(String(48))
    master: str = column(String(64))
    state: Any = column(EnumColumn(records.JobState))
    priority: int = column(Integer())
    attempts: int = column(Integer())
    created_at: datetime = column(TZDateTime())
    lease_until: datetime | None = column(TZDateTime(), nullable=True)
    finished_at: datetime | None = column(TZDateTime(), nullable=True)
    error: str | None = column(String(80), nullable=True)
    result: str | None = column(String(64), nullable=True)


class MarkRow(SQLModel, table=True):
    """Marks, one for each test of each submission."""

    __tablename__: ClassVar[Any] = "classroom_mark"
    submission: str = column(String(32), primary_key=True)
    notebook: str = column(String(160), primary_key=True)
    cell: str = column(String(160), primary_key=True)
    title: str = column(String(200))
    points: float = column(Float())
    mark: float | None = column(Float(), nullable=True)
    status: str = column(String(20))
    reason: Any = column(JsonColumn())
    teacher_mark: float | None = column(Float(), nullable=True)
    comment: str = column(Text())
    position: int = column(Integer())


class Courses(Repository[records.Course]):
    """Courses."""

    record, row, code = records.Course, CourseRow, "course"

    def held(self, name: CourseName) -> records.Course | None:
        """A course that nobody archives before the end of the transaction, or None.

        Others may hold it too (PostgreSQL: FOR SHARE).
        """
        query = select(self.table).where(self.columns.name == name)
        row = self.session.execute(query.with_for_update(read=True)).first()
        return None if row is None else self._whole(row)

    def of_departments(self, departments: Collection[str]) -> tuple[records.Course, ...]:
        """The courses of some departments, by name."""
        where = self.columns.department.in_(list(departments))
        return self.select(where, order=self.columns.name)

    def of_university(self, org: OrgId) -> tuple[records.Course, ...]:
        """The courses of a university, by name."""
        return self.select(self.columns.org == org, order=self.columns.name)

    def all_names(self) -> frozenset[CourseName]:
        """The name of every course."""
        return frozenset(self.session.execute(select(self.columns.name)).scalars())


class Members(Repository[records.Member]):
    """Who is in a course."""

    record, row, code = records.Member, MemberRow, "member"

    def of_account(self, account: AccountName, at: datetime) -> tuple[records.Member, ...]:
        """An account's memberships that hold at a moment."""
        found = self.select(self.columns.account == account)
        return tuple(each for each in found if holds(each, at))

    def of_course(self, course: CourseName, at: datetime) -> tuple[records.Member, ...]:
        """A course's members at a moment, by name."""
        found = self.select(self.columns.course == course, order=self.columns.account)
        return tuple(each for each in found if holds(each, at))

    def in_course(self, course: CourseName) -> tuple[records.Member, ...]:
        """Everybody who is, or was, in a course."""
        return self.select(self.columns.course == course)

    def in_courses(self, courses: Collection[CourseName]) -> tuple[records.Member, ...]:
        """Everybody who is, or was, in one of some courses, by account."""
        where = self.columns.course.in_(list(courses))
        return self.select(where, order=self.columns.account)

    def elsewhere(
        self, course: CourseName, accounts: Collection[AccountName]
    ) -> frozenset[AccountName]:
        """Which of some accounts are, or were, in another course."""
        found = self.select(self.columns.course != course, self.columns.account.in_(list(accounts)))
        return frozenset(each.account for each in found)

    def remove(self, course: CourseName, account: AccountName) -> None:
        """Take a membership away as if it had never been."""
        where = (self.columns.course == course, self.columns.account == account)
        self.session.execute(delete(self.table).where(*where))


def holds(member: records.Member, at: datetime) -> bool:
    """Whether a membership holds at a moment."""
    return member.since <= at and (member.until is None or at < member.until)


class Actions(Repository[records.Action]):
    """What happened."""

    record, row, code = records.Action, ActionRow, "action"

    def by_id(self, action: str) -> records.Action | None:
        """The action with an id, or None."""
        found = self.select(self.columns.id == action)
        return found[0] if found else None

    def newest(
        self,
        kind: records.ActionKind,
        course: CourseName,
        assignment: AssignmentName,
        student: AccountName | None = None,
    ) -> records.Action | None:
        """The newest action of a kind, about one student or anybody."""
        where = [
            self.columns.kind == kind,
            self.columns.course == course,
            self.columns.assignment == assignment,
        ]
        if student is not None:
            where.append(self.columns.student == student)
        found = self.select(*where, order=self.columns.number.desc(), limit=1)
        return found[0] if found else None

    def all_of(
        self,
        kind: records.ActionKind,
        course: CourseName,
        assignment: AssignmentName | None = None,
        student: AccountName | None = None,
    ) -> tuple[records.Action, ...]:
        """All actions of a kind in a course, oldest first."""
        where = [self.columns.kind == kind, self.columns.course == course]
        if assignment is not None:
            where.append(self.columns.assignment == assignment)
        if student is not None:
            where.append(self.columns.student == student)
        return self.select(*where)

    def actors(
        self, course: CourseName, accounts: Collection[AccountName]
    ) -> frozenset[AccountName]:
        """Which of some accounts did anything in a course."""
        query = (
            select(self.columns.actor)
            .where(self.columns.course == course, self.columns.actor.in_(list(accounts)))
            .distinct()
        )
        return frozenset(self.session.execute(query).scalars())


class Bundles(Repository[records.StoredBundle]):
    """Manifests."""

    record, row, code = records.StoredBundle, BundleRow, "bundle"

    def remember(self, bundle: records.StoredBundle) -> None:
        """Keep a manifest unless it is known."""
        if self.find(bundle.hash) is None:
            self.add(bundle)


class Jobs(Repository[records.Job]):
    """The grading queue."""

    record, row, code = records.Job, JobRow, "job"

    def of(self, submission: str, master: BundleHash) -> records.Job | None:
        """The job of a submission and a master."""
        found = self.select(self.columns.submission == submission, self.columns.master == master)
        return found[0] if found else None

    def newest_of(self, submission: str) -> records.Job | None:
        """The newest job of a submission."""
        where = self.columns.submission == submission
        found = self.select(where, order=self.columns.created_at.desc(), limit=1)
        return found[0] if found else None

    def of_assignment(
        self, course: CourseName, assignment: AssignmentName
    ) -> tuple[records.Job, ...]:
        """All jobs of an assignment, oldest first."""
        where = (self.columns.course == course, self.columns.assignment == assignment)
        return self.select(*where, order=self.columns.created_at)

    def next_free(self, at: datetime) -> records.Job | None:
        """The next job nobody holds: queued, or running on a lease that ended.

        It is held until the end of the transaction; one that another worker is just taking is
        passed over (PostgreSQL; SQLite's writing unit already holds the whole store).
        """
        order = (self.columns.priority.desc(), self.columns.created_at, self.columns.id)
        query = select(self.table).where(self._free(at)).order_by(*order).limit(1)
        row = self.session.execute(query.with_for_update(skip_locked=True)).first()
        return None if row is None else self._whole(row)

    def any_free(self, at: datetime) -> bool:
        """Whether there is a job nobody holds; holds nothing, for looking only."""
        return bool(self.select(self._free(at), limit=1))

    def any_open(self, course: CourseName) -> bool:
        """Whether a grading of a course waits or runs."""
        states = [records.JobState.QUEUED, records.JobState.RUNNING]
        where = (self.columns.course == course, self.columns.state.in_(states))
        return bool(self.select(*where, limit=1))

    def count_open(self) -> int:
        """How many gradings wait or run, in all courses."""
        states = [records.JobState.QUEUED, records.JobState.RUNNING]
        query = select(func.count()).where(self.columns.state.in_(states))
        return int(self.session.execute(query).scalar_one())

    def _free(self, at: datetime) -> ColumnElement[bool]:
        queued: ColumnElement[bool] = self.columns.state == records.JobState.QUEUED
        running: ColumnElement[bool] = self.columns.state == records.JobState.RUNNING
        return or_(queued, and_(running, self.columns.lease_until < at))


class Marks(Repository[records.Mark]):
    """Marks."""

    record, row, code = records.Mark, MarkRow, "mark"

    def of(self, submission: str) -> tuple[records.Mark, ...]:
        """The marks of a submission, in the order of its tests."""
        order = (self.columns.notebook, self.columns.position)
        return self.select(self.columns.submission == submission, order=order)

    def of_assignment(
        self, course: CourseName, assignment: AssignmentName
    ) -> dict[str, tuple[records.Mark, ...]]:
        """The marks of every graded submission of an assignment, by submission."""
        jobs = JobRow.__table__.c  # type: ignore[attr-defined]
        graded = select(jobs.submission).where(jobs.course == course, jobs.assignment == assignment)
        order = (self.columns.submission, self.columns.notebook, self.columns.position)
        found = self.select(self.columns.submission.in_(graded), order=order)
        return {
            submission: tuple(marks)
            for submission, marks in groupby(found, key=lambda mark: mark.submission)
        }

    def replace(self, submission: str, marks: tuple[records.Mark, ...]) -> None:
        """Put new marks of the platform in place; a teacher's marks and comments stay.

        A teacher's mark that is more than the points of now does not: a person gives it again.
        Nobody gives one meanwhile.
        """
        own = self.columns.submission == submission
        held = select(self.table).where(own).with_for_update()
        kept = {(row.notebook, row.cell): row for row in self.session.execute(held)}
        self.session.execute(delete(self.table).where(own))
        for mark in marks:
            values = self.values(mark)
            old = kept.get((mark.notebook, mark.cell))
            if old is not None:
                given = old.teacher_mark
                fits = given is None or given <= mark.points
                values |= {"teacher_mark": given if fits else None, "comment": old.comment}
            self.session.execute(self.table.insert().values(**values))
