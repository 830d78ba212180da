"""Method disclosure: which heuristics with which error rates, and what keeps it from being certain.

Rules (ours; a checklist that a person confirms):

1. Half is for heuristics: two that were used, each with the error rate that is published for the
   case's difficulty, within 100 of a thousand (``sandbox.forensics.published``). Where none is
   published, a rate that is neither never nor always.
2. Half is for limits: of those that apply and those that are named, the share that is both. To
   every case apply ``policy`` (another one finds other figures), ``services`` (a trace stops at
   their books) and ``tags`` (they may be wrong); ``mixer``, ``bridge`` and ``gold`` where the
   traced money reached one.
3. A method is a method of what was found: it has no greater share than the best of the parts that
   a machine marks. A checklist that was copied discloses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from sandbox.forensics.published import error_permille
from sandbox.forensics.scoring.answers import Answer, Rate
from sandbox.forensics.scoring.key import Key
from sandbox.forensics.scoring.parts import KINDS, Finding, Found

ALWAYS: Final = frozenset({"policy", "services", "tags"})
"""Limits of every case."""
REACHED: Final = frozenset({"bridge", "gold", "mixer"})
"""Limits of cases whose money reached such a service."""
_HEURISTICS: Final = 2
_SURE: Final = (0, 1_000)
_NEAR: Final = 100
"""Thousandths by which a stated rate may differ from the published one."""


def method(answer: Answer, key: Key, others: Iterable[Fraction]) -> Found:
    """Mark the method of an answer.

    Args:
        answer: with its policy.
        key: of the case.
        others: the shares of the parts that a machine marked.
    """
    stated = answer.method.heuristics
    named = sum(_stated_rightly(each, key.difficulty) for each in stated)
    said, right = frozenset(answer.method.limits), applying(key, answer.policy)
    best = max(others, default=Fraction())
    told = Fraction(min(named, _HEURISTICS), _HEURISTICS)
    whole = (told + Fraction(len(said & right), len(said | right))) / 2
    findings: list[Finding] = []
    lacking = max(_HEURISTICS - named, 0)
    for code, count in (
        ("method_heuristics", lacking),
        ("method_rates", len(stated) - named),
        ("method_limits_missed", len(right - said)),
        ("method_limits_wrong", len(said - right)),
    ):
        findings += [(code, {"count": count})] * bool(count)
    findings += [("method_of_nothing", {})] * (best < whole)
    return Found(min(whole, best), tuple(findings))


def _stated_rightly(rate: Rate, difficulty: str) -> bool:
    """Whether a rate is the published one, or one that can be where none is published."""
    known = error_permille(rate.name, difficulty)
    if known is None:
        return rate.error_permille not in _SURE
    return abs(rate.error_permille - known) <= _NEAR


def applying(key: Key, policy: str) -> frozenset[str]:
    """The limits that apply to a case.

    Args:
        key: of the case.
        policy: by which the money was followed.
    """
    roles = (key.control[name].role for _, name in key.stopped(policy) if name in key.control)
    return ALWAYS | (REACHED & {KINDS.get(each, "") for each in roles})
