"""Small ledgers for lessons: short enough for reading by hand, one for each number.

In a notebook::

    from sandbox.forensics.lessons import small_ledger
    mine = small_ledger(4711)
    mine.payment

Rules: the same number gives the same ledger on every machine; nothing here says what is right.
"""

from __future__ import annotations

from sandbox.forensics.lessons.coins import Coins
from sandbox.forensics.lessons.small_ledger import SmallLedger, small_ledger

__all__ = ["Coins", "SmallLedger", "small_ledger"]
