"""The tables and repositories of investigations, trainees' cases and their answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Integer, String, UniqueConstraint
from sqlmodel import SQLModel

from sandbox.domain.coursework import CourseName
from sandbox.domain.investigation_acts import ActFile
from sandbox.domain.investigations import CaseFile, Investigation, SentAnswer, packed, unpacked
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import CanonicalColumn, JsonColumn, TZDateTime


class InvestigationRow(SQLModel, table=True):
    """Labs opened in courses, with their secrets; no interface and no page gives one away."""

    __tablename__: ClassVar[Any] = "investigation"
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48), index=True)
    lab: str = column(String(8))
    difficulty: str = column(String(16))
    opens: datetime = column(TZDateTime())
    due: datetime = column(TZDateTime())
    attempts: int = column(Integer())
    secret: str = column(String(64))
    opened_by: str = column(String(32))
    opened_at: datetime = column(TZDateTime())
    paused_at: datetime | None = column(TZDateTime(), nullable=True)
    pause_reason: str = column(String(200))
    pause_extends: bool = column(Boolean())
    resumed_at: datetime | None = column(TZDateTime(), nullable=True)
    code: str = column(String(16), index=True)
    revision: int = column(Integer())


class CaseFileRow(SQLModel, table=True):
    """Trainees' cases; what may be seen and what is sealed are files of their own."""

    __tablename__: ClassVar[Any] = "investigation_case"
    __table_args__: ClassVar[Any] = (UniqueConstraint("investigation", "trainee", "attempt"),)
    id: str = column(String(32), primary_key=True)
    investigation: str = column(String(32), ForeignKey("investigation.id"))
    trainee: str = column(String(32), ForeignKey("account.name"), index=True)
    attempt: int = column(Integer())
    seal: str = column(String(64))
    public: str = column(String(64))
    sealed: str = column(String(64))
    started_at: datetime = column(TZDateTime())
    draft: Any = column(JsonColumn(packed, unpacked))
    handed_in_at: datetime | None = column(TZDateTime(), nullable=True)
    reset_at: datetime | None = column(TZDateTime(), nullable=True)
    shown_at: datetime | None = column(TZDateTime(), nullable=True)
    worked_at: datetime | None = column(TZDateTime(), nullable=True)
    tables: str | None = column(String(64), nullable=True)
    engine: str | None = column(String(64), nullable=True)
    team: int | None = column(Integer(), nullable=True)
    approved: str = column(String(64))
    revision: int = column(Integer())


class SentAnswerRow(SQLModel, table=True):
    """Answers as they were handed in, and their marks."""

    __tablename__: ClassVar[Any] = "investigation_answer"
    case: str = column(String(32), ForeignKey("investigation_case.id"), primary_key=True)
    at: datetime = column(TZDateTime())
    sha256: str = column(String(64))
    answer: Any = column(CanonicalColumn())
    marks: Any = column(JsonColumn(), nullable=True)
    marked_at: datetime | None = column(TZDateTime(), nullable=True)


class ActFileRow(SQLModel, table=True):
    """What trainees did on their cases with the law's clock; acts are only added."""

    __tablename__: ClassVar[Any] = "investigation_acts"
    case: str = column(String(32), ForeignKey("investigation_case.id"), primary_key=True)
    clock: datetime = column(TZDateTime())
    acts: Any = column(JsonColumn(list, tuple))
    asked: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class Investigations(Repository[Investigation]):
    """Investigations."""

    record, row, code = Investigation, InvestigationRow, "investigation"

    def of(self, course: CourseName) -> tuple[Investigation, ...]:
        """The investigations of a course, the newest first."""
        return self.select(
            self.columns.course == course, order=[self.columns.opens.desc(), self.columns.id]
        )

    def coded(self, code: str) -> tuple[Investigation, ...]:
        """The investigations that have the case with a code, the oldest first."""
        return self.select(
            self.columns.code == code, order=[self.columns.opened_at, self.columns.id]
        )


class CaseFiles(Repository[CaseFile]):
    """Cases."""

    record, row, code = CaseFile, CaseFileRow, "investigation_case"

    def of(self, investigation: str, trainee: AccountName | None = None) -> tuple[CaseFile, ...]:
        """The cases of an investigation, of one trainee or of all, by attempt."""
        where = [self.columns.investigation == investigation]
        if trainee is not None:
            where.append(self.columns.trainee == trainee)
        return self.select(*where, order=[self.columns.attempt, self.columns.id])


class SentAnswers(Repository[SentAnswer]):
    """Answers."""

    record, row, code = SentAnswer, SentAnswerRow, "investigation_answer"

    def of(self, cases: Iterable[str]) -> dict[str, SentAnswer]:
        """The answers of some cases, by case."""
        found = self.select(self.columns.case.in_(list(cases)))
        return {each.case: each for each in found}


class ActFiles(Repository[ActFile]):
    """What was done on cases."""

    record, row, code = ActFile, ActFileRow, "investigation_acts"

    def that_wait(self) -> tuple[ActFile, ...]:
        """Those in which an act waits for the second person's signature."""
        return self.select(self.columns.asked.is_not(None))
