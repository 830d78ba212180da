"""An exhibit: a ledger, what was found in it, and the chain of custody of both, in one folder.

Rules:

1. The folder holds ``exhibit.jsonld`` (``sandbox.forensics.exhibits.graph``) and the files that it
   names; the first says in three languages that all of it is training material. What the document
   does not name is no part of the exhibit.
2. Reading checks everything that can be checked without the ledger: the text of each entry against
   its hash, each hash in the entry after, the graph against the entries byte by byte, each file
   against its hash, and the head, when it is given.
3. ``verify`` makes every trace again: from the ledger in the exhibit, or from one read anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import polars as pl

from sandbox.forensics.errors import NotAsWritten
from sandbox.forensics.exhibits.custody import (
    DOCUMENT,
    FIRST,
    Act,
    Entry,
    Item,
    item,
    items,
    joined,
    whole_seconds,
)
from sandbox.forensics.exhibits.document import read_entries
from sandbox.forensics.exhibits.graph import graph_of
from sandbox.forensics.exhibits.hop_ledger import HopLedger
from sandbox.forensics.exhibits.method import HERE, Pin, Tool, checked_pin
from sandbox.forensics.exhibits.notice import notice
from sandbox.forensics.exhibits.tables import (
    LEDGER,
    OPENING,
    first_difference,
    first_rows,
    in_words,
    ledger_text,
    opening_text,
    read_ledger,
    text,
)
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.tracing import Trace
from sandbox.kit.canonical import canonical


@dataclass(frozen=True, eq=False)
class Exhibit:
    """Entries and files; each step gives a new one.

    Attributes:
        entries: the chain of custody.
        files: what it names, by name.
    """

    entries: tuple[Entry, ...]
    files: Mapping[str, bytes]

    @classmethod
    def of(
        cls,
        ledger: Ledger,
        *,
        number: str,
        by: str,
        at: datetime,
        pin: Pin | None = None,
        note: str = "",
    ) -> Exhibit:
        """Begin with a ledger.

        Args:
            ledger: as it was read.
            number: of the exhibit: up to 32 letters, digits, ``.``, ``-`` or ``_``.
            by: who read it: a role or a pseudonym.
            at: when, with an offset from UTC.
            pin: up to which block, where that is known.
            note: from where, in words.

        Raises:
            NotAsWritten: as ``add``; ``exhibits.number_malformed``, ``exhibits.pin_malformed``,
                ``exhibits.pin_too_early``.
        """
        files = {LEDGER: ledger_text(ledger), OPENING: opening_text(ledger)}
        step = _Step("acquired", by, at, note, number=number, pin=checked_pin(pin, ledger))
        return _joined(cls((), {}), step, {**notice(), **files})

    @classmethod
    def begin(
        cls,
        files: Mapping[str, bytes],
        *,
        number: str,
        by: str,
        at: datetime,
        note: str = "",
        tool: Tool = HERE,
    ) -> Exhibit:
        """Begin with files that are no ledger: a scan, a dump, a picture.

        Args:
            files: as for ``add``.
            number: as for ``of``.
            by: who took them in.
            at: when.
            note: from where, in words.
            tool: by which program.

        Raises:
            NotAsWritten: as ``add``; ``exhibits.number_malformed``.
        """
        step = _Step("acquired", by, at, note, tool=tool, number=number)
        return _joined(cls((), {}), step, {**notice(), **files})

    def traced(
        self, found: Trace, *, by: str, at: datetime, name: str = "", note: str = ""
    ) -> Exhibit:
        """Put in what a trace found: hop ledger (JSON, CSV, Parquet) and accounts (CSV).

        Args:
            found: a trace of the exhibit's ledger.
            by: who traced it.
            at: when.
            name: of the files; the policy's, unless given.
            note: in words.

        Raises:
            NotAsWritten: as ``add``; ``exhibits.other_ledger``.
        """
        hops = HopLedger.of(found, pin=self.entries[0].pin)
        there = items(self.entries)
        used = tuple(there[each] for each in (LEDGER, OPENING) if each in there)
        mark = hops.method.ledger
        if tuple(each.sha256 for each in used) != (mark.sha256, mark.opening_sha256):
            said = used[0].sha256 if used else "—"
            raise NotAsWritten("exhibits.other_ledger", said=said, found=mark.sha256)
        name = name or f"{found.policy.value}-{hops.method.direction}"
        files = {
            f"{name}.json": hops.json(),
            f"{name}.csv": hops.csv(),
            f"{name}.parquet": hops.parquet(),
            f"{name}-accounts.csv": text(in_words(found.nodes)),
        }
        return _joined(self, _Step("traced", by, at, note, used), files)

    def add(
        self,
        files: Mapping[str, bytes],
        *,
        by: str,
        at: datetime,
        note: str = "",
        tool: Tool = HERE,
    ) -> Exhibit:
        """Put in other files: a chat, a statement, a picture.

        Args:
            files: by name: small letters, digits, ``.``, ``-``, ``_``, up to 64.
            by: who.
            at: when; not before the last entry.
            note: from where, in words.
            tool: by which program.

        Raises:
            NotAsWritten: ``exhibits.by_missing``, ``exhibits.name_malformed``,
                ``exhibits.name_taken``, ``exhibits.time_naive``, ``exhibits.time_backward``.
        """
        return _joined(self, _Step("added", by, at, note, tool=tool), files)

    def handed_over(self, *, by: str, at: datetime, note: str) -> Exhibit:
        """Say that the exhibit went to somebody else; ``note`` says to whom."""
        return _joined(self, _Step("handed_over", by, at, note), {})

    def __repr__(self) -> str:
        count, files = len(self.entries), len(self.files)
        return (
            f"<exhibit {self.entries[0].exhibit}: {count} entries, {files} files, head {self.head}>"
        )

    @property
    def head(self) -> str:
        """The hash of the last entry: to be noted where nobody can edit it."""
        return self.entries[-1].hash

    @property
    def ledger(self) -> Ledger:
        """The ledger, from its file.

        Raises:
            NotAsWritten: ``exhibits.file_missing``: the exhibit has none.
        """
        for name in (LEDGER, OPENING):
            if name not in self.files:
                raise NotAsWritten("exhibits.file_missing", name=name)
        return read_ledger(self.files[LEDGER], self.files[OPENING])

    @property
    def traces(self) -> dict[str, HopLedger]:
        """Every hop ledger, by the name of its JSON."""
        return {
            each.name: HopLedger.read(self.files[each.name])
            for entry in self.entries
            for each in entry.outputs
            if entry.act == "traced" and each.name.endswith(".json")
        }

    def document(self) -> bytes:
        """The JSON-LD, canonical."""
        return canonical(graph_of(self.entries))

    def write(self, folder: str | Path) -> Path:
        """Write everything into a new folder.

        Args:
            folder: that is not there yet.

        Raises:
            NotAsWritten: ``exhibits.folder_taken``.
        """
        target = Path(folder)
        if target.exists():
            raise NotAsWritten("exhibits.folder_taken", name=target.name)
        made = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
        made.mkdir(parents=True)
        for name, content in self.files.items():
            (made / name).write_bytes(content)
        (made / DOCUMENT).write_bytes(self.document())
        return made.rename(target)

    @classmethod
    def read(cls, folder: str | Path, *, head: str | None = None) -> Exhibit:
        """Read and check (rule 2).

        Args:
            folder: as ``write`` left it.
            head: the hash of the last entry as it was noted elsewhere.

        Raises:
            NotAsWritten: ``exhibits.not_an_exhibit``, ``exhibits.entry_edited``,
                ``exhibits.chain_broken``, ``exhibits.graph_differs``, ``exhibits.head_differs``,
                ``exhibits.file_missing``, ``exhibits.file_differs``.
        """
        where = Path(folder)
        entries = read_entries(_content(where / DOCUMENT))
        if head is not None and head != entries[-1].hash:
            raise NotAsWritten("exhibits.head_differs", said=head[:64], found=entries[-1].hash)
        names = items(entries)
        return cls(entries, {name: _checked(where, each) for name, each in names.items()})

    def verify(self, ledger: Ledger | None = None) -> dict[str, Trace]:
        """Make every trace again and compare, row by row.

        Args:
            ledger: read anew from the chain; the exhibit's own, unless given.

        Returns:
            The traces as they were made again, by the name of their JSON.

        Raises:
            NotAsWritten: ``exhibits.ledger_row_differs``, and as ``HopLedger.verify``.
        """
        traces = self.traces
        if not traces and ledger is None:
            return {}
        own = self.ledger
        if ledger is not None:
            anew = first_rows(ledger, len(own))
            difference = first_difference(in_words(own.table), in_words(anew.table))
            if difference:
                raise NotAsWritten("exhibits.ledger_row_differs", **difference)
        found = {}
        for name, hops in traces.items():
            found[name] = hops.verify(own if ledger is None else ledger)
            self._check_beside(name.removesuffix(".json"), hops, found[name])
        return found

    def _check_beside(self, name: str, hops: HopLedger, found: Trace) -> None:
        """The other files of a trace say what its JSON says."""
        wanted = {f"{name}.csv": hops.csv(), f"{name}-accounts.csv": text(in_words(found.nodes))}
        for each, content in wanted.items():
            if self.files.get(each) != content:
                raise NotAsWritten("exhibits.file_differs", name=each)
        table = self.files.get(f"{name}.parquet", b"")
        try:
            same = pl.read_parquet(BytesIO(table)).equals(hops.rows)
        except pl.exceptions.PolarsError:
            same = False
        if not same:
            raise NotAsWritten("exhibits.file_differs", name=f"{name}.parquet")


@dataclass(frozen=True)
class _Step:
    """What the next entry says."""

    act: Act
    by: str
    at: datetime
    note: str = ""
    inputs: tuple[Item, ...] = ()
    tool: Tool = HERE
    number: str = ""
    pin: Pin | None = None

    def entry(self, entries: Sequence[Entry], outputs: tuple[Item, ...]) -> Entry:
        return Entry(
            exhibit=entries[0].exhibit if entries else self.number,
            number=len(entries) + 1,
            at=whole_seconds(self.at),
            by=self.by,
            act=self.act,
            tool=self.tool,
            inputs=self.inputs,
            outputs=outputs,
            note=self.note,
            pin=self.pin,
            before=entries[-1].hash if entries else FIRST,
        )


def _joined(exhibit: Exhibit, step: _Step, files: Mapping[str, bytes]) -> Exhibit:
    """The exhibit with one step more."""
    outputs = tuple(item(name, content) for name, content in files.items())
    entries = joined(exhibit.entries, step.entry(exhibit.entries, outputs))
    return Exhibit(entries, {**exhibit.files, **files})


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotAsWritten("exhibits.file_missing", name=path.name) from error


def _checked(folder: Path, said: Item) -> bytes:
    content = _content(folder / said.name)
    if item(said.name, content) != said:
        raise NotAsWritten("exhibits.file_differs", name=said.name)
    return content
