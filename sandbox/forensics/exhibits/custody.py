"""The chain of custody: who did what, when, by which tool, from which bytes to which bytes.

Rules:

1. An entry names the exhibit, its own number from 1, and the hash of the entry before it (64 zeros
   for the first): SHA-256 of its canonical JSON (RFC 8785). Nothing can be edited, taken out, put
   in or exchanged without all later hashes being other ones.
2. The hash of the last entry, the head, stands for the whole. Somebody who can write the files can
   write a whole new chain: only a head that was noted elsewhere, on paper say, finds that.
3. A file is put in once, under a name of its own. What is used was put in before, as it is.
4. Time does not run backward. The first entry takes something in, no later one does.
5. A person is named by role or pseudonym: an exhibit needs no more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from sandbox.forensics.errors import NotAsWritten
from sandbox.forensics.exhibits.method import Pin, Tool, moment
from sandbox.kit.canonical import canonical, content_hash

Act = Literal["acquired", "traced", "added", "handed_over"]
FIRST: Final = "0" * 64
DOCUMENT: Final = "exhibit.jsonld"
"""The file that holds the chain itself."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_LONGEST: Final = 200


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of an exhibit.

    Attributes:
        name: of the file.
        sha256: of its bytes, hex.
        size: bytes.
    """

    name: str
    sha256: str
    size: int


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step.

    Attributes:
        exhibit: its number.
        number: of the entry, from 1.
        at: ISO 8601 in UTC, whole seconds.
        by: a role or a pseudonym.
        act: what was done.
        tool: by which program.
        inputs: what was used.
        outputs: what was put in.
        note: in words.
        pin: up to which block the ledger was read, where that is known.
        before: the hash of the entry before, hex.
    """

    exhibit: str
    number: int
    at: str
    by: str
    act: Act
    tool: Tool
    inputs: tuple[Item, ...]
    outputs: tuple[Item, ...]
    note: str
    pin: Pin | None
    before: str

    def text(self) -> bytes:
        """The canonical JSON, of which the hash is."""
        return canonical(msgspec.to_builtins(self))

    @property
    def hash(self) -> str:
        """SHA-256, hex."""
        return content_hash(msgspec.to_builtins(self)).hex()


def item(name: str, content: bytes) -> Item:
    """A file as a chain names it."""
    return Item(name, hashlib.sha256(content).hexdigest(), len(content))


def whole_seconds(at: datetime) -> str:
    """A moment as an entry has it.

    Raises:
        NotAsWritten: ``exhibits.time_naive``: without its offset from UTC.
    """
    if at.tzinfo is None:
        raise NotAsWritten("exhibits.time_naive")
    return moment(at.astimezone(UTC).replace(microsecond=0))


def items(entries: Sequence[Entry]) -> dict[str, Item]:
    """Every file that was put in, by name."""
    return {each.name: each for entry in entries for each in entry.outputs}


def joined(entries: Sequence[Entry], entry: Entry) -> tuple[Entry, ...]:
    """The chain with one more entry, if it may follow.

    Args:
        entries: the chain so far.
        entry: numbered, with the hash of the last one.

    Raises:
        NotAsWritten: ``exhibits.chain_broken``, ``exhibits.time_backward``,
            ``exhibits.by_missing``, ``exhibits.name_malformed``, ``exhibits.name_taken``,
            ``exhibits.number_malformed``, ``exhibits.input_unknown``.
    """
    last = entries[-1] if entries else None
    before = last.hash if last else FIRST
    follows = last is None or last.exhibit == entry.exhibit
    begins = (entry.act == "acquired") == (last is None)
    if (entry.number, entry.before) != (len(entries) + 1, before) or not follows or not begins:
        raise NotAsWritten("exhibits.chain_broken", entry=len(entries) + 1)
    if not _NUMBER.fullmatch(entry.exhibit):
        raise NotAsWritten("exhibits.number_malformed")
    if not _MOMENT.fullmatch(entry.at):
        raise NotAsWritten("exhibits.time_naive")
    if last and entry.at < last.at:
        raise NotAsWritten("exhibits.time_backward", at=entry.at, last=last.at)
    if not entry.by.strip() or len(entry.by) > _LONGEST:
        raise NotAsWritten("exhibits.by_missing")
    _check_files(items(entries), entry)
    return (*entries, entry)


def _check_files(there: Mapping[str, Item], entry: Entry) -> None:
    """Rule 3."""
    for each in entry.inputs:
        if there.get(each.name) != each:
            raise NotAsWritten("exhibits.input_unknown", name=each.name[:80])
    taken = {DOCUMENT, *there}
    for each in entry.outputs:
        if not _NAME.fullmatch(each.name):
            raise NotAsWritten("exhibits.name_malformed", name=each.name[:80])
        if each.name in taken:
            raise NotAsWritten("exhibits.name_taken", name=each.name)
        taken.add(each.name)
