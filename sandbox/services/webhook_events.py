"""What an organisation is told becomes events of its addresses, in the transaction that tells it.

Rules: ``domain.webhooks``. ``services.notices`` calls this with the accounts that hear of an entry;
nothing here decides who may learn of what.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sandbox.domain.records import Account
from sandbox.domain.seats import Right, rights_of
from sandbox.domain.webhooks import Endpoint, Event, Told, payload
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import OrgId
from sandbox.store import UnitOfWork


class Posts:
    """One round of telling; an organisation's addresses are read once.

    Args:
        u: the writing unit of work that tells.
        at: now.
    """

    def __init__(self, u: UnitOfWork, *, at: datetime) -> None:
        self.u = u
        self.at = at
        self._endpoints: dict[OrgId, tuple[Endpoint, ...]] = {}

    def tell(self, told: Told, heard_by: Iterable[Account]) -> None:
        """Tell every address of every organisation in which somebody who manages them hears of it.

        Args:
            told: what happened.
            heard_by: all who hear of it, whoever did it.
        """
        orgs = {
            account.org
            for account in heard_by
            if account.org and Right.MANAGE_WEBHOOKS in rights_of(frozenset(account.seats))
        }
        for org in sorted(orgs):
            for endpoint in self._of(org):
                if endpoint.wants(told.kind):
                    post(self.u, endpoint, told, at=self.at)

    def _of(self, org: OrgId) -> tuple[Endpoint, ...]:
        if org not in self._endpoints:
            self._endpoints[org] = self.u.webhooks.endpoints.of_org(org)
        return self._endpoints[org]


def post(u: UnitOfWork, endpoint: Endpoint, told: Told, *, at: datetime) -> Event:
    """Put an event behind those that wait for an address."""
    seq = u.counters.next(f"webhook:{endpoint.id}:events")
    return u.webhooks.events.add(
        Event(
            id=f"evt_{uuid.uuid4().hex}",
            endpoint=endpoint.id,
            seq=seq,
            kind=told.kind,
            body=canonical(payload(told, seq)).decode(),
            created_at=at,
            next_at=at,
        )
    )
