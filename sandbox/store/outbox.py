"""The outbox: work that follows a commit, claimed by one worker at a time, kept until done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from sandbox.domain.records import OutboxRow
from sandbox.store import tables
from sandbox.store.repository import Repository

LONGEST_WAIT: Final = timedelta(seconds=60)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 0.2 s doubled, at most a minute.

    >>> backoff(1).total_seconds(), backoff(20).total_seconds()
    (0.2, 60.0)
    """
    return min(LONGEST_WAIT, timedelta(seconds=0.2 * 2 ** min(attempts - 1, 12)))


class _Rows(Repository[OutboxRow]):
    record, row, code = OutboxRow, tables.OutboxTable, "outbox"


class Outbox:
    """Rows in order of their subject."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows = _Rows(session)
        self.table = self._rows.table

    def put(self, *, kind: str, subject: str, payload: Mapping[str, Any], at: datetime) -> None:
        """Add work.

        Args:
            kind: which handler.
            subject: rows of one subject are done in the order they were put.
            payload: what the handler needs; JSON.
            at: now.
        """
        self.session.execute(
            insert(self.table).values(
                kind=kind,
                subject=subject,
                payload=dict(payload),
                created_at=at,
                next_at=at,
                attempts=0,
                result={},
            )
        )

    def due(self, at: datetime, limit: int = 64) -> tuple[OutboxRow, ...]:
        """The first open row of each subject, if its time has come."""
        columns = self.table.c
        open_ = (columns.done_at.is_(None)) & (columns.given_up_at.is_(None))
        first = select(func.min(columns.id)).where(open_).group_by(columns.subject)
        return self._rows.select(columns.id.in_(first), columns.next_at <= at, limit=limit)

    def get(self, row_id: int) -> OutboxRow:
        """One row, as it is now."""
        return self._rows.get(row_id)

    def remember(self, row_id: int, result: Mapping[str, Any]) -> None:
        """Keep what was learnt on the way."""
        self._update(row_id, result=dict(result))

    def done(self, row_id: int, at: datetime) -> None:
        """Finish a row."""
        self._update(row_id, done_at=at, last_error=None)

    def failed(self, row: OutboxRow, error: str, at: datetime) -> None:
        """Note a failure; the row is tried again after a growing pause."""
        attempts = row.attempts + 1
        self._update(
            row.id, attempts=attempts, last_error=error[:500], next_at=at + backoff(attempts)
        )

    def give_up(self, row_id: int, error: str, at: datetime) -> None:
        """Set a row aside: it can never succeed; health shows it."""
        self._update(row_id, given_up_at=at, last_error=error[:500])

    def health(self, at: datetime) -> dict[str, Any]:
        """Counts for the worker's health: open, failing, given up, age of the oldest (s)."""
        columns = self.table.c
        open_ = (columns.done_at.is_(None)) & (columns.given_up_at.is_(None))
        waiting = self._rows.select(open_, limit=1000)
        set_aside = self.session.execute(
            select(func.count()).select_from(self.table).where(columns.given_up_at.is_not(None))
        ).scalar()
        failing = [each for each in waiting if each.attempts]
        oldest = min((each.created_at for each in waiting), default=at)
        return {
            "open": len(waiting),
            "failing": len(failing),
            "given_up": int(set_aside or 0),
            "oldest_seconds": round((at - oldest).total_seconds(), 1),
            "last_error": failing[0].last_error if failing else None,
        }

    def _update(self, row_id: int, **values: Any) -> None:
        self.session.execute(update(self.table).where(self.table.c.id == row_id).values(**values))
