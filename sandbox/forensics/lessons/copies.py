"""An exhibit and three copies of it, of which one alone is still what it was.

Rules:

1. The number is all that it depends on, beside the version of the library, which an exhibit names.
2. One copy has a byte of one file edited. One was written anew as a whole, hashes too, with another
   amount: only the head that was noted elsewhere finds that. One is right.
3. Names and their order say nothing about which is which.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.exhibits.custody import DOCUMENT
from sandbox.forensics.exhibits.exhibit import Exhibit
from sandbox.forensics.exhibits.method import Pin
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.lessons.ledgers import SmallLedger, small_ledger

Files = Mapping[str, bytes]
CHAT: Final = "chat.txt"
_SOM_CHAIN: Final = 417
_BEGAN: Final = datetime(2026, 9, 7, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Copies:
    """What one trainee checks.

    Attributes:
        sealed: the exhibit as it was handed over: files by name.
        head: the hash of its last entry, as it stands in the record.
        copies: by letter: what three offices sent back.
    """

    sealed: Files
    head: str
    copies: Mapping[str, Files]


def copies_of(number: int) -> Copies:
    """The exhibit of a number and its copies.

    Args:
        number: 0..2**64.
    """
    draw, mine = Chance(number.to_bytes(32, "big"), "copies"), small_ledger(number)
    case = _Case(number, mine, Pin(mine.head, "0x" + draw.bytes(32).hex(), _SOM_CHAIN), draw)
    last = mine.rows[-1]
    less = {**last, "amount": last["amount"] - draw.between(101, 19_999)}
    right, anew = case.exhibit(mine.rows), case.exhibit((*mine.rows[:-1], less))
    made = [files_of(right), files_of(anew), _edited(draw, files_of(right))]
    lettered = dict(zip("ABC", draw.shuffled(made), strict=True))
    return Copies(files_of(right), right.head, lettered)


def files_of(exhibit: Exhibit) -> dict[str, bytes]:
    """Everything of an exhibit that lies in its folder, by name."""
    return {**exhibit.files, DOCUMENT: exhibit.document()}


def opened(files: Files, head: str | None = None) -> Exhibit:
    """Read an exhibit from its files and check it.

    Args:
        files: by name.
        head: the hash of the last entry as it was noted elsewhere.

    Raises:
        NotAsWritten: as `Exhibit.read`.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return Exhibit.read(folder, head=head)


@dataclass(frozen=True)
class _Case:
    number: int
    mine: SmallLedger
    pin: Pin
    draw: Chance

    def exhibit(self, rows: tuple[dict[str, Any], ...]) -> Exhibit:
        """Acquired, a chat put in, handed over."""
        day = _BEGAN + timedelta(minutes=self.number % 9_999)
        ledger = Ledger.read(pl.DataFrame(list(rows)))
        kept = Exhibit.of(
            ledger, number=f"T-{self.number}", by="duty officer", at=day, pin=self.pin
        )
        words = f"A: send it to {self.mine.account}\nB: when?\nA: before block {self.mine.height}\n"
        later = day + timedelta(hours=1)
        kept = kept.add({CHAT: words.encode()}, by="duty officer", at=later)
        return kept.handed_over(by="duty officer", at=later, note="to the expert, sealed")


def _edited(draw: Chance, files: Files) -> dict[str, bytes]:
    """The files with one digit of the ledger or the chat exchanged for another."""
    name = draw.one(("ledger.csv", CHAT))
    content = files[name]
    digits = [place for place, byte in enumerate(content) if 0x31 <= byte <= 0x38]
    place = draw.one(digits)
    return {**files, name: content[:place] + bytes([content[place] + 1]) + content[place + 1 :]}
