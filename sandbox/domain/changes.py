"""What is tighter, what is looser: the same answer as the Supervisor gives.

Rules (equal to ``Supervisor.publish`` with one signature):

1. A limit is looser when it is above the old one; "no limit" is above every number.
2. A new asset is looser; leaving one out is tighter, since the chain refuses it then.
3. An earlier start or a later end is looser.
4. The state may only become more severe: active, wind-down, halted.

The gateway's own limits follow rule 1. A condition that is switched off is looser, and so is a
scope that opens a contract or a function that was closed, a residence that is added, and a
waterfall that is switched on (it lets a payment through that a holding cap would refuse). Any steps
that are not the same ones are looser, none are tighter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.domain.residence import write_residences
from sandbox.domain.scope import wider, write_scope
from sandbox.domain.steps import write_steps
from sandbox.domain.terms import (
    ASSET_FLAGS,
    DESK_LIMITS,
    FLAGS,
    HUB_LIMITS,
    LOAD_LIMITS,
    PERSON_LIMITS,
    VALUE_LIMITS,
    AssetTerms,
    Terms,
    TrialState,
)
from sandbox.kit.money import Limit, NoLimit, limit_to_json


@dataclass(frozen=True)
class Change:
    """One difference between two sets of conditions; values as text."""

    limit: str
    before: str
    after: str
    looser: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON form for errors and the audit log."""
        return {
            "limit": self.limit,
            "before": self.before,
            "after": self.after,
            "looser": self.looser,
        }


def above(left: Limit, right: Limit) -> bool:
    """Whether one limit allows more than another.

    >>> from sandbox.kit.money import NO_LIMIT
    >>> above(NO_LIMIT, 10**30), above(0, NO_LIMIT), above(5, 5)
    (True, False, False)
    """
    if isinstance(right, NoLimit):
        return False
    return isinstance(left, NoLimit) or left > right


def changes(before: Terms, after: Terms) -> tuple[Change, ...]:
    """Every difference, in a fixed order."""
    found: list[Change] = []
    if before.start != after.start:
        found.append(_time("start", before, after, looser=after.start < before.start))
    if before.end != after.end:
        found.append(_time("end", before, after, looser=after.end > before.end))
    for name in (*PERSON_LIMITS, *DESK_LIMITS):
        found += _limit(name, getattr(before, name), getattr(after, name))
    for name in (*LOAD_LIMITS, *HUB_LIMITS):
        found += _limit(name, getattr(before.load, name), getattr(after.load, name))
    for name in FLAGS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(Change(name, _switch(old), _switch(new), looser=old))
    if before.contracts != after.contracts:
        old_scope, new_scope = write_scope(before.contracts), write_scope(after.contracts)
        opens = wider(before.contracts, after.contracts)
        found.append(Change("contracts", old_scope, new_scope, opens))
    if before.residences != after.residences:
        old_list, new_list = write_residences(before.residences), write_residences(after.residences)
        opens = before.residences is not None and (
            after.residences is None or not set(after.residences) <= set(before.residences)
        )
        found.append(Change("residences", old_list, new_list, opens))
    if before.steps != after.steps:
        opens = bool(after.steps)
        found.append(Change("steps", write_steps(before.steps), write_steps(after.steps), opens))
    return (*found, *_asset_changes(before, after))


def looser(before: Terms, after: Terms) -> tuple[Change, ...]:
    """The differences that allow more than before."""
    return tuple(change for change in changes(before, after) if change.looser)


def less_severe(before: TrialState, after: TrialState) -> bool:
    """Whether a state lets more through than another."""
    return after.code < before.code


def _asset_changes(before: Terms, after: Terms) -> list[Change]:
    old = {each.asset: each for each in before.assets}
    new = {each.asset: each for each in after.assets}
    found: list[Change] = []
    for asset in dict.fromkeys([*old, *new]):
        if asset not in new:
            found.append(Change(asset, "in scope", "not in scope", looser=False))
        elif asset not in old:
            found.append(Change(asset, "not in scope", "in scope", looser=True))
        else:
            found += _in_asset(old[asset], new[asset])
    return found


def _in_asset(old: AssetTerms, new: AssetTerms) -> list[Change]:
    found: list[Change] = []
    for name in VALUE_LIMITS:
        found += _limit(f"{old.asset}.{name}", getattr(old, name), getattr(new, name))
    for name in ASSET_FLAGS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            change = Change(f"{old.asset}.{name}", _switch(before), _switch(after), looser=after)
            found.append(change)
    return found


def _limit(name: str, before: Limit, after: Limit) -> list[Change]:
    if before == after:
        return []
    return [Change(name, limit_to_json(before), limit_to_json(after), above(after, before))]


def _time(name: str, before: Terms, after: Terms, *, looser: bool) -> Change:
    old, new = getattr(before, name).isoformat(), getattr(after, name).isoformat()
    return Change(name, old, new, looser)


def _switch(on: bool) -> str:  # noqa: FBT001 (the one thing it is about)
    return "yes" if on else "no"
