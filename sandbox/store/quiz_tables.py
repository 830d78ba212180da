"""The table and repository of attempts at quizzes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlmodel import SQLModel

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.quizzes import Attempt, packed, unpacked
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class AttemptRow(SQLModel, table=True):
    """Attempts; practice, which no mark is made of."""

    __tablename__: ClassVar[Any] = "classroom_quiz"
    __table_args__: ClassVar[Any] = (UniqueConstraint("course", "assignment", "student", "number"),)
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48))
    assignment: str = column(String(48))
    student: str = column(String(32), ForeignKey("account.name"), index=True)
    number: int = column(Integer())
    master: str = column(String(64))
    started_at: datetime = column(TZDateTime())
    seed: str = column(String(32))
    answers: Any = column(JsonColumn(packed, unpacked))
    finished_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Attempts(Repository[Attempt]):
    """Attempts."""

    record, row, code = Attempt, AttemptRow, "quiz"

    def of(
        self, course: CourseName, assignment: AssignmentName, student: AccountName | None = None
    ) -> tuple[Attempt, ...]:
        """The attempts at an assignment's quiz, of one student or of all, by number."""
        where = [self.columns.course == course, self.columns.assignment == assignment]
        if student is not None:
            where.append(self.columns.student == student)
        return self.select(*where, order=[self.columns.number, self.columns.id])
