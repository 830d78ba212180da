"""Webhooks: an organisation's addresses, what was sent there, and what was answered."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.describing import taken
from sandbox.api.paging import After, Limit, behind, part
from sandbox.api.trial import IdempotencyKey
from sandbox.services import webhooks
from sandbox.services.webhook_views import AttemptView, EndpointView, MadeEndpointView
from sandbox.services.webhooks import AddEndpoint, ChangeEndpoint, RenewSecret

router = APIRouter(tags=["webhooks"])
Kinds = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(max_length=100, description="Kinds of events; all that the organisation is told of: []."),
]


class AddBody(BaseModel):
    """Where to be told of what."""

    model_config = taken(url="https://hooks.example.kg/synak", kinds=["file.suspend", "file.halt"])
    url: str = Field(min_length=8, max_length=500, description="https.")
    kinds: Kinds = Field(default_factory=list)


class ChangeBody(BaseModel):
    """What is to be otherwise; what is left out stays."""

    model_config = taken(state="paused")
    url: str | None = Field(default=None, min_length=8, max_length=500)
    kinds: Kinds | None = None
    state: Literal["on", "paused"] | None = None


class SecretBody(BaseModel):
    """A new secret."""

    model_config = taken(at_once=False)
    at_once: bool = Field(
        default=False, description="Without the day in which the old secret is used as well."
    )


@router.post("/webhooks", status_code=201, summary="Be told at an address")
def add(call: Caller, body: AddBody, key: IdempotencyKey = None) -> MadeEndpointView:
    """The secret is in this answer only. For who manages the organisation's webhooks."""
    command = AddEndpoint(body.url, tuple(body.kinds), key)
    with call.parts.store.unit() as u:
        view = webhooks.add(u, call.known, command, at=call.at, seal=call.parts.webhooks)
        u.commit()
    return view


@router.get("/webhooks", summary="The organisation's addresses")
def everything(
    call: Caller, request: Request, response: Response, after: After = None, limit: Limit = 200
) -> list[EndpointView]:
    """Without their secrets; how much waits, and when it is tried next."""
    with call.parts.store.unit(read_only=True) as u:
        found = webhooks.list_endpoints(u, call.known)
    rest = behind(found, after, lambda each: each.id)
    return part(request, response, rest, limit, lambda each: each.id)


@router.get("/webhooks/{webhook}", summary="One address")
def one(call: Caller, webhook: str) -> EndpointView:
    """404 also when it is another organisation's."""
    with call.parts.store.unit(read_only=True) as u:
        return webhooks.endpoint(u, call.known, webhook)


@router.patch("/webhooks/{webhook}", summary="Change an address")
def change(call: Caller, webhook: str, body: ChangeBody) -> EndpointView:
    """On again after it was set aside, what waits is tried at once."""
    kinds = None if body.kinds is None else tuple(body.kinds)
    command = ChangeEndpoint(webhook, body.url, kinds, body.state)
    with call.parts.store.unit() as u:
        view = webhooks.change(u, call.known, command, at=call.at, seal=call.parts.webhooks)
        u.commit()
    return view


@router.delete("/webhooks/{webhook}", status_code=204, summary="Be told there no more")
def remove(call: Caller, webhook: str) -> None:
    """What was sent and what was answered is forgotten with it."""
    with call.parts.store.unit() as u:
        webhooks.remove(u, call.known, webhook, at=call.at)
        u.commit()


@router.post("/webhooks/{webhook}/secret", summary="A new secret")
def renew(
    call: Caller, webhook: str, body: SecretBody, key: IdempotencyKey = None
) -> MadeEndpointView:
    """For a day messages carry a signature with each of both secrets."""
    command = RenewSecret(webhook, body.at_once, key)
    with call.parts.store.unit() as u:
        view = webhooks.renew_secret(u, call.known, command, at=call.at, seal=call.parts.webhooks)
        u.commit()
    return view


@router.post("/webhooks/{webhook}/test", status_code=202, summary="Send a test event")
def send_test(call: Caller, webhook: str, key: IdempotencyKey = None) -> EndpointView:
    """`webhook.test`, also to an address that is paused; look at the tries for what came of it."""
    with call.parts.store.unit() as u:
        view = webhooks.send_test(u, call.known, webhook, at=call.at, key=key)
        u.commit()
    return view


@router.post(
    "/webhooks/{webhook}/events/{event}/again", status_code=202, summary="Send an event again"
)
def again(call: Caller, webhook: str, event: str) -> EndpointView:
    """Under the same `webhook-id`. Asked twice before it went, it goes once."""
    with call.parts.store.unit() as u:
        view = webhooks.send_again(u, call.known, webhook, event, at=call.at)
        u.commit()
    return view


@router.get("/webhooks/{webhook}/attempts", summary="What was sent and answered, newest first")
def tried(
    call: Caller,
    webhook: str,
    before: Annotated[int, Query(ge=1, le=2**31 - 1, description="Only tries before this.")] = (
        2**31 - 1
    ),
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[AttemptView, ...]:
    """Kept for thirty days."""
    with call.parts.store.unit(read_only=True) as u:
        return webhooks.attempts(u, call.known, webhook, before=before, limit=limit)
