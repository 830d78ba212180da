"""Sums by five rules: what each policy says lies at the places that were asked for.

Rules (ours):

1. Each place counts alike, and of each place every policy. A sum is right to the minor unit; by
   haircut, which is a proportion, to one part in 10**9.
2. A place of which no sum other than zero is right counts nothing: that a rule leaves nothing there
   is found by who found the place.
3. A place that the case does not ask for counts nothing. A case that asks for none has no such
   part.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from sandbox.forensics import five_rules
from sandbox.forensics.policies import Policy
from sandbox.forensics.scoring.answers import Answer
from sandbox.forensics.scoring.key import Key
from sandbox.forensics.scoring.parts import Finding, Found

NEAR: Final = Fraction(1, 10**9)
"""How far a haircut may be off, relatively."""


def sums(answer: Answer, key: Key) -> Found:
    """Mark the sums of an answer.

    Args:
        answer: with its sums.
        key: of the case.
    """
    asked = five_rules.questions(key.public)
    if not asked:
        return Found(None)
    claimed = {(each.place, each.policy): int(each.amount) for each in answer.sums}
    wrong, share = dict.fromkeys(Policy, 0), Fraction()
    for place in asked:
        found = five_rules.held(key.public, place.last)
        there = five_rules.sums(found, five_rules.members(key.public, place))
        said = {policy: claimed.get((place.name, policy)) for policy in Policy}
        right = {policy for policy in Policy if _right(policy, said[policy], there[policy])}
        if any(there[policy] for policy in right):
            share += Fraction(len(right), len(Policy))
        for policy in Policy:
            wrong[policy] += policy not in right
    findings: list[Finding] = [
        (f"sums_{policy}", {"wrong": count, "there": len(asked)})
        for policy, count in wrong.items()
        if count
    ]
    return Found(share / len(asked), tuple(findings))


def _right(policy: Policy, said: int | None, there: int) -> bool:
    if said is None:
        return False
    near = there * NEAR if policy is Policy.HAIRCUT else 0
    return abs(said - there) <= near
