"""Loss cap: customers' money in the firm's hands that nothing covers.

Definition: what customers paid to the firm's own wallets, its settlement wallet and its contracts,
less what these gave to customers and merchants (never below zero: what a firm gives before it took
anything is a gift and no credit), less what the settlement wallets and the contracts hold now. In
tyiyn, all assets together. The bands are about it; the window says only for how long the rule is
silent afterwards.

It is what the chain knows, not a finding that somebody lost money: a fee that the firm earned
counts, and what was paid out in a bank is not seen. What a customer paid to a merchant does not.

Source: a cap on customers' losses is told of other sandboxes (to be confirmed); definition ours.
"""

from __future__ import annotations

from typing import Final

from sandbox.domain.alerts.facts import Figure, Measured, Standing, Tally
from sandbox.domain.alerts.rule import DAY, LONGEST, About, Band, Rule, Unit, window

TAKEN: Final = "taken"
UNCOVERED: Final = "uncovered"


def measure(standing: Standing) -> Measured | None:
    """What nothing covers, of one permit at the end of one day."""
    uncovered = standing.level(UNCOVERED)
    total = sum(each.value for each in uncovered)
    if not total:
        return None
    taken = sum(each.value for each in standing.level(TAKEN))
    evidence: list[Tally] = [each for each in uncovered if each.value]
    return Measured(total, evidence, (Figure("taken", taken, "amount"),))


LOSS_CAP: Final = Rule(
    name="loss_cap",
    unit=Unit.TYIYN,
    parameters=(window(7 * DAY, LONGEST),),
    bands=(Band(1_000_000, 50), Band(10_000_000, 75), Band(100_000_000, 100)),
    measure=measure,
    source="Told of other sandboxes, to be confirmed; definition and numbers ours",
    kinds=frozenset(),
    about=About.PERMITS,
)
