"""Who sits at the browser: sessions kept on the server, a random name in the cookie.

Rules:

- the cookie holds 32 random bytes; the store holds only their SHA-256;
- a session ends at sign-out, 12 hours after sign-in, after 2 idle hours, or when
  the hub no longer knows the token it was opened with (asked every 60 s);
- seats and organisation are read from the store on each request, so that a
  person who left an organisation has left it at once;
- two cookies of our name (a sub-domain can plant one) count as none.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from cryptography.fernet import Fernet, InvalidToken

from sandbox.kit.cookies import only_value
from sandbox.kit.ids import AccountName
from sandbox.store.desk_sessions import DeskSession

LONGEST: Final = timedelta(hours=12)
IDLE: Final = timedelta(hours=2)
HUB_RECHECK: Final = timedelta(seconds=60)
TOUCH: Final = timedelta(minutes=1)


class SessionStore(Protocol):
    """Where sessions are kept."""

    def load(self, id_hash: str) -> DeskSession | None:
        """The session of that name."""
        ...

    def save(self, session: DeskSession) -> None:
        """Keep a new session."""
        ...

    def proved(self, id_hash: str, at: datetime) -> None:
        """Note when the password was checked; nothing happens when there is no such session."""
        ...

    def delete(self, id_hash: str) -> None:
        """Forget a session; nothing happens when there is none."""
        ...

    def load_all(self, names: Collection[str]) -> list[DeskSession]:
        """Those of these sessions that there are."""
        ...

    def seen(self, names: Collection[str], at: datetime) -> None:
        """Note that these sessions are in use."""
        ...


class Sessions:
    """Opens, finds and ends sessions.

    Args:
        store: where they are kept.
        secret: the desk's session secret, any text; a key is derived from it.
        secure: whether the site is on https (then the cookie is ``__Host-``).
    """

    def __init__(self, store: SessionStore, secret: str, *, secure: bool) -> None:
        self._store = store
        key = hashlib.sha256(b"synak desk session\x00" + secret.encode()).digest()
        self._seal = Fernet(base64.urlsafe_b64encode(key))
        self.secure = secure
        self.cookie = "__Host-synak_desk" if secure else "synak_desk"

    def open(self, account: AccountName, hub_token: str, at: datetime) -> tuple[str, DeskSession]:
        """Begin a session after the hub said who this is.

        Returns:
            The cookie's value and the session.
        """
        name = secrets.token_urlsafe(32)
        session = DeskSession(
            id_hash=_hash(name),
            account=account,
            csrf=secrets.token_urlsafe(32),
            hub_token_sealed=self.seal(hub_token),
            created_at=at,
            seen_at=at,
        )
        self._store.save(session)
        return name, session

    def find(self, cookie_header: str | None, at: datetime) -> DeskSession | None:
        """The living session that a request's cookies name, if any."""
        name = only_value(cookie_header or "", self.cookie)
        session = self._store.load(_hash(name)) if name else None
        if session is None:
            return None
        if at - session.created_at > LONGEST or at - session.seen_at > IDLE:
            self.end(session)
            return None
        if at - session.seen_at > TOUCH:
            session = replace(session, seen_at=at)
            self._store.seen([session.id_hash], at)
        return session

    def living(self, names: Collection[str], at: datetime) -> dict[str, DeskSession]:
        """Which of these sessions live, by name: many at once, for readers of live pages."""
        found = {
            each.id_hash: each
            for each in self._store.load_all(names)
            if at - each.created_at <= LONGEST and at - each.seen_at <= IDLE
        }
        old = [name for name, each in found.items() if at - each.seen_at > TOUCH]
        if old:
            self._store.seen(old, at)
        return found

    def reauthenticated(self, session: DeskSession, at: datetime) -> DeskSession:
        """Note that the password was checked just now; a session that ended meanwhile has ended."""
        self._store.proved(session.id_hash, at)
        return replace(session, reauthenticated_at=at)

    def end(self, session: DeskSession) -> None:
        """Sign out."""
        self._store.delete(session.id_hash)

    def seal(self, text: str) -> str:
        """Seal a short text for the cookie or the store."""
        return self._seal.encrypt(text.encode()).decode()

    def unseal(self, sealed: str, max_age: timedelta | None = None) -> str | None:
        """Open what :meth:`seal` closed; None when it is not ours or too old."""
        try:
            ttl = None if max_age is None else int(max_age.total_seconds())
            return self._seal.decrypt(sealed.encode(), ttl=ttl).decode()
        except (InvalidToken, ValueError):
            return None


class StateCookie(NamedTuple):
    """Where a sign-in that has begun is kept; on https no sub-domain can plant it."""

    name: str
    path: str

    @classmethod
    def of(cls, sessions: Sessions, name: str = "synak_sign_in") -> StateCookie:
        """The cookie of this site."""
        return cls(f"__Host-{name}", "/") if sessions.secure else cls(name, "/desk/")


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
