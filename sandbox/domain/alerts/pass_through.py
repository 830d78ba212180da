"""Pass-through: what comes in from other people goes out again at once.

Definition: the party's receipts in the window that came from people, firms or contracts (not
from the issuer and not from a settlement wallet) reach ``floor`` together. Its payments after the
first of those receipts, up to what was received, are the part passed on. The bands are about
``100 * passed on / received``, rounded down. Issued money is left out, so that charging a wallet
and spending at a shop is no pass-through.

Source: FATF, Virtual Assets Red Flag Indicators, September 2020 (mule accounts, transaction
patterns); all numbers are ours.
"""

from __future__ import annotations

from sandbox.domain.alerts.facts import Figure, Kind, Look, Measured
from sandbox.domain.alerts.rule import Band, Parameter, Rule, Unit, window

_CHARGING = frozenset({Kind.ISSUER, Kind.SETTLEMENT})


def measure(look: Look) -> Measured | None:
    """Compare what came in with what went out after it."""
    came = [
        each for each in look.received if look.kinds.get(each.payer, Kind.OTHER) not in _CHARGING
    ]
    received = sum(each.amount for each in came)
    if not came or received < look.money("floor"):
        return None
    went = [each for each in look.paid if each.order > came[0].order]
    paid = sum(each.amount for each in went)
    figures = (
        Figure("received", received, "amount"),
        Figure("paid_on", paid, "amount"),
        Figure("payers", len({each.payer for each in came})),
        Figure("payees", len({each.payee for each in went})),
    )
    evidence = sorted([*came, *went], key=lambda each: each.order)
    return Measured(100 * min(paid, received) // received, evidence, figures)


PASS_THROUGH = Rule(
    name="pass_through",
    unit=Unit.PERCENT,
    parameters=(
        Parameter("floor", Unit.TYIYN, 1, 10_000_000_000, 1_000_000),
        window(6 * 60),
    ),
    bands=(Band(90, 50), Band(98, 75), Band(100, 80)),
    measure=measure,
    source="FATF Red Flag Indicators 2020; numbers ours",
)
