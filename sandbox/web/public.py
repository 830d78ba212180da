"""What anybody may check without an account: is this permit real, and what does it say."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.terms import Terms
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import permit_number
from sandbox.services import permits
from sandbox.web.limits import terms_rows
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Anybody

router = APIRouter(include_in_schema=False)
TONES = {"valid": "good", "suspended": "warn", "halted": "bad", "ended": "bad"}


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
    terms = Terms.from_dict(view.terms)
    return page(
        visit,
        "public.html",
        permit=view,
        tone=TONES.get(view.standing, "warn"),
        rows=terms_rows(visit.lang, terms, technical=False),
    )
