"""The tables and repositories of exams; the book of an exam only grows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlmodel import SQLModel

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.exams import EntryKind, Exam, ExamEntry, ExamRoom
from sandbox.kit.folding import natural
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class ExamRow(SQLModel, table=True):
    """Assignments that are exams."""

    __tablename__: ClassVar[Any] = "classroom_exam"
    __table_args__: ClassVar[Any] = (Index(None, "course", "assignment"),)
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48))
    assignment: str = column(String(48))
    minutes: int = column(Integer())
    planned_by: str = column(String(32))
    planned_at: datetime = column(TZDateTime())
    cancelled_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class ExamRoomRow(SQLModel, table=True):
    """Rooms of academic groups."""

    __tablename__: ClassVar[Any] = "classroom_exam_room"
    __table_args__: ClassVar[Any] = (UniqueConstraint("exam", "group", "term"),)
    id: str = column(String(32), primary_key=True)
    exam: str = column(String(32), ForeignKey("classroom_exam.id"))
    group: str = column(String(40))
    term: str = column(String(20))
    opens: datetime = column(TZDateTime())
    closes: datetime = column(TZDateTime())
    invigilators: Any = column(JsonColumn(list, tuple))
    code: str = column(String(8))
    revision: int = column(Integer())


class ExamEntryRow(SQLModel, table=True):
    """What happened in exams; append-only. Reasons are in no other table."""

    __tablename__: ClassVar[Any] = "classroom_exam_entry"
    number: int = column(BigInteger(), primary_key=True)
    exam: str = column(String(32), ForeignKey("classroom_exam.id"), index=True)
    kind: Any = column(EnumColumn(EntryKind))
    at: datetime = column(TZDateTime())
    by: str = column(String(32))
    room: str | None = column(String(32), nullable=True)
    student: str | None = column(String(32), nullable=True)
    text: str = column(Text())
    minutes: int | None = column(Integer(), nullable=True)
    moment: datetime | None = column(TZDateTime(), nullable=True)
    content: str | None = column(String(64), nullable=True)
    corrects: int | None = column(BigInteger(), nullable=True)


class Exams(Repository[Exam]):
    """Exams."""

    record, row, code = Exam, ExamRow, "exam"

    def of(self, course: CourseName, assignment: AssignmentName) -> Exam | None:
        """The exam that an assignment is, or None."""
        found = self.select(
            self.columns.course == course,
            self.columns.assignment == assignment,
            self.columns.cancelled_at.is_(None),
        )
        return found[0] if found else None

    def of_course(self, course: CourseName) -> tuple[Exam, ...]:
        """The exams of a course, by assignment."""
        where = (self.columns.course == course, self.columns.cancelled_at.is_(None))
        return self.select(*where, order=self.columns.assignment)


class ExamRooms(Repository[ExamRoom]):
    """Rooms."""

    record, row, code = ExamRoom, ExamRoomRow, "exam_room"

    def of(self, exam: str) -> tuple[ExamRoom, ...]:
        """The rooms of an exam, by when they open and by group."""
        found = self.select(self.columns.exam == exam)
        return tuple(sorted(found, key=lambda each: (each.opens, natural(each.group), each.term)))


class ExamEntries(Repository[ExamEntry]):
    """The books of exams."""

    record, row, code = ExamEntry, ExamEntryRow, "exam_entry"

    def of(self, exam: str) -> tuple[ExamEntry, ...]:
        """The book of an exam, oldest first."""
        return self.select(self.columns.exam == exam)
