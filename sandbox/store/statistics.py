"""What the statistics of a span of time are read from; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from sandbox.domain.alerts.facts import count_of
from sandbox.kit.ids import OrgId
from sandbox.store import tables
from sandbox.store.alert_tables import AlertRow
from sandbox.store.complaints_tables import ComplaintRow

_AT_ONCE: Final = 1_000


def _table(row: Any) -> Table:
    table: Table = row.__table__
    return table


_AUDIT, _DENIED = _table(tables.AuditRow), _table(tables.RefusalRow)
_ALERT, _COMPLAINT, _FILE = (
    _table(each) for each in (AlertRow, ComplaintRow, tables.PermitFileRow)
)


@dataclass(frozen=True)
class Entry:
    """An entry of the audit log, without what proves it."""

    at: datetime
    kind: str
    subject: str
    data: Mapping[str, Any]


class StatisticsTables:
    """Reads over all permits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def entries(self, kinds: Collection[str], before: datetime) -> Iterator[Entry]:
        """Entries of some kinds before a moment, in order."""
        columns = _AUDIT.c
        query = (
            select(columns.at, columns.kind, columns.subject, columns.body)
            .where(columns.kind.in_(sorted(kinds)), columns.at < before)
            .order_by(columns.index)
            .execution_options(yield_per=_AT_ONCE)
        )
        for row in self.session.execute(query):
            data = dict((row.body or {}).get("data", {}))
            yield Entry(row.at, row.kind, row.subject, data)

    def of_authority(self, authority: OrgId) -> tuple[frozenset[str], frozenset[str]]:
        """The submitted files for which an authority is competent now, and their permits."""
        query = select(_FILE.c.id, _FILE.c.permit).where(
            _FILE.c.authority == authority, _FILE.c.submitted_at.is_not(None)
        )
        rows = self.session.execute(query).all()
        permits = frozenset(row.permit for row in rows if row.permit is not None)
        return frozenset(row.id for row in rows), permits

    def refusals(self, first: datetime, last: datetime) -> Iterator[tuple[str, str, int]]:
        """Permit, clause and number of each refusal in a span, its end excluded."""
        columns = _DENIED.c
        query = (
            select(columns.permit, columns.clause, columns.raw)
            .where(columns.at >= first, columns.at < last)
            .execution_options(yield_per=_AT_ONCE)
        )
        for row in self.session.execute(query):
            yield row.permit, row.clause, count_of(row.raw)

    def alerts(self, first: datetime, last: datetime) -> list[tuple[str | None, str, str | None]]:
        """Permit, rule and reason of closing of each alert in a span, its end excluded."""
        columns = _ALERT.c
        query = select(columns.permit, columns.rule, columns.closed_as).where(
            columns.at >= first, columns.at < last
        )
        rows = self.session.execute(query).all()
        return [(row.permit, row.rule, row.closed_as) for row in rows]

    def complaints(self, before: datetime) -> dict[str, tuple[str | None, str, datetime]]:
        """Permit, category and filing of each complaint before a moment, by its number."""
        columns = _COMPLAINT.c
        query = select(columns.id, columns.permit, columns.category, columns.filed_at).where(
            columns.filed_at < before
        )
        return {
            row.id: (row.permit, row.category.value, row.filed_at)
            for row in self.session.execute(query).all()
        }
