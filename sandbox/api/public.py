"""What anybody may learn of a permit."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from sandbox.api.parts import DeskParts
from sandbox.kit.ids import permit_number
from sandbox.services import permits
from sandbox.services.attesting import AttestationView, ask_chain, compared
from sandbox.services.views import PublicPermitView

router = APIRouter(prefix="/public", tags=["public"])


@router.get("/permits/{number}", summary="Is this permit valid")
def public_permit(request: Request, number: str) -> PublicPermitView:
    """Valid, suspended, halted or ended; its conditions, document hash and signatures."""
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        return permits.public_permit(u, permit_number(number), at=parts.clock.now())


@router.get("/permits/{number}/attestation", summary="What the KGST chain says of a permit")
def attestation(request: Request, number: str) -> AttestationView:
    """Asked of the contract ``Attestations`` at this moment; ``same``: as the desk says.

    Whoever can read the chain asks it without us: ``permitOf`` with ``permit_id``.
    """
    parts: DeskParts = request.app.state.parts
    with parts.store.unit(read_only=True) as u:
        view = permits.public_permit(u, permit_number(number), at=parts.clock.now())
        told = u.attestations.find(view.number)
    return compared(view, told, ask_chain(parts.ports.gateway, view.number))
