"""A permit's trial for its team: what it may, what is used, what was refused, test money."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.paging import part
from sandbox.services import faucet, permits, refusals, usage
from sandbox.services.faucet import AskFaucet
from sandbox.services.life_views import DeadlineView, deadline_lines
from sandbox.services.views import FaucetView, RefusalView, TrialView, UsageView

router = APIRouter(tags=["trial"])
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=64,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key by the same caller does the act once.",
    ),
]


class FaucetBody(BaseModel):
    """Test money for a member of the permit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "address": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                    "asset": "KGST",
                    "amount": "10000000000000000000000",
                }
            ]
        },
    )
    address: str = Field(min_length=42, max_length=42, description="A member's wallet.")
    asset: Literal["KGST", "SOM", "BNB"]
    amount: str = Field(
        pattern=r"^(0|[1-9]\d{0,77})$", description="Minor units, as a decimal string."
    )


@router.get("/trial", summary="The permit behind this token")
def trial(call: Caller) -> TrialView:
    """Number, state, version, term, chains, settlement wallet and every limit."""
    with call.parts.store.unit(read_only=True) as u:
        return permits.trial_view(u, call.known, at=call.at)


@router.get("/trial/usage", summary="Use of each limit")
def used(call: Caller) -> UsageView:
    """What is used of each limit, asked of the chain and the gateway now."""
    with call.parts.store.unit(read_only=True) as u:
        return usage.usage(u, call.known, call.permit, at=call.at, ports=call.parts.ports)


@router.get("/trial/refusals", summary="What was refused, oldest first")
def refused(
    call: Caller,
    request: Request,
    response: Response,
    after: Annotated[int, Query(ge=0, le=2**53, description="The last `seq` already known.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[RefusalView]:
    """Refusals with their clause, limit, what was used and what was asked for."""
    with call.parts.store.unit(read_only=True) as u:
        found = refusals.list_refusals(
            u, call.known, permit=call.permit, after=after, limit=limit + 1, at=call.at
        )
    return part(request, response, found, limit, lambda each: each.seq)


@router.get("/trial/deadlines", summary="Who owes what until when")
def deadlines(call: Caller) -> tuple[DeadlineView, ...]:
    """The deadlines of the permit's file, in working days of Kyrgyzstan; the running ones first."""
    with call.parts.store.unit(read_only=True) as u:
        file = permits.permit_view(u, call.known, call.permit, at=call.at).file
        return deadline_lines(u, call.known, file, at=call.at)


@router.post("/trial/faucet", status_code=202, summary="Ask for test money")
def ask_faucet(call: Caller, body: FaucetBody, key: IdempotencyKey = None) -> FaucetView:
    """The worker issues it; ask again with the id."""
    command = AskFaucet(
        permit=call.permit, address=body.address, asset=body.asset, amount=body.amount, key=key
    )
    with call.parts.store.unit() as u:
        view = faucet.ask(u, call.known, command, at=call.at)
        u.commit()
    return view


@router.get("/trial/faucet/{faucet_id}", summary="Where a request for test money stands")
def faucet_status(call: Caller, faucet_id: str) -> FaucetView:
    """Asked, issued (with its transaction) or refused (with the clause)."""
    with call.parts.store.unit(read_only=True) as u:
        return faucet.status(u, call.known, faucet_id[:64], at=call.at)
