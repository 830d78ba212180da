"""Leaving an organisation: one act that ends everything a person can do with its accounts.

Rules:

1. It ends all the person's accounts with that organisation, and with them seats, sessions, permit
   keys, servers, the hub's tokens and duties. Keys of customers are the customers' and stay.
2. The owner ends it in their own organisation, the operator in organisations that have no owner's
   seat. An operator ends nobody's seat as operator, so nobody locks the installation.
3. An organisation with an owner's seat keeps an owner: the last one names a successor.
4. An authority keeps the two regulators, and the intelligence service the two officers, without
   whom nothing can be decided. Whoever holds an
   office on its Committee leaves that first, which takes two persons.
5. What another process has to do is done by the worker until it is done; the receipt says when
   each thing took effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.domain.records import Account
from sandbox.domain.seats import Actor, Right, Seat, rights_of
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, OrgId, PersonId

LEAST_REGULATORS: Final = 2
_NEEDS_TWO: Final = {
    Seat.REGULATOR: "leaving.last_regulators",
    Seat.INTELLIGENCE: "leaving.last_officers",
}
"""Seats whose acts take two persons."""


@dataclass(frozen=True)
class Departure:
    """One membership that was ended.

    Attributes:
        accounts: the person's accounts with the organisation.
        successor: who owns the organisation, or has the open work, from now on.
        done: what was ended at once: ``{keys, sessions, passkeys, duties, delegations, alerts,
            reviews}``, and ``webhooks`` that the person set up, which go on; each a list.
        gateway_at: when the gateway had every key and policy without them.
        hub: what the hub ended: ``{account: {servers, tokens}}``.
        hub_at: when the hub knew none of them any more.
    """

    id: str
    org: OrgId
    person: PersonId
    name: str
    accounts: tuple[AccountName, ...]
    reasons: str
    ended_by: AccountName
    ended_at: datetime
    successor: AccountName | None
    done: Mapping[str, Any]
    gateway_at: datetime | None = None
    hub: Mapping[str, Any] | None = None
    hub_at: datetime | None = None
    revision: int = 1

    @property
    def complete(self) -> bool:
        """Whether everything took effect everywhere."""
        return self.gateway_at is not None and self.hub_at is not None


def may_end(actor: Actor, account: Account, *, owned: bool) -> bool:
    """Whether an actor ends the memberships that an account belongs to.

    Args:
        actor: who asks.
        account: an active one.
        owned: whether its organisation is one with an owner's seat.
    """
    if Right.MANAGE_MEMBERS not in rights_of(actor.seats) or account.org is None:
        return False
    if Seat.OPERATOR in account.seats:
        return False
    if Seat.OPERATOR in actor.seats and not owned:
        return True
    return Seat.OWNER in actor.seats and account.org == actor.org


def require_owner_left(
    leaving: Iterable[Account], members: Iterable[Account], successor: Account | None
) -> None:
    """Refuse to leave an organisation without an owner.

    Args:
        leaving: the accounts that end.
        members: every active account of the organisation.
        successor: who becomes owner, of those that stay.

    Raises:
        Conflict: ``leaving.last_owner``.
        InvalidInput: ``leaving.successor_unknown``.
    """
    ended = {each.name for each in leaving}
    staying = [each for each in members if each.name not in ended]
    if successor is not None and successor.name not in {each.name for each in staying}:
        raise InvalidInput("leaving.successor_unknown", account=successor.name)
    owned = any(Seat.OWNER in each.seats for each in members)
    if owned and successor is None and not any(Seat.OWNER in each.seats for each in staying):
        raise Conflict("leaving.last_owner")


def require_regulators_left(leaving: Iterable[Account], members: Iterable[Account]) -> None:
    """Refuse to leave an authority that could then decide nothing: persons count, not accounts.

    Raises:
        Conflict: ``leaving.last_regulators``, ``leaving.last_officers``.
    """
    ended, known = list(leaving), list(members)
    gone = {each.person for each in ended}
    for seat, code in _NEEDS_TWO.items():
        if not any(seat in each.seats for each in ended):
            continue
        left = {e.person for e in known if seat in e.seats and e.person not in gone}
        if len(left) < LEAST_REGULATORS:
            raise Conflict(code, least=LEAST_REGULATORS)
