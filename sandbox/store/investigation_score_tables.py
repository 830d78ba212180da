"""The tables and repositories of scores: persons' marks, signed versions, contests, rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, delete
from sqlmodel import SQLModel

from sandbox.domain.coursework import CourseName
from sandbox.domain.investigation_scores import (
    Contest,
    ContestState,
    Opinion,
    ScoreRules,
    Signature,
)
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import CanonicalColumn, EnumColumn, JsonColumn, TZDateTime

CASE = "investigation_case.id"


class CaseOpinionRow(SQLModel, table=True):
    """What persons marked."""

    __tablename__: ClassVar[Any] = "investigation_opinion"
    case: str = column(String(32), ForeignKey(CASE), primary_key=True)
    number: int = column(Integer(), primary_key=True, autoincrement=False)
    author: str = column(String(32))
    at: datetime = column(TZDateTime())
    levels: Any = column(JsonColumn())
    comment: str = column(Text())
    asks: str = column(Text())


class SignatureRow(SQLModel, table=True):
    """Signed versions of scores; none is changed but by the end of its period."""

    __tablename__: ClassVar[Any] = "investigation_signature"
    case: str = column(String(32), ForeignKey(CASE), primary_key=True)
    version: int = column(Integer(), primary_key=True, autoincrement=False)
    by: str = column(String(32))
    at: datetime = column(TZDateTime())
    reason: str = column(Text())
    content: Any = column(CanonicalColumn())
    digest: str = column(String(64))
    reduced_at: datetime | None = column(TZDateTime(), nullable=True)


class ContestRow(SQLModel, table=True):
    """Trainees' words against signed versions, and what was decided."""

    __tablename__: ClassVar[Any] = "investigation_contest"
    case: str = column(String(32), ForeignKey(CASE), primary_key=True)
    version: int = column(Integer(), primary_key=True, autoincrement=False)
    by: str = column(String(32))
    at: datetime = column(TZDateTime())
    words: str = column(Text())
    state: Any = column(EnumColumn(ContestState))
    decided_by: str | None = column(String(32), nullable=True)
    decided_at: datetime | None = column(TZDateTime(), nullable=True)
    reasons: str = column(Text())
    revision: int = column(Integer())


class ScoreRulesRow(SQLModel, table=True):
    """What courses set for scores."""

    __tablename__: ClassVar[Any] = "investigation_rules"
    course: str = column(String(48), primary_key=True)
    months: int = column(Integer())
    contest_days: int = column(Integer())
    pseudonyms: bool = column(Boolean())
    set_by: str = column(String(32))
    set_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class CaseOpinions(Repository[Opinion]):
    """Persons' marks."""

    record, row, code = Opinion, CaseOpinionRow, "investigation_opinion"

    def of(self, cases: Iterable[str]) -> dict[str, tuple[Opinion, ...]]:
        """By case, the first first."""
        found = self.select(
            self.columns.case.in_(list(cases)), order=[self.columns.case, self.columns.number]
        )
        return _by_case(found)

    def remove_of(self, case: str) -> None:
        """Erase those of a case."""
        self.session.execute(delete(self.table).where(self.columns.case == case))


class Signatures(Repository[Signature]):
    """Signed versions."""

    record, row, code = Signature, SignatureRow, "investigation_signature"

    def of(self, cases: Iterable[str]) -> dict[str, tuple[Signature, ...]]:
        """By case, the newest first."""
        found = self.select(
            self.columns.case.in_(list(cases)),
            order=[self.columns.case, self.columns.version.desc()],
        )
        return _by_case(found)

    def whole_first(self) -> tuple[Signature, ...]:
        """First versions that are not reduced, of every course, the oldest first."""
        return self.select(
            self.columns.reduced_at.is_(None), self.columns.version == 1, order=self.columns.at
        )


class Contests(Repository[Contest]):
    """Contests."""

    record, row, code = Contest, ContestRow, "investigation_contest"

    def of(self, cases: Iterable[str]) -> dict[str, tuple[Contest, ...]]:
        """By case, the newest first."""
        found = self.select(
            self.columns.case.in_(list(cases)),
            order=[self.columns.case, self.columns.version.desc()],
        )
        return _by_case(found)


class RulesOfScores(Repository[ScoreRules]):
    """What courses set."""

    record, row, code = ScoreRules, ScoreRulesRow, "investigation_rules"

    def in_force(self, course: CourseName) -> ScoreRules:
        """Of a course; what holds where nobody set anything."""
        return self.find(course) or ScoreRules(course)


def _by_case(found: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    listed: defaultdict[str, list[Any]] = defaultdict(list)
    for each in found:
        listed[each.case].append(each)
    return {case: tuple(each) for case, each in listed.items()}
