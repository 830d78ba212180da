"""The start-up's side: invitation codes for its people, on slips to print, with a QR each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import permit_number
from sandbox.services import permits
from sandbox.services.customer_codes import MakeCodes, make_codes
from sandbox.web.customer_visit import keyed_of
from sandbox.web.pages import Problem, page
from sandbox.web.permits import show_permit
from sandbox.web.qr import qr
from sandbox.web.visit import Poster

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed)


@router.post("/desk/permits/{number}/slips")
def slips(visit: Poster, number: str) -> Response:
    """New codes; they are in this one answer and nowhere else."""
    try:
        label = visit.form.get("label")
        command = MakeCodes(
            permit=permit_number(number),
            people=tuple(visit.form.get("people", "").split()),
            label=label or None,
        )
        with visit.parts.store.unit() as u:
            codes = make_codes(u, visit.known, command, at=visit.at, keyed=keyed_of(visit.parts))
            view = permits.permit_view(u, visit.known, command.permit, at=visit.at)
            u.commit()
    except SHOWN as error:
        return show_permit(visit, number, Problem(error, "customers"))
    home = f"{visit.parts.public_url}/desk/c/"
    drawn = [(each, qr(f"{home}join/{each.code}")) for each in codes]
    return page(visit, "slips.html", number=number, permit=view, slips=drawn, home=home)
