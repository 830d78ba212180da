"""How many working days each deadline has, where somebody set another number than the rule's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String
from sqlmodel import SQLModel

from sandbox.domain.regime import RULES, DeadlineKind
from sandbox.kit.ids import AccountName
from sandbox.store.base import column
from sandbox.store.repository import Repository, once
from sandbox.store.types import EnumColumn, TZDateTime


@dataclass(frozen=True)
class RegimeDay:
    """One number that was set. ``days``: working days."""

    kind: DeadlineKind
    days: int
    set_by: AccountName
    set_at: datetime


class RegimeDayRow(SQLModel, table=True):
    """Numbers of working days that were set."""

    __tablename__: ClassVar[Any] = "regime_days"
    kind: Any = column(EnumColumn(DeadlineKind), primary_key=True)
    days: int = column(Integer())
    set_by: str = column(String(32), ForeignKey("account.name"))
    set_at: datetime = column(TZDateTime())


class RegimeDays(Repository[RegimeDay]):
    """Numbers that were set; the rule's own where none was."""

    record, row, code = RegimeDay, RegimeDayRow, "regime"

    def days(self, kind: DeadlineKind) -> int:
        """Working days of a deadline that begins now."""
        return self.all_days()[kind]

    @once
    def all_days(self) -> dict[DeadlineKind, int]:
        """Working days of every deadline."""
        found = {each.kind: each.days for each in self.select()}
        return {kind: found.get(kind, rule.days) for kind, rule in RULES.items()}

    def put(self, record: RegimeDay) -> None:
        """Set a number, whether or not one was set before."""
        if self.find(record.kind, lock=True) is None:
            self.add(record)
        else:
            self.save(record)
