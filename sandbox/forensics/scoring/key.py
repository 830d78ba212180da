"""The key: what an answer is marked against, made from a planned or an executed case.

Rules:

1. Rows are plain tables: as the plan has them, or as a chain executed them, in the same order with
   blocks, logs and hashes of its own. Executed rows that are not the planned ones are refused.
2. Nothing is believed: each trace is made again by the policy that the answer declares, from the
   reported thefts, from what services paid out again to the gang, and from both together.
3. Sums of several tokens are reckoned in som, gold at the case's rate, as exact fractions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Final

import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.acting.reckoning import reachable
from sandbox.forensics.acting.world import World
from sandbox.forensics.cases.case import Case, minor
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.forensics.cases.sealed import Control
from sandbox.forensics.cases.services import GOLD_RATE
from sandbox.forensics.cases.truth import Origin, seeds, services
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.exhibits.custody import Item, item
from sandbox.forensics.exhibits.tables import (
    LEDGER,
    OPENING,
    first_rows,
    ledger_text,
    opening_text,
)
from sandbox.forensics.ledger import PLACE, Ledger
from sandbox.forensics.scoring.errors import CannotScore
from sandbox.forensics.tracing import Stop, Trace, trace

Place = tuple[LedgerName, str]
"""Ledger and address."""
HopPlace = tuple[LedgerName, int, int, int]
"""Ledger, block, transaction, log."""
Origins = tuple[Origin, ...]
_BOTH: Final[Origins] = ("thefts", "releases")
_SAME: Final = ("payer", "payee", "amount")
_GOLD: Final = Fraction(GOLD_RATE, 100)


class Key:
    """A case's rows, its secrets and its traces.

    Args:
        case: as it was planned.
        tables: of each token the executed rows with the columns ``block``, ``transaction``,
            ``log``, ``payer``, ``payee``, ``amount`` and perhaps ``time`` and ``hash``; the
            planned ones, unless given.
        blocks: of each token's chain the hash of each block, ``0x`` and 64 hexadecimal digits;
            empty where nothing was executed, and no pin is asked for.

    Raises:
        CannotScore: ``scoring.rows_differ``.
    """

    def __init__(
        self,
        case: Case,
        tables: Mapping[LedgerName, pl.DataFrame] | None = None,
        blocks: Mapping[LedgerName, Mapping[int, str]] | None = None,
    ) -> None:
        self._case = case
        self.difficulty = case.recipe.name
        self.public, self.secrets, self.blocks = case.public(), case.secrets(), blocks or {}
        self.ledgers = {name: self.public.ledger(name) for name in LEDGERS}
        if tables is not None:
            self.ledgers = {name: self._executed(name, tables) for name in LEDGERS}
        self._stops = services(self.secrets)
        self._traces: dict[tuple[str, LedgerName, Origins], Trace | None] = {}
        self._texts: dict[tuple[LedgerName, int], tuple[Ledger, tuple[Item, Item]]] = {}

    def _executed(self, name: LedgerName, tables: Mapping[LedgerName, pl.DataFrame]) -> Ledger:
        """Rule 1."""
        planned = self.ledgers[name]
        if name not in tables and not len(planned):
            return planned
        try:
            found = Ledger.read(tables[name]) if name in tables else None
        except CannotTrace as error:
            raise CannotScore("scoring.rows_differ", name=name) from error
        if found is None or not found.table.select(_SAME).equals(planned.table.select(_SAME)):
            raise CannotScore("scoring.rows_differ", name=name)
        return found

    @cached_property
    def world(self) -> World:
        """The case with the law's clock, for acts."""
        return World.of(self._case)

    @cached_property
    def reachable(self) -> int:
        """What acts could have caught at most, tyiyn."""
        return reachable(self.world)

    @cached_property
    def control(self) -> Mapping[str, Control]:
        """Who stands behind each address, by its spelling in small letters."""
        return {spelt(each.address): each for each in self.secrets.control}

    @cached_property
    def guilty(self) -> Mapping[str, Fraction]:
        """The addresses that were used for the thieves' money, with what they received, som."""
        return {
            name: Fraction(each.weight, 100) for name, each in self.control.items() if each.guilty
        }

    @cached_property
    def victims(self) -> frozenset[str]:
        """Who reported a theft."""
        return frozenset(spelt(each.transaction.payer) for each in self.public.reports)

    @cached_property
    def peel_ends(self) -> frozenset[str]:
        """Where peel chains of stolen money end."""
        transactions = (self.public.transactions[each] for each in self.secrets.stolen)
        purposes = (self.secrets.purposes[each] for each in self.secrets.stolen)
        rows = [
            each
            for each, purpose in zip(transactions, purposes, strict=True)
            if purpose == "peel on"
        ]
        passed = {spelt(each.payer) for each in rows}
        return frozenset(spelt(each.payee) for each in rows) - passed

    def hops(self, policy: str) -> Mapping[HopPlace, frozenset[int]]:
        """How much each hop may carry, derived again: by where the trace may have begun."""
        found: dict[HopPlace, set[int]] = defaultdict(set)
        for name in LEDGERS:
            for origins in (("thefts",), ("releases",), _BOTH):
                made = self.traced(policy, name, origins)
                if made is not None:
                    for *place, tainted in made.hops.select(*PLACE, "tainted").iter_rows():
                        found[name, *place].add(int(tainted))
        return {place: frozenset(amounts) for place, amounts in found.items()}

    def lies(self, policy: str, origins: Origins = _BOTH) -> Mapping[Place, int]:
        """Where the traced value lies at the end, minor units: held there, or not followed."""
        found: dict[Place, int] = {}
        for name in LEDGERS:
            made = self.traced(policy, name, origins)
            if made is not None:
                nodes = made.nodes.select("account", "held", "stopped").iter_rows()
                found |= {(name, each): int(a + b) for each, a, b in nodes if a or b}
        return found

    def stopped(self, policy: str) -> Mapping[Place, int]:
        """What was not followed because it reached a service, minor units."""
        found: dict[Place, int] = {}
        for name in LEDGERS:
            made = self.traced(policy, name, _BOTH)
            if made is not None:
                nodes = made.nodes.select("account", "stopped").iter_rows()
                found |= {(name, each): int(stopped) for each, stopped in nodes if stopped}
        return found

    def read_until(self, name: LedgerName, block: int | None) -> tuple[Ledger, tuple[Item, Item]]:
        """A ledger up to a block, and how an exhibit names its two files.

        Args:
            name: ``kgst``, ``som`` or ``usdkg``.
            block: the last one; all rows, unless given.
        """
        ledger, rows = self.ledgers[name], len(self.ledgers[name])
        if block is not None:
            rows = int((ledger.places["block"] <= block).sum())
        if (name, rows) not in self._texts:
            cut = first_rows(ledger, rows)
            texts = item(LEDGER, ledger_text(cut)), item(OPENING, opening_text(cut))
            self._texts[name, rows] = cut, texts
        return self._texts[name, rows]

    def traced(self, policy: str, name: LedgerName, origins: Origins = _BOTH) -> Trace | None:
        """A trace up to the services; None where nothing begins on that ledger."""
        which = (policy, name, origins)
        if which not in self._traces:
            rows = [row for each in origins for row in seeds(self.public, self.secrets, name, each)]
            stop = Stop(services=self._stops)
            made = trace(self.ledgers[name], policy, rows, stop=stop) if rows else None
            self._traces[which] = made
        return self._traces[which]


def som(ledger: LedgerName, amount: int) -> Fraction:
    """Minor units of a token in som, gold at the case's rate.

    >>> som("usdkg", 2_000_000)
    Fraction(1749, 10)
    """
    rate = _GOLD if ledger == "usdkg" else Fraction(1)
    return Fraction(amount, minor(ledger, 100)) * rate


def worth(amounts: Mapping[Place, int]) -> Fraction:
    """The sum of what lies at places, som."""
    return sum((som(place[0], each) for place, each in amounts.items()), Fraction())
