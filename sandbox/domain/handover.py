"""Open work that waits for one person by name, and handing it to a colleague without leaving.

Rules:

1. Open work is what names one person: alerts given to them, contract reviews that wait for their
   word, duties now and to come, questions they asked, proposals they signed first, delegations.
   Files are their authority's; a person's are those in which they acted as its regulator.
2. Alerts, contract reviews and duties can be handed over. Signatures, questions and seats in files
   are facts and stay; votes and offices of the Committee are not handed over.
3. One hands over one's own. The chair in office of the authority's Committee, and whoever acts for
   the chair, hands over for a colleague who cannot.
4. It goes to another person, an active regulator of the same authority. What was chosen goes in one
   act, or nothing does.
5. With it the seat may be delegated until a day, by the rules of delegations; so whoever takes over
   and the person who is away count as one where two must sign.

>>> Item.read("alert:A-2026-0001"), Item.read("vote:1")
(Item(kind=<Kind.ALERT: 'alert'>, id='A-2026-0001'), None)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from sandbox.domain.committee import CommitteeRole, InOffice
from sandbox.domain.seats import Actor
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import PersonId


class Kind(StrEnum):
    """What can be handed over."""

    ALERT = "alert"
    REVIEW = "review"
    DUTY = "duty"


@dataclass(frozen=True, order=True)
class Item:
    """One thing that is, or shall be, handed over."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        """As a form names it."""
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """An item from its text; None for what is none."""
        kind, _, name = text.partition(":")
        return cls(Kind(kind), name[:40]) if kind in set(Kind) and name else None


def may_hand_over(actor: Actor, person: PersonId, committee: Iterable[InOffice]) -> bool:
    """Whether an actor hands over what a person of the same authority has in work.

    Args:
        actor: who asks.
        person: whose work it is.
        committee: who sits on the authority's Committee now.
    """
    if actor.person == person:
        return True
    return any(
        each.role is CommitteeRole.CHAIR and each.person == actor.person for each in committee
    )


def require_may(actor: Actor, person: PersonId, committee: Iterable[InOffice]) -> None:
    """Refuse to hand over what is neither one's own nor a colleague's to the chair.

    Raises:
        NotAllowed: ``handover.not_yours``.
    """
    if not may_hand_over(actor, person, committee):
        raise NotAllowed("handover.not_yours")


def require_chosen(
    chosen: Iterable[Item], known: Iterable[Item], *, delegated: bool
) -> tuple[Item, ...]:
    """What is handed over: all that was chosen, each once, in order.

    Args:
        chosen: by the form.
        known: what there is.
        delegated: whether the seat is delegated with it.

    Raises:
        InvalidInput: ``handover.nothing``.
        Conflict: ``handover.changed`` when something chosen is not there any more.
    """
    wanted, there = set(chosen), set(known)
    if not wanted and not delegated:
        raise InvalidInput("handover.nothing")
    if gone := wanted - there:
        raise Conflict("handover.changed", what=", ".join(each.id for each in sorted(gone)))
    return tuple(sorted(wanted))
