"""Suspension orders of the intelligence service: one wallet, or a whole permit, for some days.

Rules:

1. One officer proposes, another person confirms; from then on the order is in force.
2. It is for a number of working days and ends by itself. It is prolonged by another order, which
   begins where the first one ends and needs two persons again.
3. Taking it back earlier needs two persons too: one asks, another one lifts.
4. A wallet's order stops what the wallet sends and signs; a permit's order stops everything, also
   bringing money home. Both are held by the gateway alone: the contracts know no order, so what
   others pay to a wallet, and what a contract takes by an allowance given before, goes on unless
   the whole permit is stopped.
5. Firm, sponsor and customer learn that there is an order of an authority and until when; never
   why, nor that a report stands behind it.

>>> DAYS.usual, DAYS.most
(3, 5)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.inquiries import Days
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.kit.ids import AccountName, Address, PermitNumber, PersonId


class OrderState(StrEnum):
    """Where an order is."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    ENDED = "ended"
    LIFTED = "lifted"
    WITHDRAWN = "withdrawn"


DAYS: Final = Days(3, 5, "our own figures; the law's period is to be confirmed")


@dataclass(frozen=True)
class Order:
    """One order.

    Attributes:
        id: ``ORD-<year>-<eight characters>``.
        wallet: whom it stops; None for the whole permit.
        days: working days.
        basis: on which legal ground.
        reasons: why; the service alone reads it.
        report: the report behind it.
        prolongs: the order whose end it begins at.
        until: its last moment, once it is in force.
        lift_asked_by: person who asked to lift it.
    """

    id: str
    permit: PermitNumber
    wallet: Address | None
    days: int
    basis: str
    reasons: str
    report: str | None
    prolongs: str | None
    proposed_by: AccountName
    person: PersonId
    proposed_at: datetime
    state: OrderState = OrderState.PROPOSED
    confirmed_by: AccountName | None = None
    confirmed_at: datetime | None = None
    until: datetime | None = None
    lift_asked_by: PersonId | None = None
    ended_at: datetime | None = None
    revision: int = 1


def require_state(order: Order, state: OrderState) -> None:
    """Refuse an act that the order's state does not allow.

    Raises:
        Conflict: ``order.not_from_here``.
    """
    if order.state is not state:
        raise Conflict("order.not_from_here", id=order.id)


def require_another(first: PersonId | None, second: PersonId) -> None:
    """Refuse that one person does both halves.

    Raises:
        NotAllowed: ``order.another_person``.
    """
    if first is None or first == second:
        raise NotAllowed("order.another_person")
