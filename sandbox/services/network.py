"""The network of a permit's parties, from the explorer's index, for those who supervise.

Rules: parties are addresses with what the desk knows of them, never a person's name; at most
:data:`MOST` of the newest payments of the last days are looked at; nobody else learns of the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.network import Network, network
from sandbox.domain.seats import Actor
from sandbox.domain.terms import CHAIN_OF
from sandbox.kit.ids import AssetCode
from sandbox.services.access import readable_permit
from sandbox.services.alert_parties import Parties, parties_of
from sandbox.services.supervision import require_sees_alerts
from sandbox.store import UnitOfWork

MOST: Final = 2_000
DAYS: Final = (2, 7, 30)


@dataclass(frozen=True)
class NetworkView:
    """One asset's network.

    Attributes:
        asset: of the amounts.
        chain: where.
        known: who the parties are.
        cut: whether there were more payments than are looked at.
    """

    asset: AssetCode
    chain: str
    network: Network
    known: Parties
    cut: bool


def networks_of(
    u: UnitOfWork, actor: Actor, number: str, days: int, *, at: datetime
) -> tuple[NetworkView, ...]:
    """The networks of a permit's assets.

    Args:
        u: a reading unit of work.
        actor: a regulator or an auditor.
        number: the permit's.
        days: how far back, one of :data:`DAYS`; another is the middle one.
        at: now.

    Raises:
        NotFound: ``web.not_found``, ``permit.not_found``.
    """
    require_sees_alerts(actor)
    permit, _ = readable_permit(u, actor, number)
    since = at - timedelta(days=days if days in DAYS else DAYS[1])
    wallets = {str(each.wallet).lower() for each in u.customers.of_permit(permit.number)}
    found = []
    for asset in permit.terms.assets:
        chain = CHAIN_OF[asset.asset]
        index = u.explorer.cursor(chain)
        moved = (
            u.alert_watch.newest_of(chain, index.token, wallets, since, MOST + 1) if index else ()
        )
        drawn = network(
            (each.payer or "", each.payee or "", each.amount, each.hash or "")
            for each in reversed(moved[:MOST])
        )
        known = parties_of(u, drawn.parties)
        found.append(NetworkView(asset.asset, chain, drawn, known, len(moved) > MOST))
    return tuple(found)
