"""What anybody may check without an account: is this permit real, and what does it say."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.attestation import PermitAttestation
from sandbox.domain.terms import Terms
from sandbox.kit.errors import InvalidInput, NotFound, Unavailable
from sandbox.kit.ids import permit_number
from sandbox.locale import LANGUAGES, translator
from sandbox.locale.catalogue import N_
from sandbox.services import permits
from sandbox.services.attesting import AttestationView, ask_chain, compared
from sandbox.services.ports import GatewayPort
from sandbox.services.views import PublicPermitView
from sandbox.web.limits import terms_rows
from sandbox.web.pages import Problem, page
from sandbox.web.qr import public_address, qr_svg
from sandbox.web.visit import Anybody

router = APIRouter(include_in_schema=False)
TONES = {"valid": "good", "suspended": "warn", "halted": "bad", "ended": "bad"}
VERDICTS: Final = {
    "valid": N_("This permit is valid"),
    "suspended": N_(
        "This permit is suspended: new payments have stopped, customers can still redeem"
    ),
    "halted": N_("This permit is halted"),
    "ended": N_("This permit has ended"),
    "expired": N_("This permit has ended: its term is over, customers can still redeem"),
    "revoked": N_("This permit has ended: it was revoked, customers can still redeem"),
    "surrendered": N_("This permit has ended: its holder returned it, customers can still redeem"),
    "completed": N_("This permit has ended: the test is completed, the customers' money is home"),
    "graduated": N_(
        "This permit has ended: the test is completed, and a statement of what was tested is signed"
    ),
}
"""What a standing means; a standing that is not here is shown as ended, never as valid."""


@router.get("/desk/public/permits")
def search(visit: Anybody, number: str = "") -> Response:
    """A number to type in."""
    if not number.strip():
        return page(visit, "public_search.html", number="")
    try:
        wanted = permit_number(number.strip())
        with visit.parts.store.unit(read_only=True) as u:
            permits.public_permit(u, wanted, at=visit.at)
    except (InvalidInput, NotFound) as error:
        return page(
            visit,
            "public_search.html",
            status=error.status,
            number=number[:40],
            problem=Problem(error),
        )
    return RedirectResponse(f"/desk/public/permits/{wanted}", 303)


@router.get("/desk/public/permits/{number}")
def show(visit: Anybody, number: str) -> Response:
    """Valid, suspended, halted or ended; nothing private."""
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.public_permit(u, permit_number(number), at=visit.at)
        told = u.attestations.find(view.number)
    terms = Terms.from_dict(view.terms)
    return page(
        visit,
        "public.html",
        permit=view,
        tone=TONES.get(view.standing, "warn"),
        verdict=verdicts(view.standing_detail)[visit.lang],
        verdicts=verdicts(view.standing_detail),
        attested=attested(visit.parts.ports.gateway, view, told),
        rows=terms_rows(visit.lang, terms, technical=False),
    )


def attested(
    gateway: GatewayPort, view: PublicPermitView, told: PermitAttestation | None
) -> AttestationView | None:
    """What the chain says at this moment; None when it cannot be asked now."""
    try:
        return compared(view, told, ask_chain(gateway, view.number))
    except Unavailable:
        return None


def verdicts(standing: str) -> dict[str, str]:
    """What stands on the page, in each language: whoever holds the paper may read any of them.

    >>> verdicts("valid")["en"], verdicts("something new")["en"]
    ('This permit is valid', 'This permit has ended')
    """
    message = VERDICTS.get(standing, VERDICTS["ended"])
    return {lang: translator(lang).gettext(message) for lang in LANGUAGES}


@router.get("/desk/public/permits/{number}/qr.svg")
def code(visit: Anybody, number: str) -> Response:
    """The public address as a QR code, for permits that anybody may verify."""
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.public_permit(u, permit_number(number), at=visit.at)
    return Response(
        qr_svg(public_address(visit.parts.public_url, view.number)), media_type="image/svg+xml"
    )
