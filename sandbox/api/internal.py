"""What the hub asks the desk: who may come in, which servers they may start, what is booked.

Rules: only the hub's secret opens it; an account the desk does not know may start
nothing but the default server, which the hub allows by itself.
"""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from sandbox.api.bearer import token_of
from sandbox.api.parts import DeskParts
from sandbox.domain.listing import LARGEST, Search
from sandbox.domain.seats import Channel, Right, rights_of
from sandbox.domain.server_limits import context_of, limits_of
from sandbox.kit.errors import NotAuthenticated
from sandbox.kit.ids import permit_number
from sandbox.services import (
    classroom_people,
    identity,
    outside_accounts,
    permits,
    seat_bookings,
    sign_ins,
)
from sandbox.services.hub_export import groups_of
from sandbox.services.keyed import Keyed

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/contexts")
def contexts(request: Request, user: Annotated[str, Query(max_length=64)]) -> list[dict[str, Any]]:
    """The named servers (permits' and courses') that a hub user may start, a permit's limits."""
    parts = _for_the_hub(request)
    at = parts.clock.now()
    found: list[dict[str, Any]] = []
    with parts.store.unit(read_only=True) as u:
        try:
            actor = identity.actor_of(u, user, channel=Channel.SYSTEM)
        except NotAuthenticated:
            return found
        if Right.RUN_TRIAL in rights_of(actor.seats):
            found += [
                {
                    "context": context_of(permit_number(each.number)),
                    "kind": "permit",
                    "title": f"{each.number} {each.title}",
                    "limits": limits_of(each.terms.load),
                }
                for each in permits.list_permits(u, actor, Search(limit=LARGEST), at=at)
                if each.state
                not in ("revoked", "expired", "revocation_appealed", "completed", "graduated")
            ]
        found += [dict(each) for each in classroom_people.contexts_of(u, actor.account, at)]
    return found


@router.get("/accounts")
def accounts(request: Request, user: Annotated[str, Query(max_length=64)]) -> dict[str, Any]:
    """Whether a hub user is an active account here, and its groups at the hub."""
    parts = _for_the_hub(request)
    with parts.store.unit(read_only=True) as u:
        found = u.accounts.find(user[:32])
    if found is None or not found.active or found.name != user:
        return {"active": False, "groups": []}
    return {"active": True, "groups": list(groups_of(found))}


@router.get("/bookings")
def bookings(request: Request) -> dict[str, Any]:
    """Which seats are booked from now on, and who may sit on them."""
    parts = _for_the_hub(request)
    with parts.store.unit(read_only=True) as u:
        return {"bookings": seat_bookings.holds_of(u, parts.clock.now())}


class Password(BaseModel):
    """What somebody typed at the hub's sign-in."""

    user: str = Field(max_length=64)
    password: str = Field(max_length=1000, repr=False)


@router.post("/passwords")
def passwords(request: Request, typed: Password) -> dict[str, bool]:
    """Whether a password is the account's own; who has none is told no as well."""
    parts = _for_the_hub(request)
    keyed, at = Keyed(parts.session_secret), parts.clock.now()
    return {"right": sign_ins.is_right(parts.store, typed.user, typed.password, at=at, keyed=keyed)}


class Ticket(BaseModel):
    """What a browser showed to the hub after it came from an outside provider."""

    ticket: str = Field(max_length=100, repr=False)


@router.post("/tickets")
def tickets(request: Request, shown: Ticket) -> dict[str, str | None]:
    """Who came, told once; no account for a ticket that is not good."""
    parts = _for_the_hub(request)
    with parts.store.unit() as u:
        account = outside_accounts.use_ticket(u, shown.ticket, at=parts.clock.now())
        u.commit()
    return {"account": account}


def _for_the_hub(request: Request) -> DeskParts:
    """What the desk is made of, for the hub alone.

    Raises:
        NotAuthenticated: ``token.unknown``.
    """
    parts: DeskParts = request.app.state.parts
    if not hmac.compare_digest(token_of(request).encode(), parts.hub_secret.encode()):
        raise NotAuthenticated("token.unknown")
    return parts
