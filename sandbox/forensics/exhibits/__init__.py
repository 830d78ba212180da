"""Exhibits: what a trace found, in files that anybody can check and derive again.

In a notebook::

    from sandbox.forensics.exhibits import Exhibit
    kept = Exhibit.of(ledger, number="T-07", by="analyst 3", at=now).traced(found, by=…, at=…)
    kept.write("T-07"); kept.head
    Exhibit.read("T-07", head="…").verify()

Rules: importing this is quick; an exhibit is training material, and each of its parts says so;
nothing here reads a chain or a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.errors import NotAsWritten
    from sandbox.forensics.exhibits.custody import Entry, Item
    from sandbox.forensics.exhibits.exhibit import Exhibit
    from sandbox.forensics.exhibits.hop_ledger import HopLedger
    from sandbox.forensics.exhibits.method import Method, Pin

_HOMES: Final = {
    "Entry": ".custody",
    "Exhibit": ".exhibit",
    "HopLedger": ".hop_ledger",
    "Item": ".custody",
    "Method": ".method",
    "NotAsWritten": "..errors",
    "Pin": ".method",
}

__all__ = ["Entry", "Exhibit", "HopLedger", "Item", "Method", "NotAsWritten", "Pin"]

__getattr__ = lazily(__name__, _HOMES)
