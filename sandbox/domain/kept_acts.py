"""Forms that wait while their sender signs in once more at a provider.

Rules:

1. What waits is the whole form: where it goes, what it says, its one-time key. It belongs to one
   session, is sealed, ends with the session, counts for nothing after ``KEPT``, and is erased then
   by the next form that waits, or within the hour.
2. The provider's token says when its person signed in (``auth_time``). A token that does not say,
   or says a moment before the act was asked, confirms nothing: a provider may pass over the wish
   to have somebody sign in again.
3. What was confirmed may be done for ``PRESS``, once, and nothing else with it.

Moments that a provider names are of the world outside: they are compared with the machine's clock,
never with the platform's, which can be moved in development.

Source: OpenID Connect Core 1.0, 2 (auth_time), 3.1.2.1 (prompt, max_age), 3.1.3.7.

>>> require_signed_in_after(1_000, asked=990.0, now=1_001.0)
>>> require_signed_in_after(900, asked=990.0, now=1_001.0)
Traceback (most recent call last):
sandbox.kit.errors.NotAuthenticated: confirm.too_old
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.kit.errors import NotAuthenticated

LIFE: Final = timedelta(minutes=15)
"""How long a form waits to be confirmed."""
PRESS: Final = timedelta(minutes=5)
"""How long a confirmation counts."""
KEPT: Final = LIFE + PRESS
MOST: Final = 10
"""Forms that wait in one session; a further one takes the place of the oldest."""
SKEW: Final = 30.0
"""Seconds by which a provider's clock may be behind ours."""
AHEAD: Final = 60.0
"""Seconds by which it may be ahead."""


@dataclass(frozen=True)
class KeptAct:
    """A form that waits.

    Attributes:
        session: digest of the session that it was sent in.
        digest: of account, place and fields (``domain.passkeys.act_digest``), hex.
        sealed: place, fields and one-time key, sealed by the desk.
        asked_at: when it was sent, by the platform's clock.
        asked_clock: the same by the machine's, seconds since 1970.
        provider: by whose word it was confirmed; empty until then.
        used_at: when it was done.
    """

    id: str
    session: str
    digest: str
    sealed: str
    asked_at: datetime
    asked_clock: int
    provider: str = ""
    confirmed_at: datetime | None = None
    used_at: datetime | None = None

    def waits(self, at: datetime) -> bool:
        """Whether it can still be confirmed."""
        return self.used_at is None and at < self.asked_at + LIFE

    def may_be_done(self, at: datetime) -> bool:
        """Whether it was confirmed, lately, and not done yet."""
        confirmed = self.confirmed_at
        return self.used_at is None and confirmed is not None and at < confirmed + PRESS


def require_signed_in_after(said: object, *, asked: float, now: float) -> None:
    """Refuse a sign-in that was over when the act was asked.

    Args:
        said: the token's ``auth_time``, seconds since 1970.
        asked: when the act was asked, likewise.
        now: now, likewise.

    Raises:
        NotAuthenticated: ``confirm.no_time``, ``confirm.too_old``.
    """
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise NotAuthenticated("confirm.no_time")
    if not asked - SKEW <= said <= now + AHEAD:
        raise NotAuthenticated("confirm.too_old")
