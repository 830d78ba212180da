"""The same money by five rules: places of a case, and what each policy says lies there (lab P4).

Rules:

1. What is asked follows from what may be seen of a case alone: no role, no owner, no recipe.
2. Followed are the reported payments in KGST, without any stop, services too: what the rules do
   with an account in which much money is mixed is the question. Each place has a moment: the end of
   a block, what comes later does not count.
3. A place is a set of addresses that is told by a rule (whom an address paid in some blocks, who
   paid it, what a kind of tag names); who answers finds them and adds up.
4. Of the places that a case has, those are asked for of which the policies say the most different
   things; what is equal after that is told apart by a hash of the case's own reports.

TIHO is not among the rules; ``sandbox.forensics.policies`` says why.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.cases.case import Public, Transaction
from sandbox.forensics.cases.scene import LedgerName
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.policies import Policy
from sandbox.forensics.tracing import Stop, trace

LEDGER: Final[LedgerName] = "kgst"
PlaceName = Literal["a", "b", "c"]
PLACES: Final[tuple[PlaceName, ...]] = ("a", "b", "c")
Kind = Literal["paid", "payers", "tagged"]
_KINDS: Final[Mapping[PlaceName, Kind]] = {"a": "paid", "b": "payers", "c": "tagged"}
_MOMENTS: Final[Mapping[PlaceName, tuple[int, ...]]] = {
    "a": (45, 60, 75, 90),
    "b": (70, 85, 95),
    "c": (90, 80, 100),
}
"""At which parts of the transfers since the first theft a place is looked for, of a hundred: at the
next one, where the policies say too much alike."""
_ENOUGH: Final = 4
"""Different sums, of five."""
_SIZES: Final = range(2, 8)
_LAST: Final = 6
"""Transfers of an address between which its counterparties are asked for."""
Sums = Mapping[Policy, int]
Held = Mapping[str, Sums]
"""By address what each policy says lies there, minor units."""


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """A place of which the sums are asked for.

    Attributes:
        name: ``a``, ``b`` or ``c``.
        kind: ``paid``: whom the anchor paid; ``payers``: who paid it; ``tagged``: what tags of the
            anchor's kind name.
        anchor: an address in lower case, or the kind of the tags.
        first: the first block in which a payment counts; 0 for tags.
        last: the last block in which a payment counts, and at the end of which money is looked for.
    """

    name: PlaceName
    kind: Kind
    anchor: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """A case as far as it is asked about."""

    public: Public
    rows: tuple[Transaction, ...]
    ledger: Ledger
    seeds: tuple[int, ...]


_Ranked = tuple[int, int, str, Question]


def questions(public: Public) -> tuple[Question, ...]:
    """What is asked of a case; fewer than three only where it has no such places.

    Args:
        public: what may be seen.
    """
    seen = _seen(public)
    if not seen.seeds:
        return ()
    return tuple(found for name in PLACES if (found := _chosen(seen, name)) is not None)


def members(public: Public, asked: Question) -> frozenset[str]:
    """The addresses that a place is, in lower case.

    Args:
        public: what may be seen.
        asked: the place.
    """
    if asked.kind == "tagged":
        return frozenset(
            spelt(each.address) for each in public.tags if each.category == asked.anchor
        )
    rows = (
        (spelt(each.payer), spelt(each.payee))
        for each in public.transactions
        if each.ledger == LEDGER and asked.first <= each.block <= asked.last
    )
    found = {
        payee if asked.kind == "paid" else payer
        for payer, payee in rows
        if asked.anchor == (payer if asked.kind == "paid" else payee)
    }
    return frozenset(found - {ZERO})


def held(public: Public, block: int) -> Held:
    """What each policy says lies where, at the end of a block.

    Args:
        public: what may be seen.
        block: of the chain of KGST.
    """
    return _held(_seen(public), block)


def sums(found: Held, addresses: Iterable[str]) -> dict[Policy, int]:
    """What each policy says lies at some addresses together, minor units.

    Args:
        found: of ``held``.
        addresses: in lower case.
    """
    rows = [found.get(each, {}) for each in addresses]
    return {policy: sum(row.get(policy, 0) for row in rows) for policy in Policy}


def last_block(public: Public) -> int:
    """The last block in which KGST moved.

    Args:
        public: what may be seen.
    """
    return max((each.block for each in public.transactions if each.ledger == LEDGER), default=0)


def _seen(public: Public) -> _Seen:
    rows = tuple(each for each in public.transactions if each.ledger == LEDGER)
    reported = {
        (each.transaction.block, each.transaction.index)
        for each in public.reports
        if each.transaction.ledger == LEDGER
    }
    seeds = tuple(row for row, each in enumerate(rows) if (each.block, each.index) in reported)
    return _Seen(public, rows, public.ledger(LEDGER), seeds)


def _held(seen: _Seen, block: int) -> Held:
    found: dict[str, dict[Policy, int]] = defaultdict(dict)
    if seen.seeds:
        for policy in Policy:
            made = trace(seen.ledger, policy, seen.seeds, stop=Stop(until=block))
            for account, amount in made.nodes.select("account", "held").iter_rows():
                if amount and account != ZERO:
                    found[account][policy] = int(amount)
    return dict(found)


def _chosen(seen: _Seen, name: PlaceName) -> Question | None:
    """Rule 4."""
    first, best = seen.seeds[0], None
    for part in _MOMENTS[name]:
        block = seen.rows[first + (len(seen.rows) - 1 - first) * part // 100].block
        best = max(filter(None, (best, _best(seen, name, block))), default=None)
        if best is not None and best[0] >= _ENOUGH:
            break
    return best[-1] if best else None


def _best(seen: _Seen, name: PlaceName, block: int) -> _Ranked | None:
    """The place of which the policies say the most different things at the end of a block."""
    found = _held(seen, block)
    ranked = []
    for each, addresses in _candidates(seen, name, block):
        told = sums(found, addresses)
        if any(told.values()):
            said = len(set(told.values())), sum(map(bool, told.values()))
            ranked.append((*said, _mixed(seen, each), each))
    return max(ranked, default=None)


def _candidates(
    seen: _Seen, name: PlaceName, block: int
) -> Iterator[tuple[Question, frozenset[str]]]:
    kind = _KINDS[name]
    if kind == "tagged":
        for category in sorted({each.category for each in seen.public.tags}):
            asked = Question(name, kind, category, 0, block)
            yield asked, members(seen.public, asked)
        return
    mine: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for each in seen.rows:
        if each.block <= block:
            ends = spelt(each.payer), spelt(each.payee)
            anchor, other = ends if kind == "paid" else ends[::-1]
            mine[anchor].append((each.block, other))
    for anchor, rows in mine.items():
        first, last = rows[-_LAST:][0][0], rows[-1][0]
        others = frozenset(other for at, other in rows if at >= first) - {ZERO}
        if anchor != ZERO and first < last and len(others) in _SIZES:
            yield Question(name, kind, anchor, first, block), others


def _mixed(seen: _Seen, asked: Question) -> str:
    said = [asked.anchor, *(spelt(each.transaction.payee) for each in seen.public.reports)]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()
