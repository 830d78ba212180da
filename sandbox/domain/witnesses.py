"""Who outside the platform keeps heads of the audit log, and what was given to whom.

Three witnesses: a *mailbox* of somebody else's, a *page* of a register that a clerk prints, signs
and files, and the KGST *chain*.

Rules:

1. What was given is a signed head, numbered without gaps for each witness. It is never changed.
2. Mailbox and chain get one head a period when the log has grown since; a page is made by hand.
3. A page is printed once as the original; every further print says that it is one, and which.
4. Making a page, printing it again and attaching a scan are entries of the audit log. What goes to
   mailbox and chain by itself is none: the log would grow by being witnessed.

>>> from datetime import UTC
>>> due(None, datetime(2026, 11, 22, tzinfo=UTC), hours=24)
True
>>> due(datetime(2026, 11, 22, 1, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC), hours=24)
False
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.domain.head_paper import head_line, words_of

MOST_SCANS: Final = 5
"""Scans of one page: it has two sides, and a first try may be unreadable."""


class WitnessKind(StrEnum):
    """Who keeps a head."""

    MAILBOX = "mailbox"
    PAGE = "page"
    CHAIN = "chain"


@dataclass(frozen=True)
class WitnessedHead:
    """A head that was given to a witness.

    Attributes:
        kind: to which.
        number: from 1, without gaps for each kind.
        size: entries of the log.
        root: 64 hex digits.
        signed_at: exactly as it is signed, ISO 8601.
        signature: 128 hex digits.
        public_key: 64 hex digits.
        at: when it was given.
        by: the account, or ``system``.
        place: where it went: the message's id, the transaction's hash; empty for a page.
        block: the block of the transaction; None for others.
        prints: how often a page was printed.
    """

    kind: WitnessKind
    number: int
    size: int
    root: str
    signed_at: str
    signature: str
    public_key: str
    at: datetime
    by: str
    place: str = ""
    block: int | None = None
    prints: int = 0
    revision: int = 1

    @property
    def line(self) -> str:
        """The whole signed head in one line."""
        return head_line(
            size=self.size,
            root=self.root,
            at=self.signed_at,
            signature=self.signature,
            public_key=self.public_key,
        )

    @property
    def words(self) -> str:
        """The checksum words."""
        return words_of(self.size, self.root)


@dataclass(frozen=True)
class PageScan:
    """A photograph or scan of a signed page."""

    id: str
    page: int
    name: str
    media: str
    size: int
    sha256: str
    by: str
    at: datetime


def due(last: datetime | None, at: datetime, *, hours: int) -> bool:
    """Whether a witness is to get another head.

    Args:
        last: when it got the newest.
        at: now.
        hours: the period.
    """
    return last is None or at - last >= timedelta(hours=hours)
