"""The reference solver's answer: what a diligent trainee sends in, made from the public part alone.

Rules: addresses by ``sandbox.forensics.cases.solver``; the reported payments followed by one policy
up to what the solver takes for services; labels from tags; to be frozen is what lies at the
addresses that it names. No text, and no exhibit.
"""

from __future__ import annotations

from typing import Any, Final

from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases.case import Public
from sandbox.forensics.cases.solver import follow, solve, stops_of
from sandbox.forensics.scoring.making import hops_of, located_of

BELIEVED: Final = 900
"""How sure the solver says it is of a tag, thousandths."""
_ERRORS: Final = {"busy": 150, "deposit": 80, "tag": 60}
_KINDS: Final = ("bridge", "gold", "mixer")


def solved(public: Public, policy: str = "fifo") -> dict[str, Any]:
    """The parts of an answer, for ``sandbox.forensics.scoring.making.sent``.

    Args:
        public: what the trainee sees.
        policy: to declare.
    """
    found, named, stops = follow(public, policy), solve(public), stops_of(public)
    touched = set(found.nodes["account"].to_list())
    located = located_of({"kgst": found})
    reached = {stops.get(each["address"], "") for each in located}
    return {
        "policy": policy,
        "addresses": sorted(named),
        "hops": hops_of({"kgst": found}),
        "located": located,
        "recovery": [each for each in located if each["address"] in named],
        "attribution": [
            {"address": each.address, "label": each.label, "permille": BELIEVED}
            for each in public.tags
            if spelt(each.address) in touched & stops.keys()
        ],
        "method": {
            "heuristics": [
                {"name": name, "error_permille": error} for name, error in _ERRORS.items()
            ],
            "limits": ["policy", "services", "tags", *(each for each in _KINDS if each in reached)],
        },
    }
