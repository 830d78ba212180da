"""Burst: many larger payments in a short time.

Definition: in the window the party made ``n`` payments of at least ``floor``. The bands are
about ``n``.

Source: FATF, Virtual Assets Red Flag Indicators, September 2020 (size and frequency of
transactions); all numbers are ours.
"""

from __future__ import annotations

from sandbox.domain.alerts.facts import Figure, Look, Measured
from sandbox.domain.alerts.rule import Band, Parameter, Rule, Unit, window


def measure(look: Look) -> Measured | None:
    """Count the larger payments."""
    floor = look.money("floor")
    found = [each for each in look.paid if each.amount >= floor]
    if not found:
        return None
    total = sum(each.amount for each in found)
    figures = (Figure("payments", len(found)), Figure("total", total, "amount"))
    return Measured(len(found), found, figures)


BURST = Rule(
    name="burst",
    unit=Unit.COUNT,
    parameters=(Parameter("floor", Unit.TYIYN, 1, 10_000_000_000, 100_000), window(60)),
    bands=(Band(10, 50), Band(20, 75), Band(40, 100)),
    measure=measure,
    source="FATF Red Flag Indicators 2020; numbers ours",
)
