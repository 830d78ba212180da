"""Structuring: many payments just below a threshold.

Definition: in the window the party made ``n`` payments with ``threshold * (100 - margin) / 100 <=
amount < threshold`` (the lower bound rounded up to a minor unit), which together reach
``multiple * threshold``. The bands are about ``n``.

Source: FATF, Virtual Assets Red Flag Indicators, September 2020 (transaction patterns); the
threshold is the som value of USD 1,000 (FATF INR.15) as a secondary source gives it: to be
confirmed. FATF names no numbers beside it: margin, multiple, window and bands are ours.
"""

from __future__ import annotations

from sandbox.domain.alerts.facts import Figure, Look, Measured
from sandbox.domain.alerts.rule import Band, Parameter, Rule, Unit, window


def measure(look: Look) -> Measured | None:
    """Count the payments just below the threshold."""
    top = look.money("threshold")
    low = -(-top * (100 - look.settings["margin"]) // 100)
    found = [each for each in look.paid if low <= each.amount < top]
    total = sum(each.amount for each in found)
    if not found or total < look.settings["multiple"] * top:
        return None
    figures = (Figure("payments", len(found)), Figure("total", total, "amount"))
    return Measured(len(found), found, figures)


STRUCTURING = Rule(
    name="structuring",
    unit=Unit.COUNT,
    parameters=(
        Parameter("threshold", Unit.TYIYN, 10_000, 10_000_000_000, 8_500_000),
        Parameter("margin", Unit.PERCENT, 5, 50, 20),
        Parameter("multiple", Unit.COUNT, 1, 100, 3),
        window(24 * 60),
    ),
    bands=(Band(5, 50), Band(8, 75), Band(15, 100)),
    measure=measure,
    source="FATF Red Flag Indicators 2020; INR.15 threshold, som value to be confirmed",
)
