"""The audit log's head and proofs: public, so that anybody can keep a head and check later."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from sandbox.api.parts import DeskParts
from sandbox.services import audit
from sandbox.services.views import HeadView, ProofView

router = APIRouter(prefix="/audit", tags=["audit"])
Size = Annotated[int, Query(ge=0, le=2**53)]


@router.get("/head", summary="The newest signed tree head")
def head(request: Request) -> HeadView:
    """Ed25519 over the canonical head (RFC 8785); hex."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit() as u:
        view = audit.head(u, at=parts.clock.now(), key=parts.head_key)
        u.commit()
    return view


@router.get("/consistency", summary="That an old head is a prefix of a newer one")
def consistency(request: Request, first: Size, second: Size | None = None) -> ProofView:
    """RFC 6962, 2.1.2. ``first`` and ``second`` are sizes."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        return audit.consistency(u, first, second)


@router.get("/inclusion", summary="That an entry is in the log")
def inclusion(
    request: Request,
    leaf: Annotated[int, Query(ge=0, le=2**53, description="The entry's number, from 0.")],
    size: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> ProofView:
    """RFC 6962, 2.1.1."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        return audit.inclusion(u, leaf, size=size)
