"""A journal against the audit log, record by record: what the running platform compares by places.

1. Batches follow each other without a gap and end where the log says.
2. Each batch's root is that of the journal's records.
3. Each anchor in the journal names an entry that the log holds at that place, with that leaf.
4. What lies behind the newest batch is counted: nothing outside the journal speaks for it yet.

Batches that two regulators gave up (``journal.accepted``) are counted, not checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def compare(u: UnitOfWork, path: Path) -> Comparison:
    """Compare a journal with the log.

    Args:
        u: a reading unit of work.
        path: the journal, or the chain's directory.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``, ``journal.no_header``.
    """
    reading = _Reading(u)
    read(journal_file(path), reading.visit)
    return reading.finish()


class _Reading:
    """One pass over the journal beside the log's batches."""

    def __init__(self, u: UnitOfWork) -> None:
        self._u = u
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
        found = self._u.audit.of_subjects(subject_of(self._chain), most=10**7)
        self._batches, self._given_up = _standing([batch_of(each) for each in found])

    def _check(self, batch: Mapping[str, Any], end: Place) -> None:
        expected = self._covered
        right = batch["first"] == expected and batch["end"] == end.as_dict()
        if self._wrong is None and not (right and batch["root"] == self._frontier.root().hex()):
            self._wrong = ("journal.rewritten", batch["entry"])

    def _anchor(self, body: Mapping[str, Any]) -> None:
        (entry,) = tuple(self._u.audit.at_places([body["entry"]])) or (None,)
        if entry is None:
            self._wrong = ("journal.ahead_of_audit", body["entry"])
        elif entry.leaf != body["leaf"]:
            self._wrong = ("audit.rewritten", body["entry"])

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
