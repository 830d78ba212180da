"""Dormant surge: an address that slept for long receives much at once.

Definition: the party moved nothing for at least ``idle`` days, then moved again less than one
window ago; since that first movement, inside the window, it received a sum. The bands are about
that sum, in tyiyn, rounded down. An address that was never active before did not sleep.

Source: FATF, Virtual Assets Red Flag Indicators, September 2020 (dormant accounts); all numbers
are ours.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sandbox.domain.alerts.facts import Figure, Look, Measured
from sandbox.domain.alerts.rule import Band, Parameter, Rule, Unit, window

_DAY: Final = 24 * 60 * 60


def measure(look: Look) -> Measured | None:
    """Add up what came after the sleep."""
    slept = look.activity
    if slept is None or slept.woke is None or slept.idle < look.settings["idle"] * _DAY:
        return None
    woke = slept.woke
    if look.until - woke >= timedelta(minutes=look.settings["window"]):
        return None
    found = [each for each in look.received if each.at >= woke]
    if not found:
        return None
    total = sum(each.amount for each in found)
    figures = (Figure("idle", slept.idle // _DAY, "days"), Figure("total", total, "amount"))
    return Measured(total // look.unit, found, figures)


DORMANT_SURGE = Rule(
    name="dormant_surge",
    unit=Unit.TYIYN,
    parameters=(
        Parameter("idle", Unit.DAYS, 1, 365, 90),
        window(24 * 60, 24 * 60),
    ),
    bands=(Band(8_500_000, 50), Band(25_000_000, 75), Band(85_000_000, 100)),
    measure=measure,
    source="FATF Red Flag Indicators 2020; numbers ours",
)
