"""The tables and repositories of comparisons, and of files on similarity."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Integer, String, Text, or_
from sqlmodel import SQLModel

from sandbox.domain import similarity_files as files
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.similarity.records import Author, Comparison, SetAside, pair_data, pair_of
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class ComparisonRow(SQLModel, table=True):
    """The newest comparison of each assignment."""

    __tablename__: ClassVar[Any] = "similarity_comparison"
    course: str = column(String(48), primary_key=True)
    assignment: str = column(String(48), primary_key=True)
    made_by: str = column(String(32))
    made_at: datetime = column(TZDateTime())
    works: int = column(Integer())
    others: int = column(Integer())
    cut: Any = column(JsonColumn(list, tuple))
    pairs: Any = column(
        JsonColumn(
            lambda pairs: [pair_data(each) for each in pairs],
            lambda said: tuple(pair_of(each) for each in said),
        )
    )
    authors: Any = column(
        JsonColumn(
            lambda authors: {name: asdict(each) for name, each in authors.items()},
            lambda said: {name: Author(**each) for name, each in said.items()},
        )
    )


class SetAsideRow(SQLModel, table=True):
    """Pairs that are not listed any more, and why; the note is in no other table."""

    __tablename__: ClassVar[Any] = "similarity_set_aside"
    course: str = column(String(48), primary_key=True)
    assignment: str = column(String(48), primary_key=True)
    first: str = column(String(32), primary_key=True)
    second: str = column(String(32), primary_key=True)
    note: str = column(Text())
    by: str = column(String(32))
    at: datetime = column(TZDateTime())


class FileRow(SQLModel, table=True):
    """Files on one student's work each."""

    __tablename__: ClassVar[Any] = "similarity_file"
    __table_args__: ClassVar[Any] = (Index(None, "course", "assignment"),)
    number: int = column(Integer(), primary_key=True, autoincrement=False)
    course: str = column(String(48))
    assignment: str = column(String(48))
    student: str = column(String(32), index=True)
    submission: str = column(String(32))
    other: str = column(String(32))
    other_submission: str = column(String(32))
    other_course: str = column(String(48))
    pair: Any = column(JsonColumn(pair_data, pair_of))
    state: Any = column(EnumColumn(files.State))
    opened_by: str = column(String(32))
    opened_at: datetime = column(TZDateTime())
    answer_due: datetime = column(TZDateTime())
    finding: Any = column(EnumColumn(files.Finding), nullable=True)
    appeal_due: datetime | None = column(TZDateTime(), nullable=True)
    proposed_by: str | None = column(String(32), nullable=True)
    revision: int = column(Integer())


class StepRow(SQLModel, table=True):
    """What happened in a file; what people wrote is in no other table."""

    __tablename__: ClassVar[Any] = "similarity_step"
    file: int = column(Integer(), primary_key=True, autoincrement=False)
    place: int = column(Integer(), primary_key=True, autoincrement=False)
    act: Any = column(EnumColumn(files.Act))
    by: str = column(String(32))
    at: datetime = column(TZDateTime())
    text: str = column(Text())


class Comparisons(Repository[Comparison]):
    """Comparisons."""

    record, row, code = Comparison, ComparisonRow, "similarity_comparison"

    def put(self, comparison: Comparison) -> None:
        """Keep a comparison in the place of the one before."""
        where = (
            self.columns.course == comparison.course,
            self.columns.assignment == comparison.assignment,
        )
        self.session.execute(self.table.delete().where(*where))
        self.add(comparison)


class SetAsides(Repository[SetAside]):
    """Pairs that were set aside."""

    record, row, code = SetAside, SetAsideRow, "similarity_set_aside"

    def of(self, course: CourseName, assignment: AssignmentName) -> tuple[SetAside, ...]:
        """Those of an assignment, oldest first."""
        where = (self.columns.course == course, self.columns.assignment == assignment)
        return self.select(*where, order=(self.columns.at, self.columns.first, self.columns.second))

    def remove(self, found: SetAside) -> None:
        """List a pair again."""
        key = (found.course, found.assignment, found.first, found.second)
        self.session.execute(self.table.delete().where(*self._is(key)))


class SimilarityFiles(Repository[files.SimilarityFile]):
    """Files on similarity."""

    record, row, code = files.SimilarityFile, FileRow, "similarity_file"

    def of(
        self, course: CourseName, assignment: AssignmentName
    ) -> tuple[files.SimilarityFile, ...]:
        """Those of an assignment, oldest first."""
        return self.select(self.columns.course == course, self.columns.assignment == assignment)

    def visible(
        self, student: AccountName, courses: Collection[CourseName]
    ) -> tuple[files.SimilarityFile, ...]:
        """Those on a student, or of some courses; the newest first."""
        where = or_(self.columns.student == student, self.columns.course.in_(list(courses)))
        return self.select(where, order=self.columns.number.desc())


class Steps(Repository[files.Step]):
    """What happened in files."""

    record, row, code = files.Step, StepRow, "similarity_step"

    def of(self, file: int) -> tuple[files.Step, ...]:
        """The steps of a file, in their order."""
        return self.select(self.columns.file == file)
