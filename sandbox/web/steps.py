"""The page of a permit's next step: the record, the request, the proposal; and the list of them.

Rules: firms and sponsors see the record without alerts, and nothing on their page depends on
these; who may not see alerts gets the list as an address that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.changes import changes
from sandbox.domain.seats import Right
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import PermitNumber
from sandbox.locale.catalogue import N_
from sandbox.services import permits, steps
from sandbox.services.access import competent_in, readable_permit
from sandbox.services.steps import PART, OnStep
from sandbox.store.unit import UnitOfWork
from sandbox.web.limits import step_text, terms_rows
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
LIST: Final = "/desk/cohort/steps"
CRITERIA: Final[Mapping[str, str]] = {
    "days": N_("Days with these conditions"),
    "stops": N_("Suspensions and halts since then, none in force"),
    "complaint_rate": N_("People who complained in 30 days for each 10,000 payments"),
    "desk_limits": N_("Limits that are passed"),
    "duties": N_("Requirements, reports and answers that are late"),
    "alerts": N_("Alerts that are open or were referred"),
}


@router.get(LIST)
def listed(visit: Reader, start: str = "") -> Response:
    """The next steps of the reader's permits, part by part."""
    first = start_of(start)
    with visit.parts.store.unit(read_only=True) as u:
        found, more = steps.due_steps(u, visit.known, at=visit.at, start=first)
    pages = beside(lambda place: f"{LIST}?start={place}", start=first, most=PART, more=more)
    return page(
        visit,
        "steps_list.html",
        found=found,
        start=first,
        pages=pages,
        step_text=lambda step: step_text(visit.lang, step),
    )


@router.get("/desk/permits/{number}/steps")
def show(visit: Reader, number: str) -> Response:
    """A permit's next step."""
    return _page(visit, number)


def _page(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, number, at=visit.at)
        permit, file = readable_permit(u, visit.known, number)
        record = steps.step_of(u, visit.known, number, at=visit.at)
        mine = visit.known.org in {file.org, file.sponsor}
    if record is None:
        raise NotFound("web.not_found")
    after = {row.field: row for row in terms_rows(visit.lang, record.after)}
    before = {row.field: row for row in terms_rows(visit.lang, permit.terms)}
    raised = [
        (before[each.limit], after[each.limit])
        for each in changes(permit.terms, record.after)
        if each.limit in before and each.limit != "steps"
    ]
    return page(
        visit,
        "steps.html",
        status=problem.error.status if problem else 200,
        permit=view,
        record=record,
        raised=raised,
        criteria=CRITERIA,
        later=[step_text(visit.lang, each) for each in permit.terms.steps[1:]],
        asks=mine and not record.asked and (visit.has(Right.APPLY) or visit.has(Right.SPONSOR)),
        decides=competent_in(visit.known, file, Right.DECIDE) and record.asked is not None,
        supervises=visit.has(Right.SEE_ALERTS),
        problem=problem,
    )


@router.post("/desk/permits/{number}/steps")
def ask(visit: Poster, number: str) -> Response:
    """The holder or the operator asks for the step."""
    return _act(visit, number, "ask", "step_asked", steps.ask_step)


@router.post("/desk/permits/{number}/steps/proposal")
def propose(visit: Poster, number: str) -> Response:
    """A regulator proposes the conditions with the step."""
    ports = visit.parts.ports
    return _act(
        visit,
        number,
        "propose",
        "proposed",
        lambda u, actor, command, at: steps.propose_step(u, actor, command, at=at, ports=ports),
    )


@router.post("/desk/permits/{number}/steps/decline")
def decline(visit: Poster, number: str) -> Response:
    """A regulator declines the request."""
    return _act(visit, number, "decline", "step_declined", steps.decline_step)


def _act(visit: Visit, number: str, form: str, said: str, use_case: Callable[..., Any]) -> Response:
    command = OnStep(PermitNumber(number[:20]), visit.form.get("reasons", ""), visit.key)

    def work(u: UnitOfWork) -> Any:
        return use_case(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=f"/desk/permits/{number[:20]}/steps?said={said}",
        again=lambda error: _page(visit, number[:20], Problem(error, form)),
    )
