"""A journal against the audit log, record by record: what the running platform compares by places.

1. Batches follow each other without a gap and end where the log says.
2. Each batch's root is that of the journal's records.
3. Each anchor in the journal names an entry that the log holds at that place, with that leaf.
4. What lies behind the newest batch is counted: nothing outside the journal speaks for it yet.

Batches that two regulators gave up (``journal.accepted``) are counted, not checked.

The log is the store's, or a copy of what it knows (``KnownLog``) for whoever has the journal and
not the store; what the journal says of entries newer than the copy is left to whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from sandbox.chain.batches import leaf
from sandbox.chain.journal import read
from sandbox.chain.records import Kind, Place, Stored
from sandbox.chain.replay import journal_file
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName
from sandbox.kit.merkle import Frontier
from sandbox.services.journal_batches import batch_of, subject_of
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class Comparison:
    """What was found. ``code`` None: journal and log agree.

    Attributes:
        chain: whose journal.
        batches: that hold.
        records: of the journal that the log commits to.
        not_entered: records behind the newest batch.
        given_up: batches that were given up by acceptance.
        code: what disagrees.
        entry: the entry of the log that disagrees.
    """

    chain: str
    batches: int
    records: int
    not_entered: int
    given_up: int
    code: str | None = None
    entry: int | None = None

    def sentence(self) -> str:
        """In one line."""
        if self.code is not None:
            return f"WRONG: entry {self.entry} of the audit log and the journal: {self.code}"
        lost = f"; {self.given_up} batches were given up" if self.given_up else ""
        return (
            f"ok: {self.batches} batches of chain {self.chain} hold {self.records} records;"
            f" {self.not_entered} newer ones are not entered yet{lost}"
        )


class LogSide(Protocol):
    """What the log knows of journals."""

    def batches(self, chain: ChainName) -> Sequence[dict[str, Any]]:
        """The chain's batches and acceptances, in order: ``journal_batches.batch_of``."""
        ...

    def disagrees(self, entry: int, leaf: str) -> str | None:
        """What is wrong with an anchor that names an entry and its leaf."""
        ...


@dataclass(frozen=True)
class StoredLog:
    """The log in the store."""

    u: UnitOfWork

    def batches(self, chain: ChainName) -> Sequence[dict[str, Any]]:
        """As the store holds them."""
        return [batch_of(each) for each in self.u.audit.of_subjects(subject_of(chain), most=10**7)]

    def disagrees(self, entry: int, leaf: str) -> str | None:
        """``journal.ahead_of_audit``, ``audit.rewritten`` or None."""
        (found,) = tuple(self.u.audit.at_places([entry])) or (None,)
        if found is None:
            return "journal.ahead_of_audit"
        return None if found.leaf == leaf else "audit.rewritten"


@dataclass
class KnownLog:
    """A copy of what the log knew of one chain's journal.

    Attributes:
        size: entries of the log then.
        known: the batches, in order.
        newer: anchors that name later entries, each ``(entry, leaf)``: not judged here.
    """

    size: int
    known: Sequence[dict[str, Any]]
    newer: list[tuple[int, str]] = field(default_factory=list)

    def batches(self, _chain: ChainName) -> Sequence[dict[str, Any]]:
        """As they were copied."""
        return self.known

    def disagrees(self, entry: int, leaf: str) -> str | None:
        """``audit.rewritten`` or None."""
        if entry >= self.size:
            self.newer.append((entry, leaf))
            return None
        return None if self._leaves.get(entry) == leaf else "audit.rewritten"

    @cached_property
    def _leaves(self) -> dict[int, str]:
        return {each["entry"]: each["leaf"] for each in self.known}


def compare(u: UnitOfWork, path: Path) -> Comparison:
    """Compare a journal with the store's log: as ``compare_with``."""
    return compare_with(StoredLog(u), path)


def compare_with(
    log: LogSide, path: Path, also: Iterable[Callable[[Stored], None]] = ()
) -> Comparison:
    """Compare a journal with a log.

    Args:
        log: what it knows.
        path: the journal, or the chain's directory.
        also: shown every record as well.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``, ``journal.no_header``.
    """
    reading, more = _Reading(log), tuple(also)

    def visit(stored: Stored) -> None:
        reading.visit(stored)
        for each in more:
            each(stored)

    read(journal_file(path), visit)
    return reading.finish()


class _Reading:
    """One pass over the journal beside the log's batches."""

    def __init__(self, log: LogSide) -> None:
        self._log = log
        self._chain: ChainName = "kgst"
        self._batches: list[dict[str, Any]] = []
        self._given_up = self._done = 0
        self._frontier = Frontier()
        self._end = Place()
        self._covered = 0
        self._wrong: tuple[str, int] | None = None

    def visit(self, stored: Stored) -> None:
        """The next record."""
        if stored.at.sequence == 0:
            self._begin(stored)
        if stored.record.kind is Kind.ANCHOR and self._wrong is None:
            self._anchor(stored.record.body)
        self._end = stored.next
        if self._done == len(self._batches):
            return
        batch = self._batches[self._done]
        self._frontier.append(leaf(stored))
        if stored.at.sequence < batch["last"]:
            return
        self._check(batch, stored.next)
        self._frontier, self._done = Frontier(), self._done + 1
        self._covered = stored.next.sequence

    def _begin(self, stored: Stored) -> None:
        if stored.record.kind is not Kind.HEADER:
            raise IntegrityFailure("journal.no_header")
        self._chain = stored.record.body["spec"]["chain"]
        self._batches, self._given_up = _standing(self._log.batches(self._chain))

    def _check(self, batch: Mapping[str, Any], end: Place) -> None:
        expected = self._covered
        right = batch["first"] == expected and batch["end"] == end.as_dict()
        if self._wrong is None and not (right and batch["root"] == self._frontier.root().hex()):
            self._wrong = ("journal.rewritten", batch["entry"])

    def _anchor(self, body: Mapping[str, Any]) -> None:
        code = self._log.disagrees(body["entry"], body["leaf"])
        if code is not None:
            self._wrong = (code, body["entry"])

    def finish(self) -> Comparison:
        """The report."""
        wrong = self._wrong
        if wrong is None and self._done < len(self._batches):
            wrong = ("journal.cut_off", self._batches[self._done]["entry"])
        code, entry = wrong or (None, None)
        return Comparison(
            self._chain,
            self._done,
            self._covered,
            self._end.sequence - self._covered,
            self._given_up,
            code,
            entry,
        )


def _standing(entries: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The batches that stand, and how many an acceptance gave up."""
    standing: list[dict[str, Any]] = []
    given_up = 0
    for each in entries:
        if not each.get("accepted"):
            standing.append(each)
            continue
        resumed = each["end"]["sequence"]
        kept = [batch for batch in standing if batch["end"]["sequence"] <= resumed]
        given_up += len(standing) - len(kept)
        standing = kept
    return standing, given_up
