"""Small ledgers for lessons: short enough for reading by hand, one for each number.

In a notebook::

    from sandbox.forensics.lessons import small_ledger
    mine = small_ledger(4711)
    mine.payment

Rules: the same number gives the same ledger on every machine; nothing here says what is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.lessons.coins import Coins
    from sandbox.forensics.lessons.copies import Copies, copies_of, files_of, opened
    from sandbox.forensics.lessons.ledgers import SmallLedger, small_ledger

_HOMES: Final = {
    "Coins": ".coins",
    "Copies": ".copies",
    "SmallLedger": ".ledgers",
    "copies_of": ".copies",
    "files_of": ".copies",
    "opened": ".copies",
    "small_ledger": ".ledgers",
}

__all__ = [
    "Coins",
    "Copies",
    "SmallLedger",
    "copies_of",
    "files_of",
    "opened",
    "small_ledger",
]

__getattr__ = lazily(__name__, _HOMES)
