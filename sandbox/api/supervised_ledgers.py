"""Supervised ledgers of a permit: ask that a contract be admitted, list them with their totals."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.paging import DEFAULT, After, Limit, behind, part
from sandbox.api.trial import IdempotencyKey
from sandbox.services import supervised_ledger_views, supervised_ledgers
from sandbox.services.supervised_ledger_views import LedgerLine, line_of
from sandbox.services.supervised_ledgers import AskLedger

router = APIRouter(tags=["supervised ledgers"])


class LedgerBody(BaseModel):
    """Which contract shall be a supervised ledger."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "contract": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                    "chain": "kgst",
                    "name": "Savings pool",
                    "purpose": "Customers save together and pay each other inside the pool.",
                }
            ]
        },
    )
    contract: str = Field(
        min_length=42,
        max_length=66,
        description="Its address, or the hash of the transaction that deployed it.",
    )
    chain: Literal["kgst", "som"] = Field(description="Where it is.")
    name: str = Field(default="", max_length=60, description="What it is called, for people.")
    purpose: str = Field(
        min_length=1,
        max_length=10_000,
        description="Whose money it holds and what it does with it, for the regulators.",
    )


@router.post("/trial/ledgers", status_code=201, summary="Ask for a supervised ledger")
def ask(call: Caller, body: LedgerBody, key: IdempotencyKey = None) -> LedgerLine:
    """For a person of the team: the notebook server's token, no permit key."""
    command = AskLedger(call.permit, body.chain, body.contract, body.name, body.purpose, key)
    with call.parts.store.unit() as u:
        made = supervised_ledgers.ask(u, call.known, command, at=call.at, ports=call.parts.ports)
        u.commit()
    return line_of(made)


@router.get("/trial/ledgers", summary="The permit's supervised ledgers")
def everything(
    call: Caller,
    request: Request,
    response: Response,
    after: After = None,
    limit: Limit = DEFAULT,
) -> list[LedgerLine]:
    """With what all people can claim and the ledger's own share, asked of the chain now."""
    found = supervised_ledger_views.ledgers_of(
        call.parts.store, call.known, call.permit, at=call.at, ports=call.parts.ports
    )
    lines = tuple(line_of(each.ledger, each.kept) for each in found)
    return part(request, response, behind(lines, after, _id), limit, _id)


def _id(line: LedgerLine) -> str:
    return line.id
