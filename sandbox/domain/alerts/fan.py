"""Fan-in and fan-out: many distinct parties on the other side.

Definition of fan-in: in the window the party received at least ``floor`` in one payment from each
of ``n`` distinct addresses other than the issuer. Fan-out: it paid at least ``floor`` in one
payment to each of ``n`` distinct addresses. The bands are about ``n``.

Source: FATF, Virtual Assets Red Flag Indicators, September 2020 (transaction patterns); all
numbers are ours.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.domain.alerts.facts import Figure, Kind, Look, Measured, Payment
from sandbox.domain.alerts.rule import Band, Parameter, Rule, Unit, window


def fan_in(look: Look) -> Measured | None:
    """Count those who paid to the party."""
    came = [each for each in look.received if look.kinds.get(each.payer) is not Kind.ISSUER]
    return _distinct(look, came, lambda each: each.payer, "payers")


def fan_out(look: Look) -> Measured | None:
    """Count those to whom the party paid."""
    return _distinct(look, look.paid, lambda each: each.payee, "payees")


def _distinct(
    look: Look, moved: list[Payment], other: Callable[[Payment], str], name: str
) -> Measured | None:
    floor = look.money("floor")
    found = [each for each in moved if each.amount >= floor]
    if not found:
        return None
    sides = {other(each) for each in found}
    total = sum(each.amount for each in found)
    figures = (
        Figure(name, len(sides)),
        Figure("payments", len(found)),
        Figure("total", total, "amount"),
    )
    return Measured(len(sides), found, figures)


_PARAMETERS = (Parameter("floor", Unit.TYIYN, 1, 10_000_000_000, 10_000), window(24 * 60))
_BANDS = (Band(10, 50), Band(20, 75), Band(40, 100))
_SOURCE = "FATF Red Flag Indicators 2020; numbers ours"

FAN_IN = Rule("fan_in", Unit.COUNT, _PARAMETERS, _BANDS, fan_in, _SOURCE)
FAN_OUT = Rule("fan_out", Unit.COUNT, _PARAMETERS, _BANDS, fan_out, _SOURCE)
