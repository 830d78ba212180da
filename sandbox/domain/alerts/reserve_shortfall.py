"""Reserve shortfall: what the settlement wallets hold no longer covers what customers hold.

Definition: customers and the permit's contracts hold ``h``, at least ``floor``; its settlement
wallets hold ``s``; on some day before the settlement wallets held at least ``had`` percent of it.
Measured is the part of ``h`` that ``s`` does not cover, in percent, rounded up; all assets
together. The bands are about it; the window says only for how long the rule is silent afterwards.

A permit whose settlement wallets never held that much keeps no reserve that could fall short: with
``had`` at 0 such permits are looked at too. Reserves in a bank are not seen.

Source: reserve reports of stablecoin issuers; definition and numbers ours.
"""

from __future__ import annotations

from typing import Final

from sandbox.domain.alerts.facts import Figure, Measured, Standing
from sandbox.domain.alerts.rule import DAY, LONGEST, About, Band, Parameter, Rule, Unit, window

HELD: Final = "held"
RESERVE: Final = "reserve"
COVERED: Final = "covered"


def measure(standing: Standing) -> Measured | None:
    """The part that is not covered, of one permit at the end of one day."""
    held_by, kept_in = standing.level(HELD), standing.level(RESERVE)
    held, kept = sum(each.value for each in held_by), sum(each.value for each in kept_in)
    had = max((each.value for each in standing.level(COVERED)), default=0)
    if held < standing.settings["floor"] or had < standing.settings["had"] or kept >= held:
        return None
    figures = (Figure("held", held, "amount"), Figure("reserve", kept, "amount"))
    return Measured(-(-100 * (held - kept) // held), [*held_by, *kept_in], figures)


RESERVE_SHORTFALL: Final = Rule(
    name="reserve_shortfall",
    unit=Unit.PERCENT,
    parameters=(
        Parameter("floor", Unit.TYIYN, 1, 10**15, 100_000),
        Parameter("had", Unit.PERCENT, 0, 100, 100),
        window(7 * DAY, LONGEST),
    ),
    bands=(Band(5, 50), Band(20, 75), Band(50, 100)),
    measure=measure,
    source="Reserve reports of stablecoin issuers; definition and numbers ours",
    kinds=frozenset(),
    about=About.PERMITS,
)
