"""Custody: the exhibit's chain holds, its ledger is the case's, its pins and traces come out again.

Rules:

1. The document is read as ``sandbox.forensics.exhibits`` reads it; its head is the one that was
   noted. Its ledger is the case's by the hash of its text: all rows, or all up to the pinned block.
2. An exhibit that is not as it was written is broken: a byte edited in the document, in the ledger,
   in a trace, another head, a pin that names a wrong block, a trace that comes out otherwise. So is
   an exhibit of another case. A broken exhibit has nothing, and fails the answer where the rubric
   has the gate.
3. Else: two parts for chain and ledger, one for the pin (where blocks were executed), one for a
   trace by the declared policy that comes out again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import polars as pl

from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.forensics.exhibits.custody import Entry, Item, item, items
from sandbox.forensics.exhibits.document import read_entries
from sandbox.forensics.exhibits.hop_ledger import HopLedger
from sandbox.forensics.exhibits.method import Pin
from sandbox.forensics.exhibits.tables import LEDGER
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.scoring.answers import Answer, Enclosed
from sandbox.forensics.scoring.key import Key
from sandbox.forensics.scoring.parts import Finding, Found
from sandbox.kit.errors import InvalidInput

_CHAIN: Final = 2
"""What chain and ledger weigh against a pin and a trace."""
_UNREADABLE: Final = (
    InvalidInput,
    ValueError,
    TypeError,
    ArithmeticError,
    pl.exceptions.PolarsError,
)
"""Whatever keeps a trace that somebody wrote from coming out again."""


class _Broken(Exception):
    """The exhibit is not as it was written."""


def custody(answer: Answer, key: Key) -> Found:
    """Mark the exhibit of an answer.

    Args:
        answer: with its policy.
        key: of the case.
    """
    if answer.exhibit is None:
        return Found(Fraction(), (("custody_missing", {}),))
    try:
        return _marked(answer.exhibit, answer.policy, key)
    except (_Broken, *_UNREADABLE):
        return Found(Fraction(), (("custody_broken", {}),), broken=True)


def _marked(exhibit: Enclosed, policy: str, key: Key) -> Found:
    entries = read_entries(exhibit.document.encode())
    if entries[-1].hash != exhibit.head:
        raise _Broken
    there = items(entries)
    for name, content in exhibit.traces.items():
        if there.get(name) != item(name, content.encode()):
            raise _Broken
    if LEDGER not in there:
        return Found(Fraction(), (("custody_no_ledger", {}),))
    pin = entries[0].pin
    name, ledger = _ledger(there, pin, key)
    parts = {"chain": (_CHAIN, True)}
    if key.blocks.get(name):
        if pin is not None and key.blocks[name].get(pin.block) != pin.hash:
            raise _Broken
        parts["no_pin"] = (1, pin is not None)
    parts["no_trace"] = (1, policy in _again(exhibit, entries, ledger))
    has = sum(weight for weight, met in parts.values() if met)
    findings: list[Finding] = [
        (f"custody_{part}", {}) for part, (_, met) in parts.items() if not met
    ]
    return Found(Fraction(has, sum(weight for weight, _ in parts.values())), tuple(findings))


def _ledger(there: dict[str, Item], pin: Pin | None, key: Key) -> tuple[LedgerName, Ledger]:
    """Rule 1: of which token, as far as it was read."""
    for name in LEDGERS:
        ledger, files = key.read_until(name, pin.block if pin else None)
        if all(there.get(each.name) == each for each in files):
            return name, ledger
    raise _Broken


def _again(exhibit: Enclosed, entries: tuple[Entry, ...], ledger: Ledger) -> set[str]:
    """By which policies traces come out again."""
    found = set()
    traced = {each.name for entry in entries if entry.act == "traced" for each in entry.outputs}
    for name, content in exhibit.traces.items():
        if name not in traced:
            raise _Broken
        hops = HopLedger.read(content.encode())
        hops.verify(ledger)
        found.add(hops.method.policy)
    return found
