"""The public ledger to go: ``sandbox.sdk.lab(fork="trial")`` makes a private copy of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from sandbox.api.bearer import SERVER_SCOPE, Caller
from sandbox.services import public_ledger
from sandbox.services.public_ledger import LedgerPart

router = APIRouter(tags=["ledger"])


@router.get("/ledger/{chain}/copy", summary="A part of a copy of the public ledger")
def copy(
    call: Caller,
    chain: Literal["kgst", "som"],
    part: Annotated[int, Query(ge=0, le=1_000)] = 0,
    of: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$")] = None,
) -> LedgerPart:
    """State and signed transactions; who is behind an address is not in it."""
    scopes = call.hub_user.scopes if call.hub_user else frozenset()
    contexts = frozenset(
        each.removeprefix(SERVER_SCOPE).partition("/")[2]
        for each in scopes
        if each.startswith(SERVER_SCOPE)
    )
    return public_ledger.ledger_part(
        call.parts.ports, call.actor, contexts, chain=chain, part=part, of=of
    )
