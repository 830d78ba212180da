"""What anybody may learn of a permit."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from sandbox.api.parts import DeskParts
from sandbox.kit.ids import permit_number
from sandbox.services import permits
from sandbox.services.views import PublicPermitView

router = APIRouter(prefix="/public", tags=["public"])


@router.get("/permits/{number}", summary="Is this permit valid")
def public_permit(request: Request, number: str) -> PublicPermitView:
    """Valid, suspended, halted or ended; its conditions, document hash and signatures."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        return permits.public_permit(u, permit_number(number), at=parts.clock.now())
