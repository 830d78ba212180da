"""Members of organisations: who they are, and a membership ended in one act with its receipt.

Rules: ``services.leaving``; the receipt says what has taken effect and what is still on its way;
who does not manage members finds nothing here.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.seats import Seat
from sandbox.services import leaving
from sandbox.services.leaving import EndMembership
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/members")
def show(visit: Reader) -> Response:
    """The members whom the reader manages, and the newest receipts."""
    return _page(visit)


def _page(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = leaving.list_members(u, visit.known, at=visit.at)
        ended = leaving.list_departures(u, visit.known)
        names = u.organisations.names_of({each.org for each in ended})
    organisations: dict[str, list[leaving.Member]] = {}
    for each in found:
        organisations.setdefault(each.org, []).append(each)
    return page(
        visit,
        "members.html",
        status=problem.error.status if problem else 200,
        organisations=organisations,
        departures=ended,
        names=names,
        owner=Seat.OWNER.value,
        problem=problem,
    )


@router.post("/desk/members/{account}/end")
def end(visit: Poster, account: str) -> Response:
    """End a membership. Whoever ends their own is signed out by it."""
    form = visit.form
    command = EndMembership(account, form.get("reasons", ""), form.get("successor", ""), visit.key)
    return act(
        visit,
        lambda u: leaving.end_membership(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        ),
        then=lambda departure: f"/desk/members/departures/{departure}",
        again=lambda error: _page(visit, Problem(error, f"end-{account}")),
    )


@router.get("/desk/members/departures/{departure}")
def receipt(visit: Reader, departure: str) -> Response:
    """What was ended, and when each thing took effect."""
    with visit.parts.store.unit(read_only=True) as u:
        found = leaving.find_departure(u, visit.known, departure)
        names = u.organisations.names_of({found.org})
    return page(visit, "departure.html", departure=found, org_name=names.get(found.org, found.org))
