"""The tables of what is known of people, and of requirements without a number."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.requirements import RequirementKind, RequirementState
from sandbox.domain.residence import Identification
from sandbox.store.base import column
from sandbox.store.types import EnumColumn, TZDateTime


class KnownPersonRow(SQLModel, table=True):
    """Where invited people live and how well they are identified."""

    __tablename__: ClassVar[Any] = "known_person"
    customer: str = column(String(40), ForeignKey("customer.id"), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    residence: str = column(String(2))
    level: Any = column(EnumColumn(Identification))
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())
    revision: int = column(Integer())


class RequirementRow(SQLModel, table=True):
    """Requirements of permits and what was shown for them."""

    __tablename__: ClassVar[Any] = "requirement"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    kind: Any = column(EnumColumn(RequirementKind))
    what: str = column(Text())
    expected: str = column(Text())
    due: datetime = column(TZDateTime(), index=True)
    every_months: int | None = column(Integer(), nullable=True)
    state: Any = column(EnumColumn(RequirementState), index=True)
    set_by: str = column(String(32), ForeignKey("account.name"))
    set_at: datetime = column(TZDateTime())
    evidence: str | None = column(Text(), nullable=True)
    filed_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    filed_at: datetime | None = column(TZDateTime(), nullable=True)
    judged_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    judged_at: datetime | None = column(TZDateTime(), nullable=True)
    reason: str | None = column(Text(), nullable=True)
    good_until: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())
