"""Which function each rule is, and what it needs beside the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sandbox.forensics.rules import flows, records, shapes, windows
from sandbox.forensics.rules.facts import Facts
from sandbox.forensics.rules.looks import Looks
from sandbox.forensics.rules.pack import Rule


class Definition(NamedTuple):
    """A rule's definition.

    Attributes:
        find: where it is met.
        needs: side tables without which it cannot be computed.
        behaviour: whether accounts of services are left out.
    """

    find: Callable[[Facts, Rule], Looks | list[Looks]]
    needs: tuple[str, ...] = ()
    behaviour: bool = True


DEFINITIONS: Final[Mapping[str, Definition]] = {
    "R01": Definition(windows.structuring),
    "R02": Definition(windows.burst),
    "R03": Definition(flows.silence),
    "R04": Definition(flows.surge),
    "R05": Definition(flows.withdrawal),
    "R06": Definition(flows.emptying, ("customers",)),
    "R07": Definition(flows.transit),
    "R08": Definition(windows.fan_in),
    "R09": Definition(windows.fan_out),
    "R10": Definition(shapes.scatter),
    "R11": Definition(shapes.circle),
    "R12": Definition(shapes.peel_chain),
    "R13": Definition(records.conversions, ("conversions",)),
    "R14": Definition(records.mixer, ("tags", "taint")),
    "R15": Definition(windows.bridges, ("tags",)),
    "R16": Definition(windows.cash_out, ("tags",)),
    "R17": Definition(records.shared, ("customers",), behaviour=False),
    "R18": Definition(windows.profile, ("customers",)),
    "R19": Definition(windows.victim, ("customers",)),
    "R20": Definition(records.illicit, ("taint",), behaviour=False),
    "R21": Definition(records.screening, ("screening",), behaviour=False),
    "R22": Definition(windows.geography, ("tags",), behaviour=False),
    "R23": Definition(records.travel, ("travel",), behaviour=False),
    "R24": Definition(windows.self_trade, ("clusters",)),
    "R25": Definition(shapes.stablecoin, ("tags",)),
    "R26": Definition(records.reserves, ("reserves",), behaviour=False),
    "R27": Definition(records.gold, ("attestations",), behaviour=False),
}
"""Every rule by its number."""
