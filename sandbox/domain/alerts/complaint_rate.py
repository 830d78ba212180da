"""Complaint rate: how many people complained, for each 10,000 payments.

Definition: in the window ``n`` people complained about the permit and its customers made ``p``
payments, counted as at least ``base``, so that a handful of payments makes no rate. With fewer than
``least`` people there is none. Measured is ``10,000 n / p``, rounded up. The bands are about it.

Who counts: each customer of the trial once, and each complaint that was filed without an account
once a regulator has upheld it, in part or whole; nothing that a regulator did not uphold. Nobody
can stop a trial by filling in a public form.

Source: pausing a test at a complaint rate of 0.3 % is told of other sandboxes (unverified, to be
confirmed); all other numbers are ours.

>>> rate_of(3, 0, 1_000), rate_of(4, 0, 1_000), rate_of(4, 20_000, 1_000), rate_of(1, 30_000, 1)
(30, 40, 2, 1)
"""

from __future__ import annotations

from typing import Final

from sandbox.domain.alerts.facts import Figure, Measured, Standing
from sandbox.domain.alerts.rule import DAY, LONGEST, About, Band, Parameter, Rule, Unit, window

COMPLAINT: Final = "complaint"
PAYMENTS: Final = "payments"
PER: Final = 10_000


def rate_of(complained: int, payments: int, base: int) -> int:
    """People who complained for each 10,000 payments, rounded up.

    Args:
        complained: people, >= 0.
        payments: made by customers, >= 0.
        base: the least that counts as payments, >= 1.
    """
    return -(-complained * PER // max(payments, base))


def measure(standing: Standing) -> Measured | None:
    """The rate of one permit at the end of one day."""
    complained = list({each.of: each for each in standing.within(COMPLAINT)}.values())
    if len(complained) < standing.settings["least"]:
        return None
    payments = sum(each.value for each in standing.within(PAYMENTS))
    figures = (Figure("complained", len(complained)), Figure("payments", payments))
    rate = rate_of(len(complained), payments, standing.settings["base"])
    return Measured(rate, complained, figures)


COMPLAINT_RATE: Final = Rule(
    name="complaint_rate",
    unit=Unit.COUNT,
    parameters=(
        Parameter("least", Unit.COUNT, 1, 1_000, 2),
        Parameter("base", Unit.COUNT, 1, 1_000_000, 1_000),
        window(30 * DAY, LONGEST),
    ),
    bands=(Band(20, 50), Band(50, 75), Band(200, 100)),
    measure=measure,
    source="Told of other sandboxes (0.3 %), to be confirmed; numbers ours",
    kinds=frozenset(),
    about=About.PERMITS,
)
