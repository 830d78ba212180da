"""Days of permits: what the desk's own limits and the rules about permits are measured from.

Rule: derived from the explorer's index; nothing here is read for anybody but through the services
that say who may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, ColumnElement, Integer, String, Table, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from sandbox.domain.alerts.permit_days import PermitDay
from sandbox.store.base import column
from sandbox.store.types import AmountColumn, TZDateTime

_PART: Final = 400
_KEYS: Final = ("chain", "permit", "until")


class PermitDayRow(SQLModel, table=True):
    """What a permit's customers paid in a day, and who held what at its end."""

    __tablename__: ClassVar[Any] = "permit_day"
    chain: str = column(String(10), primary_key=True)
    permit: str = column(String(20), primary_key=True)
    until: datetime = column(TZDateTime(), primary_key=True)
    payments: int = column(BigInteger())
    taken: int = column(AmountColumn())
    reserve: int = column(AmountColumn())
    contracts: int = column(AmountColumn())
    customers: int = column(AmountColumn())
    covered: int = column(Integer())


_DAY: Final[Table] = PermitDayRow.__table__  # type: ignore[attr-defined]


class PermitDays:
    """Days of permits, inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def newest(
        self, permits: Collection[str] | None = None, *, upto: datetime | None = None
    ) -> dict[tuple[str, str], PermitDay]:
        """The newest day of each permit, by chain and permit.

        Args:
            permits: of these only; None for all.
            upto: days that end after it are left out.
        """
        found: dict[tuple[str, str], PermitDay] = {}
        listed: Sequence[list[str] | None] = [None] if permits is None else _parts(permits)
        for part in listed:
            where: list[ColumnElement[bool]] = [] if part is None else [_DAY.c.permit.in_(part)]
            where += [] if upto is None else [_DAY.c.until <= upto]
            last = (
                select(_DAY.c.chain, _DAY.c.permit, func.max(_DAY.c.until))
                .where(*where)
                .group_by(_DAY.c.chain, _DAY.c.permit)
            )
            keys = tuple_(_DAY.c.chain, _DAY.c.permit, _DAY.c.until)
            for day in self._select(keys.in_(last)):
                found[day.chain, day.permit] = day
        return found

    def within(
        self, since: datetime, upto: datetime, permits: Collection[str] | None = None
    ) -> tuple[PermitDay, ...]:
        """The days that end in ``(since, upto]``, in order."""
        inside = (_DAY.c.until > since, _DAY.c.until <= upto)
        if permits is None:
            return self._select(*inside)
        return tuple(
            day
            for part in _parts(permits)
            for day in self._select(*inside, _DAY.c.permit.in_(part))
        )

    def put(self, days: Iterable[PermitDay]) -> None:
        """Write days, over those that are there."""
        rows = [{each.name: getattr(day, each.name) for each in fields(PermitDay)} for day in days]
        if not rows:
            return
        postgres = self.session.get_bind().dialect.name == "postgresql"
        statement: Any = postgresql.insert(_DAY) if postgres else sqlite.insert(_DAY)
        rest = {
            each.name: statement.excluded[each.name]
            for each in _DAY.columns
            if each.name not in _KEYS
        }
        self.session.execute(
            statement.on_conflict_do_update(index_elements=list(_KEYS), set_=rest), rows
        )

    def _select(self, *where: ColumnElement[bool]) -> tuple[PermitDay, ...]:
        query = select(_DAY).where(*where).order_by(_DAY.c.until, _DAY.c.chain, _DAY.c.permit)
        return tuple(PermitDay(**row) for row in self.session.execute(query).mappings())


def _parts(keys: Collection[str]) -> list[list[str]]:
    listed = sorted(set(keys))
    return [listed[first : first + _PART] for first in range(0, len(listed), _PART)]
