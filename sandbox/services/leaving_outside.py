"""What an ended membership means outside the store: at the gateway and at the hub.

Rules:

1. Each is asked again until it is so, also after the process was killed; done twice is done once.
2. The gateway holds every key and policy of the organisation as the store has them now.
3. The hub stops the account's servers, forgets its tokens and sessions, and lets it in no more:
   it deletes its user. "No such user" is what is wanted. Homes and coursework are kept.
4. What the hub ended is written down before it is asked to, so that the receipt can say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from sandbox.domain.leaving import Departure
from sandbox.domain.records import OutboxRow
from sandbox.kit.errors import Unavailable
from sandbox.services.policies import key_records, policy_of
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

SECONDS: Final = 60.0
"""How long the hub may take to stop a server."""


@dataclass(frozen=True)
class Hub:
    """The hub over its REST interface.

    Attributes:
        api: ``http://127.0.0.1:8081/hub/api``.
        token: of the service that may end memberships.
    """

    api: str
    token: str = field(repr=False)

    def held(self, account: str) -> Mapping[str, Any] | None:
        """What it has of an account.

        Raises:
            Unavailable: ``hub.unreachable``.
        """
        user = self._ask("GET", f"/users/{quote(account)}")
        if user is None:
            return None
        tokens = self._ask("GET", f"/users/{quote(account)}/tokens") or {}
        servers = [name or "home" for name in user.get("servers") or {}]
        return {"servers": sorted(servers), "tokens": len(tokens.get("api_tokens") or ())}

    def forget(self, account: str) -> None:
        """Stop every server, then delete the user: the hub's own delete stops the plain one alone.

        Raises:
            Unavailable: ``hub.unreachable``, also while a server is still stopping: try again.
        """
        path = f"/users/{quote(account)}"
        user = self._ask("GET", path) or {}
        for name in user.get("servers") or {}:
            self._ask("DELETE", f"{path}/servers/{quote(name)}" if name else f"{path}/server")
        if (self._ask("GET", path) or {}).get("servers"):
            raise Unavailable("hub.unreachable")
        self._ask("DELETE", path)

    def stop(self, account: str, server: str) -> None:
        """Stop one named server; one that does not run is as wanted.

        Raises:
            Unavailable: ``hub.unreachable``, also while it is still stopping: try again.
        """
        path = f"/users/{quote(account)}"
        if server not in ((self._ask("GET", path) or {}).get("servers") or {}):
            return
        self._ask("DELETE", f"{path}/servers/{quote(server)}")
        if server in ((self._ask("GET", path) or {}).get("servers") or {}):
            raise Unavailable("hub.unreachable")

    def _ask(self, method: str, path: str) -> dict[str, Any] | None:
        headers = {"Authorization": f"token {self.token}"}
        try:
            with httpx.Client(timeout=SECONDS, trust_env=False, headers=headers) as client:
                answer = client.request(method, f"{self.api}{path}")
        except httpx.HTTPError as error:
            raise Unavailable("hub.unreachable") from error
        if answer.status_code == 404:
            return None
        if not answer.is_success:
            raise Unavailable("hub.unreachable")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


def at_gateway(desk: Desk, row: OutboxRow) -> None:
    """Give the gateway every key and the organisation's policies; note when it has them.

    Raises:
        Unavailable: the gateway is out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        departure = u.departures.get(row.payload["departure"])
        keys = key_records(u, desk.clock.now())
        policies = [
            policy_of(u, permit, u.files.get(permit.file))
            for permit in u.permits.of_orgs(departure.org)
            if permit.org == departure.org
        ]
    desk.gateway.put_keys(keys)
    for policy in policies:
        desk.gateway.put_policy(policy)
    desk.at_step("membership.gateway.told")
    with desk.store.unit() as u:
        at = desk.clock.now()
        held = u.departures.get(departure.id, lock=True)
        if held.gateway_at is None:
            u.departures.save(replace(held, gateway_at=at))
            _note(u, "membership.gateway_ended", held, {"policies": len(policies)}, at)
        u.outbox.done(row.id, at)
        u.commit()


def at_hub(desk: Desk, row: OutboxRow) -> None:
    """Have the hub forget every account of a departure; note what it ended and when.

    Raises:
        Unavailable: ``hub.unreachable``: try again.
    """
    if desk.hub is None:
        raise Unavailable("hub.unreachable")
    with desk.store.unit(read_only=True) as u:
        departure = u.departures.get(row.payload["departure"])
    known = dict(row.result)
    for account in departure.accounts:
        held = desk.hub.held(account)
        if held is None:
            continue
        if account not in known:
            known[account] = dict(held)
            with desk.store.unit() as u:
                u.outbox.remember(row.id, known)
                u.commit()
        desk.at_step("membership.hub.written_down")
        desk.hub.forget(account)
        if desk.hub.held(account) is not None:
            raise Unavailable("hub.unreachable")
    desk.at_step("membership.hub.told")
    with desk.store.unit() as u:
        at = desk.clock.now()
        kept = u.departures.get(departure.id, lock=True)
        if kept.hub_at is None:
            u.departures.save(replace(kept, hub=known, hub_at=at))
            _note(u, "membership.hub_ended", kept, {"hub": known}, at)
        u.outbox.done(row.id, at)
        u.commit()


def _note(
    u: UnitOfWork, kind: str, departure: Departure, data: Mapping[str, Any], at: datetime
) -> None:
    u.audit.append(
        kind=kind,
        actor="system",
        subject=departure.org,
        data={"departure": departure.id, **data},
        at=at,
    )
