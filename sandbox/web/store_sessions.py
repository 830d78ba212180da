"""Sessions in the desk's store; each change is a transaction of its own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sandbox.store import Store
from sandbox.store.desk_sessions import DeskSession


class StoreSessions:
    """A ``SessionStore`` on the store's own table.

    Args:
        store: the desk's store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, id_hash: str) -> DeskSession | None:
        """The session of that name."""
        with self._store.unit(read_only=True) as u:
            return u.sessions.find(id_hash)

    def save(self, session: DeskSession) -> None:
        """Keep a new session."""
        with self._store.unit() as u:
            u.sessions.put(session)
            u.commit()

    def proved(self, id_hash: str, at: datetime) -> None:
        """Note when the password was checked."""
        with self._store.unit() as u:
            u.sessions.proved(id_hash, at)
            u.commit()

    def delete(self, id_hash: str) -> None:
        """Forget a session."""
        with self._store.unit() as u:
            u.sessions.delete(id_hash)
            u.commit()

    def load_all(self, names: Collection[str]) -> list[DeskSession]:
        """Those of these sessions that there are."""
        with self._store.unit(read_only=True) as u:
            return list(u.sessions.named(names))

    def seen(self, names: Collection[str], at: datetime) -> None:
        """Note that these sessions are in use."""
        with self._store.unit() as u:
            u.sessions.touch(names, at)
            u.commit()
