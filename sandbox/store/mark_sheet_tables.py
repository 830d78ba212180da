"""The tables and repositories of marking scales and signed mark sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Integer, String, Text, UniqueConstraint, select
from sqlmodel import SQLModel

from sandbox.domain.coursework import CourseName
from sandbox.domain.mark_scales import Band, Module, Scale
from sandbox.domain.mark_sheets import Sheet, Wanted
from sandbox.kit.ids import AccountName, OrgId
from sandbox.store.base import column
from sandbox.store.classroom import CourseRow
from sandbox.store.repository import Repository
from sandbox.store.types import CanonicalColumn, JsonColumn, TZDateTime


def _module(said: Mapping[str, Any]) -> Module:
    return Module(**{**said, "assignments": tuple(said["assignments"])})


class ScaleRow(SQLModel, table=True):
    """Versions of how a course is marked."""

    __tablename__: ClassVar[Any] = "classroom_scale"
    course: str = column(String(48), primary_key=True)
    version: int = column(Integer(), primary_key=True, autoincrement=False)
    bands: Any = column(
        JsonColumn(
            lambda bands: [asdict(each) for each in bands],
            lambda said: tuple(Band(**each) for each in said),
        )
    )
    modules: Any = column(
        JsonColumn(
            lambda modules: [asdict(each) for each in modules],
            lambda said: tuple(_module(each) for each in said),
        )
    )
    resits: int = column(Integer())
    resit_most: int = column(Integer())
    department: Any = column(JsonColumn())
    hours: int = column(Integer())
    set_by: str = column(String(32))
    set_at: datetime = column(TZDateTime())


class SheetRow(SQLModel, table=True):
    """Versions of signed mark sheets; none is ever changed."""

    __tablename__: ClassVar[Any] = "classroom_sheet"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("course", "group", "term", "module", "attempt", "version"),
    )
    id: str = column(String(32), primary_key=True)
    number: int = column(Integer(), unique=True)
    course: str = column(String(48))
    group: str = column(String(40))
    term: str = column(String(20))
    module: str = column(String(8))
    attempt: int = column(Integer())
    version: int = column(Integer())
    content: Any = column(CanonicalColumn())
    digest: str = column(String(64))
    reason: str = column(Text())
    signed_by: str = column(String(32))
    signed_at: datetime = column(TZDateTime())


class Scales(Repository[Scale]):
    """How courses are marked."""

    record, row, code = Scale, ScaleRow, "scale"

    def newest(self, course: CourseName) -> Scale | None:
        """The version that is in force."""
        found = self.select(
            self.columns.course == course, order=self.columns.version.desc(), limit=1
        )
        return found[0] if found else None

    def newest_of_university(self, org: OrgId) -> Scale | None:
        """What was set last in any course of a university."""
        courses = CourseRow.__table__.c  # type: ignore[attr-defined]
        own = select(courses.name).where(courses.org == org)
        order = (self.columns.set_at.desc(), self.columns.version.desc())
        found = self.select(self.columns.course.in_(own), order=order, limit=1)
        return found[0] if found else None


class Sheets(Repository[Sheet]):
    """Signed mark sheets."""

    record, row, code = Sheet, SheetRow, "sheet"

    def versions(self, course: CourseName, wanted: Wanted) -> tuple[Sheet, ...]:
        """Every version of one sheet, the newest first."""
        where = (
            self.columns.course == course,
            self.columns.group == wanted.group,
            self.columns.term == wanted.term,
            self.columns.module == wanted.module,
            self.columns.attempt == wanted.attempt,
        )
        return self.select(*where, order=self.columns.version.desc())

    def listed(self, course: CourseName) -> frozenset[AccountName]:
        """Everybody who stands on any version of a sheet of a course."""
        found = self.select(self.columns.course == course)
        return frozenset(line.account for each in found for line in each.lines)

    def newest_of_course(self, course: CourseName) -> tuple[Sheet, ...]:
        """The newest version of each sheet, in the order of signing."""
        found = self.select(self.columns.course == course, order=self.columns.number)
        return tuple({each.wanted: each for each in found}.values())
