"""Repeated probing of limits: one sender is refused again and again.

Definition: in the window ``n`` requests of one sender under one permit were refused by a limit of
value (:data:`LIMITS`); a record that stands for several equal refusals counts as many. The bands
are about ``n``.

Source: FATF, Virtual Assets Red Flag Indicators, September 2020 (transactions just within or
repeatedly against thresholds); all numbers are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sandbox.domain.alerts.facts import Denied, Figure, Measured
from sandbox.domain.alerts.rule import About, Band, Rule, Unit, window

LIMITS: Final = frozenset(
    {
        "per_transaction",
        "window_volume",
        "customer_cap",
        "merchant_cap",
        "outstanding",
        "outstanding_cap",
    }
)
"""The clauses that count."""


def measure(denied: Sequence[Denied]) -> Measured | None:
    """Count the refusals of one sender in one window."""
    found = [each for each in denied if each.clause in LIMITS]
    if not found:
        return None
    count = sum(each.count for each in found)
    clauses = {each.clause for each in found}
    figures = (Figure("refusals", count), Figure("clauses", len(clauses)))
    return Measured(count, found, figures)


PROBING = Rule(
    name="probing",
    unit=Unit.COUNT,
    parameters=(window(60),),
    bands=(Band(5, 50), Band(15, 75), Band(50, 100)),
    measure=measure,
    source="FATF Red Flag Indicators 2020; numbers ours",
    kinds=frozenset(),
    about=About.REFUSALS,
)
