"""The table and repository of markers' opinions; settled marks are marks (``store.classroom``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Float, Index, Integer, String, Text, delete
from sqlmodel import SQLModel

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.marking import Opinion
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class OpinionRow(SQLModel, table=True):
    """What first and second markers would give."""

    __tablename__: ClassVar[Any] = "classroom_opinion"
    __table_args__: ClassVar[Any] = (Index(None, "course", "assignment"),)
    submission: str = column(String(32), primary_key=True)
    notebook: str = column(String(160), primary_key=True)
    cell: str = column(String(160), primary_key=True)
    turn: int = column(Integer(), primary_key=True)
    course: str = column(String(48))
    assignment: str = column(String(48))
    author: str = column(String(32))
    at: datetime = column(TZDateTime())
    points: float = column(Float())
    levels: Any = column(JsonColumn(list, tuple))
    comment: str = column(Text())


class Opinions(Repository[Opinion]):
    """Opinions."""

    record, row, code = Opinion, OpinionRow, "opinion"

    def of_assignment(
        self, course: CourseName, assignment: AssignmentName
    ) -> dict[tuple[str, str, str, int], Opinion]:
        """All of an assignment, by submission, notebook, cell and turn."""
        found = self.select(self.columns.course == course, self.columns.assignment == assignment)
        return {(each.submission, each.notebook, each.cell, each.turn): each for each in found}

    def remove(self, opinion: Opinion) -> None:
        """Take one back."""
        key = (opinion.submission, opinion.notebook, opinion.cell, opinion.turn)
        columns = (self.columns[name] for name in self.keys)
        where = [column_ == value for column_, value in zip(columns, key, strict=True)]
        self.session.execute(delete(self.table).where(*where))
