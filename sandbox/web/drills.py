"""The page of a permit's kill-switch drills: begin one, end it, read what was measured."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.drills import LENGTH, PAUSE
from sandbox.domain.seats import Right
from sandbox.kit.errors import SynakError, Unavailable
from sandbox.kit.ids import PermitNumber
from sandbox.services import drills, permits
from sandbox.services.access import competent_in, readable_permit
from sandbox.services.drills import StartDrill
from sandbox.services.supervision import require_sees_alerts
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/permits/{number}/drills")
def show(visit: Reader, number: str) -> Response:
    """A permit's drills."""
    return _page(visit, number)


def _page(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, number, at=visit.at)
        _, file = readable_permit(u, visit.known, number)
        lines = drills.drills_of(u, visit.known, number)
    return page(
        visit,
        "drills.html",
        status=problem.error.status if problem else 200,
        permit=view,
        lines=lines,
        running=next((each.drill for each in lines if each.drill.ended_at is None), None),
        acts=competent_in(visit.known, file, Right.INTERVENE),
        seconds=int(LENGTH.total_seconds()),
        again=next((each.drill.clicked_at + PAUSE for each in lines), visit.at),
        now=visit.at,
        days=PAUSE.days,
        problem=problem,
    )


@router.post("/desk/permits/{number}/drills")
def start(visit: Poster, number: str) -> Response:
    """Begin a drill."""
    require_sees_alerts(visit.known)
    command = StartDrill(PermitNumber(number[:20]), visit.form.get("reasons", ""), visit.key)

    def work(u: UnitOfWork) -> object:
        return drills.start_drill(
            u,
            visit.known,
            command,
            at=visit.at,
            clock=visit.parts.clock,
            ports=visit.parts.ports,
        )

    return _act(visit, number, "start", work)


@router.post("/desk/permits/{number}/drills/{drill}/end")
def end(visit: Poster, number: str, drill: str) -> Response:
    """End a drill before its time."""
    require_sees_alerts(visit.known)

    def work(u: UnitOfWork) -> object:
        return drills.end_drill(
            u, visit.known, drill, clock=visit.parts.clock, ports=visit.parts.ports
        )

    return _act(visit, number, "end", work)


def _act(visit: Visit, number: str, form: str, work: Callable[[UnitOfWork], object]) -> Response:
    def again(error: SynakError) -> Response:
        return _page(visit, number[:20], Problem(error, form))

    then = f"/desk/permits/{number[:20]}/drills?said=saved"
    try:
        return act(visit, work, then=then, again=again)
    except Unavailable as error:
        return again(error)
