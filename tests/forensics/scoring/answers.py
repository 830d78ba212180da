"""Answers for tests: the whole truth of a case, and others made from it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from sandbox.forensics.cases.scene import LEDGERS
from sandbox.forensics.exhibits import Exhibit
from sandbox.forensics.published import error_permille
from sandbox.forensics.scoring import Answer, Key, Rubric, score
from sandbox.forensics.scoring.attribution import touched
from sandbox.forensics.scoring.making import exhibit_of, sent
from sandbox.forensics.scoring.method import applying

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHOLE = Rubric.shipped("P11")
EMPTY = {"policy": "fifo", "addresses": [], "hops": [], "located": []}


@cache
def kept(key, policy, pin=None):
    """The exhibit that a careful trainee makes, once for each key."""
    made = Exhibit.of(key.ledgers["kgst"], number="T-1", by="analyst 1", at=NOON, pin=pin)
    found = key.traced(policy, "kgst", ("thefts",))
    return made.traced(found, by="analyst 1", at=NOON)


def right(key, policy="fifo", pin=None):
    """What the truth would answer."""
    asked = touched(key, policy)

    def held(places):
        return [
            {"ledger": ledger, "address": name, "amount": str(amount)}
            for (ledger, name), amount in places.items()
        ]

    lies = key.lies(policy)
    return {
        "policy": policy,
        "addresses": list(key.guilty),
        "hops": [
            dict(zip(("ledger", "block", "transaction", "log"), place, strict=True))
            | {"tainted": str(max(amounts))}
            for place, amounts in key.hops(policy).items()
        ],
        "located": held(key.lies(policy, ("thefts",))),
        "recovery": held({each: lies[each] for each in lies if each[1] in key.guilty}),
        "attribution": [
            {"address": name, "label": label(key, name), "permille": 1_000} for name in asked
        ],
        "exhibit": exhibit_of(kept(key, policy, pin)),
        "method": {
            "heuristics": [
                {"name": "deposit", "error_permille": error_permille("deposit", key.difficulty)},
                {"name": "busy", "error_permille": 150},
            ],
            "limits": sorted(applying(key, policy)),
        },
    }


def label(key, name):
    known = key.control[name]
    return known.service or f"suspect {known.owner}"


def marked(said, key, rubric=WHOLE, given=None):
    return score(Answer.read(sent(said)), key, rubric, given)


def shares(said, key, rubric=WHOLE):
    return {each.part: each.share for each in marked(said, key, rubric).parts}


def everybody(key):
    """Every address of the case, however it got there."""
    return list(key.control)


__all__ = ["EMPTY", "LEDGERS", "Key", "everybody", "kept", "label", "marked", "right", "shares"]
