"""How often a permit is complained about; for those who see all files, and for nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.domain.complaints import rate
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.kit.ids import PermitNumber
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class ComplaintFigures:
    """Complaints about a permit. Rates in tenths; None where there is nothing to divide by."""

    count: int
    open: int
    customers: int
    payments: int
    per_thousand_customers: int | None
    per_ten_thousand_payments: int | None


def figures(u: UnitOfWork, actor: Actor, permit: str) -> ComplaintFigures | None:
    """How often a permit is complained about; for those who see all files, else None."""
    if Right.SEE_ALL_FILES not in rights_of(actor.seats):
        return None
    number = PermitNumber(permit)
    count, still_open = u.complaints.count(number)
    customers = sum(u.customers.registered(number).values())
    paid = u.alert_watch.payments_ever(number)
    return ComplaintFigures(
        count, still_open, customers, paid, rate(count, customers, 1000), rate(count, paid, 10_000)
    )
