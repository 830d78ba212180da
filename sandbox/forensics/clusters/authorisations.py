"""Self-authorisation: who lets another account move his tokens, and it does, may be its owner.

An owner approves a spender (``approve``, or ``permit`` within the same transaction); the spender
then takes tokens for itself. The two are linked where

1. an approval of the table names them, neither is a service or the zero address, and they differ;
2. a later row of the ledger pays from the owner to the spender, within ``blocks`` blocks, and what
   such rows move together is at most what was approved. A new approval takes the place of the one
   before; one of 0 ends it (ERC-20, ``approve``);
3. at most ``owners`` accounts ever approved the spender: else it is a contract that many use, or a
   drainer with many victims.

Source: Victor, "Address Clustering Heuristics for Ethereum" (FC 2020), to be confirmed in its
details. Ours: the tokens must have moved, not only been approved; all figures.

A Transfer log does not say who called: a plain payment from owner to spender after the approval
looks the same, and what a spender moves to a third account is not seen. It errs gravely where a
drainer has one victim: **look at whose interest the movement was in** before you use such a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.amounts import integers
from sandbox.forensics.clusters.links import Aside, Known, Link, Proposed
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.ledger import PLACE, Ledger
from sandbox.forensics.rows import moving, probabilities, whole_numbers

NEEDED: Final = (*PLACE, "owner", "spender", "amount")
"""The columns of a table of approvals: those of ERC-20's Approval, and where it stands."""


class _Approval(NamedTuple):
    """One row of the table."""

    place: tuple[int, ...]
    owner: str
    spender: str
    amount: int
    hash: str


@dataclass(frozen=True, kw_only=True, eq=False)
class SelfAuthorisation:
    """Owners and the spenders that took what was approved; see the module. All figures are ours.

    Attributes:
        approvals: a table with the columns ``NEEDED``, perhaps ``hash``, and ``succeeded``: rows
            with false are left out.
        blocks: between approval and taking.
        owners: that approve a spender of their own, at most.
        confidence: of a link.
    """

    approvals: pl.DataFrame
    blocks: int = 50_000
    owners: int = 3
    confidence: float = 0.7

    name = "authorisation"

    def propose(self, ledger: Ledger, known: Known) -> Proposed:
        """Find links in a ledger.

        Raises:
            CannotTrace: ``forensics.parameter_malformed``, ``forensics.column_missing``,
                ``forensics.place_malformed``, ``forensics.account_missing``,
                ``forensics.amount_malformed``.
        """
        probabilities(confidence=self.confidence)
        whole_numbers(blocks=self.blocks, owners=self.owners)
        given: dict[tuple[int, int], list[_Approval]] = {}
        owners: dict[int, set[str]] = {}
        for each in _read(self.approvals):
            owner, spender = ledger.number(each.owner), ledger.number(each.spender)
            if spender and each.amount:
                owners.setdefault(spender, set()).add(each.owner)
            if owner and spender and owner != spender:
                given.setdefault((owner, spender), []).append(each)
        people, taken, found = known.people(ledger), _between(ledger, set(given)), Proposed()
        for spender, said in owners.items():
            if people[spender] and len(said) > self.owners:
                found.aside.append(Aside(spender, "owners", len(said)))
        for (owner, spender), approvals in given.items():
            few = len(owners.get(spender, ())) <= self.owners
            if people[owner] and people[spender] and few:
                rows = taken.get((owner, spender), [])
                found.links.extend(self._links(ledger, (owner, spender), approvals, rows))
        return found

    def _links(
        self, ledger: Ledger, pair: tuple[int, int], approvals: list[_Approval], rows: list[int]
    ) -> Iterator[Link]:
        """One link, if the spender took something of what was approved."""
        places = ledger.places.select("block", "transaction", "log")
        took, under, at, left = [], [], 0, 0
        for row in rows:
            place = places.row(row)
            while at < len(approvals) and approvals[at].place < place:
                left, at = approvals[at].amount, at + 1
            amount = int(ledger.amount[row])
            if at and amount <= left and place[0] - approvals[at - 1].place[0] <= self.blocks:
                left -= amount
                took.append(row)
                under.append(approvals[at - 1].hash)
        if took:
            yield Link(*pair, pair[1], tuple(took), tuple(dict.fromkeys(under)))


def _read(table: pl.DataFrame) -> Iterator[_Approval]:
    """The approvals of a table, in their order."""
    for name in NEEDED:
        if name not in table.columns:
            raise CannotTrace("forensics.column_missing", name=name)
    for name in PLACE:
        if not table[name].dtype.is_integer() or table[name].null_count():
            raise CannotTrace("forensics.place_malformed", name=name)
    for name in ("owner", "spender"):
        if table[name].dtype != pl.String or table[name].null_count():
            raise CannotTrace("forensics.account_missing")
    if "succeeded" in table.columns:
        table = table.filter("succeeded")
    if "hash" not in table.columns:
        table = table.with_columns(hash=pl.concat_str(PLACE, separator="/"))
    table = table.sort(PLACE)
    amounts = integers(table["amount"]).tolist()
    rows = table.select(*PLACE, "owner", "spender", "hash").iter_rows()
    for (*place, owner, spender, hash_), amount in zip(rows, amounts, strict=True):
        yield _Approval(tuple(place), spelt(owner), spelt(spender), int(amount), hash_)


def _between(ledger: Ledger, pairs: set[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """The rows from each owner to each spender."""
    owners = np.zeros(len(ledger.names), bool)
    owners[[owner for owner, _ in pairs]] = True
    found: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(moving(ledger) & owners[ledger.payer]).tolist():
        pair = int(ledger.payer[row]), int(ledger.payee[row])
        if pair in pairs:
            found.setdefault(pair, []).append(row)
    return found
