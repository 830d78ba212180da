"""Browser sessions of the desk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from sandbox.kit.ids import AccountName
from sandbox.store import tables
from sandbox.store.repository import Repository


@dataclass(frozen=True)
class DeskSession:
    """A browser session; only the hash of its id is kept."""

    id_hash: str
    account: AccountName
    csrf: str
    hub_token_sealed: str
    created_at: datetime
    seen_at: datetime
    reauthenticated_at: datetime | None = None
    language: str | None = None


class Sessions(Repository[DeskSession]):
    """Browser sessions."""

    record, row, code = DeskSession, tables.SessionRow, "session"

    def put(self, session: DeskSession) -> None:
        """Insert or replace."""
        self.delete(session.id_hash)
        self.add(session)

    def named(self, names: Collection[str]) -> tuple[DeskSession, ...]:
        """Those of these sessions that there are."""
        return self.select(self.columns.id_hash.in_(list(names)))

    def touch(self, names: Collection[str], at: datetime) -> None:
        """Note when these sessions were last in use."""
        self.session.execute(
            update(self.table).where(self.columns.id_hash.in_(list(names))).values(seen_at=at)
        )

    def proved(self, id_hash: str, at: datetime) -> None:
        """Note when the password was checked; nothing when there is no such session."""
        self.session.execute(
            update(self.table)
            .where(self.columns.id_hash == id_hash)
            .values(reauthenticated_at=at, seen_at=at)
        )

    def delete(self, id_hash: str) -> None:
        """End a session; nothing when there is none."""
        self.session.execute(delete(self.table).where(self.columns.id_hash == id_hash))

    def end_of(self, accounts: Collection[AccountName]) -> list[dict[str, str]]:
        """End every session of some accounts; when each began."""
        theirs = self.columns.account.in_(list(accounts))
        found = self.select(theirs, order=self.columns.created_at)
        self.session.execute(delete(self.table).where(theirs))
        return [{"account": each.account, "since": each.created_at.isoformat()} for each in found]

    def delete_older(self, at: datetime) -> int:
        """End every session last seen before a moment."""
        result = self.session.execute(delete(self.table).where(self.columns.seen_at < at))
        return int(result.rowcount)  # type: ignore[attr-defined]
