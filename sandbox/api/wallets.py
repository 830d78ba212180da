"""The team's own wallets: a challenge, its answer, the list, taking one out."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.describing import taken
from sandbox.api.paging import DEFAULT, After, Limit, behind, part
from sandbox.api.trial import IdempotencyKey
from sandbox.services import team_wallets
from sandbox.services.team_wallets import AnswerChallenge, AskChallenge, RemoveWallet
from sandbox.services.views import ChallengeView, TeamWalletView

router = APIRouter(tags=["wallets"])


class ChallengeBody(BaseModel):
    """Which wallet shall join."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "address": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                    "chain": "kgst",
                    "name": "deployer",
                }
            ]
        },
    )
    address: str = Field(min_length=42, max_length=42, description="A wallet of the team's own.")
    chain: Literal["kgst", "som"] = Field(description="The chain that it joins.")
    name: str = Field(default="", max_length=60, description="What it is for.")


class AnswerBody(BaseModel):
    """A challenge signed by the wallet."""

    model_config = taken(challenge="0f3c", signature="0x…")
    challenge: str = Field(min_length=1, max_length=40, description="The challenge's id.")
    signature: str = Field(
        max_length=200,
        description="65 bytes as 0x hex: EIP-191 over `text`, or EIP-712 over `typed_data`.",
    )


@router.post("/trial/wallets/challenges", status_code=201, summary="Ask for a challenge")
def ask(call: Caller, body: ChallengeBody, key: IdempotencyKey = None) -> ChallengeView:
    """For a person of the team: the notebook server's token, no permit key. Good once."""
    command = AskChallenge(
        permit=call.permit,
        address=body.address,
        chain=body.chain,
        name=body.name,
        origin=call.parts.public_url,
        key=key,
    )
    with call.parts.store.unit() as u:
        view = team_wallets.ask(u, call.known, command, at=call.at, ports=call.parts.ports)
        u.commit()
    return view


@router.post("/trial/wallets", status_code=202, summary="Answer a challenge")
def answer(call: Caller, body: AnswerBody, key: IdempotencyKey = None) -> TeamWalletView:
    """The worker then registers the wallet on chain; look at the list until it is there."""
    command = AnswerChallenge(call.permit, body.challenge, body.signature, key)
    with call.parts.store.unit() as u:
        view = team_wallets.answer(u, call.known, command, at=call.at, ports=call.parts.ports)
        u.commit()
    return view


@router.get("/trial/wallets", summary="The team's own wallets")
def everything(
    call: Caller,
    request: Request,
    response: Response,
    after: After = None,
    limit: Limit = DEFAULT,
) -> list[TeamWalletView]:
    """Joining, registered, refused or left."""
    with call.parts.store.unit(read_only=True) as u:
        every = team_wallets.list_wallets(u, call.known, call.permit, at=call.at)
    found = behind(every, after, lambda each: each.id)
    return part(request, response, found, limit, lambda each: each.id)


@router.delete("/trial/wallets/{wallet}", summary="Take a wallet out")
def remove(call: Caller, wallet: str) -> TeamWalletView:
    """The gateway refuses it before this is answered. Twice is once, with no key needed."""
    command = RemoveWallet(call.permit, wallet[:40])
    with call.parts.store.unit() as u:
        view = team_wallets.remove(u, call.known, command, at=call.at, ports=call.parts.ports)
        u.commit()
    return view
