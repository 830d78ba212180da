"""The page of a permit's parties: who paid whom, as a table and, with JavaScript, as a drawing."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.kit.digits import is_digits
from sandbox.services import network, permits
from sandbox.services.network import DAYS, NetworkView
from sandbox.services.supervision import require_sees_alerts
from sandbox.web.alert_words import Words
from sandbox.web.pages import page
from sandbox.web.visit import Reader
from sandbox.web.words import shortened

router = APIRouter(include_in_schema=False)


@router.get("/desk/permits/{number}/network")
def show(visit: Reader, number: str, days: str = "7") -> Response:
    """Who paid whom lately."""
    require_sees_alerts(visit.known)
    span = int(days[:3]) if is_digits(days) else DAYS[1]
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, number, at=visit.at)
        drawn = network.networks_of(u, visit.known, number, span, at=visit.at)
    words = Words(visit.lang)
    return page(
        visit,
        "network.html",
        permit=view,
        networks=[(each, _names(words, each)) for each in drawn],
        alerts=words,
        all_days=DAYS,
        days=span if span in DAYS else DAYS[1],
    )


def _names(words: Words, drawn: NetworkView) -> dict[str, tuple[str, str]]:
    """Kind and name of each party, by address."""
    found = {}
    for address in drawn.network.parties:
        kind = drawn.known.kinds.get(address, "other")
        name = words.kind(kind)
        if address in drawn.known.places:
            name = f"{name} {drawn.known.places[address]}"
        elif kind == "other":
            name = shortened(address)
        found[address] = (str(kind), name)
    return found
