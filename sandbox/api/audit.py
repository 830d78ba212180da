"""The audit log's head and proofs: public, so that anybody can keep a head and check later.

Entries themselves are for whoever may verify the log, their texts for regulators and auditors.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller, scheme
from sandbox.api.paging import DEFAULT, Limit, part
from sandbox.api.parts import DeskParts
from sandbox.domain.witnesses import WitnessKind
from sandbox.services import audit
from sandbox.services.views import AuditLine, HeadView, ProofView

router = APIRouter(prefix="/audit", tags=["audit"])
Size = Annotated[int, Query(ge=0, le=2**53)]
Behind = Annotated[
    int, Query(ge=-1, le=2**53, description="Only what comes behind this number; -1 for all.")
]
_ROOT: Final = "90208e373da9b81c939c2893e1a00822e2a8b0155df4d2b4a166d4387c0cccfb"
_LEAF: Final = "6a6cb0af1b65aa2c5e9f0a4d2b7e5a2c8e0f9d4c3b2a19080706050403020100"
_KEY: Final = "2f1fa75507b9a622ea1d374cdd82093a785d3dec994a94e81482f362a09bd3d7"
_HEAD: Final = {
    "size": 1204,
    "root": _ROOT,
    "at": "2026-11-22T06:00:00Z",
    "signature": "5d" * 64,
    "key_id": _KEY[:16],
    "public_key": _KEY,
}


class AnchorLine(BaseModel):
    """A head that was anchored on the KGST chain, and where."""

    size: int
    root: str
    transaction: str
    block: int | None
    at: str


def _like(example: Any) -> dict[int | str, dict[str, Any]]:
    """An answer with an example of it."""
    return {200: {"content": {"application/json": {"example": example}}}}


@router.get("/head", summary="The newest signed tree head", responses=_like(_HEAD))
def head(request: Request) -> HeadView:
    """Ed25519 over the canonical head (RFC 8785); hex."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit() as u:
        view = audit.head(u, at=parts.clock.now(), key=parts.head_key)
        u.commit()
    return view


@router.get("/heads", summary="Every head that was signed", responses=_like([_HEAD]))
def heads(
    request: Request, response: Response, after: Behind = -1, limit: Limit = DEFAULT
) -> list[HeadView]:
    """By size. ``Link`` leads to the next part."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        found = audit.signed_heads(u, after=after, limit=limit + 1)
    return part(request, response, found, limit, lambda each: each.size)


@router.get(
    "/anchors",
    summary="Heads on the KGST chain",
    responses=_like(
        [
            {
                "size": 1204,
                "root": _ROOT,
                "transaction": "0x" + _LEAF,
                "block": 842,
                "at": "2026-11-22T06:00:02+00:00",
            }
        ]
    ),
)
def anchors(
    request: Request, response: Response, after: Behind = -1, limit: Limit = DEFAULT
) -> list[AnchorLine]:
    """As they were written down here, by size; the contract ``Attestations`` is what counts."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        found = u.witnessed.behind(WitnessKind.CHAIN, after, limit + 1)
    shown = part(request, response, found, limit, lambda each: each.size)
    return [
        AnchorLine(
            size=each.size,
            root=each.root,
            transaction=each.place,
            block=each.block,
            at=each.at.isoformat(),
        )
        for each in shown
    ]


@router.get("/entries", summary="Entries of the log", dependencies=[Depends(scheme)])
def entries(
    call: Caller,
    request: Request,
    response: Response,
    after: Behind = -1,
    limit: Limit = DEFAULT,
) -> list[AuditLine]:
    """By number, from 0. Who did what is shown to those who may read the log, leaves to others."""
    with call.parts.store.unit(read_only=True) as u:
        found = audit.entries(u, call.known, after=after, limit=limit + 1)
    return part(request, response, found, limit, lambda each: each.index)


@router.get(
    "/consistency",
    summary="That an old head is a prefix of a newer one",
    responses=_like({"first": 1000, "second": 1204, "proof": [_LEAF, _ROOT], "leaf": None}),
)
def consistency(request: Request, first: Size, second: Size | None = None) -> ProofView:
    """RFC 6962, 2.1.2. ``first`` and ``second`` are sizes."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        return audit.consistency(u, first, second)


@router.get(
    "/inclusion",
    summary="That an entry is in the log",
    responses=_like({"first": 17, "second": 1204, "proof": [_LEAF, _ROOT], "leaf": _LEAF}),
)
def inclusion(
    request: Request,
    leaf: Annotated[int, Query(ge=0, le=2**53, description="The entry's number, from 0.")],
    size: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> ProofView:
    """RFC 6962, 2.1.1."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        return audit.inclusion(u, leaf, size=size)
