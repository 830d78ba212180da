"""Personal data of a permit's people: who is erased, who cannot be yet and why, holds, receipts.

Rules: each act asks for the password; an erasure cannot be undone and says so before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import FileId
from sandbox.services import erasure, erasure_views, files
from sandbox.services.erasure import EraseCustomer, EraseMember, LiftHold, SetHold
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
AT_ONCE = 200
"""People that the page shows."""


@router.get("/desk/files/{file_id}/data")
def show(visit: Reader, file_id: FileId) -> Response:
    """The page."""
    return _page(visit, file_id)


@router.post("/desk/files/{file_id}/data/people/{customer}/erase")
def erase_customer(visit: Poster, file_id: FileId, customer: str) -> Response:
    """Erase a customer or merchant."""

    def work(u: UnitOfWork) -> Any:
        _understood(visit)
        command = EraseCustomer(file_id, customer, visit.key)
        ports = visit.parts.ports
        return erasure.erase_customer(u, visit.known, command, at=visit.at, ports=ports)

    return _act(visit, file_id, f"erase-{customer}", "person_erased", work)


@router.post("/desk/files/{file_id}/data/members/{account}/erase")
def erase_member(visit: Poster, file_id: FileId, account: str) -> Response:
    """Erase a closed account of one's own organisation."""

    def work(u: UnitOfWork) -> Any:
        _understood(visit)
        command = EraseMember(account, visit.key)
        return erasure.erase_member(u, visit.known, command, at=visit.at)

    return _act(visit, file_id, f"member-{account}", "person_erased", work)


@router.post("/desk/files/{file_id}/data/holds")
def set_hold(visit: Poster, file_id: FileId) -> Response:
    """A regulator has records kept."""
    form = visit.form
    command = SetHold(file_id, form.get("customer", ""), form.get("reason", ""), visit.key)
    return _act(
        visit,
        file_id,
        "hold",
        "hold_set",
        lambda u: erasure.set_hold(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/data/holds/{hold}/lift")
def lift_hold(visit: Poster, file_id: FileId, hold: str) -> Response:
    """A regulator ends that."""
    command = LiftHold(file_id, hold, visit.key)
    return _act(
        visit,
        file_id,
        f"lift-{hold}",
        "hold_lifted",
        lambda u: erasure.lift_hold(u, visit.known, command, at=visit.at),
    )


def _understood(visit: Visit) -> None:
    if visit.form.get("understood") != "yes":
        raise InvalidInput("form.not_confirmed")


def _act(
    visit: Visit, file_id: FileId, form: str, said: str, work: Callable[[UnitOfWork], Any]
) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/files/{file_id}/data?said={said}",
        again=lambda error: _page(visit, file_id, Problem(error, form)),
    )


def _page(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        file = files.file_view(u, visit.known, file_id, at=visit.at)
        ports = visit.parts.ports
        view = erasure_views.data_view(u, visit.known, file_id, at=visit.at, ports=ports)
    answer = page(
        visit,
        "personal_data.html",
        status=problem.error.status if problem else 200,
        file=file,
        view=view,
        at_once=AT_ONCE,
        problem=problem,
    )
    if problem and problem.form and b'id="problem"' not in bytes(answer.body):
        return _page(visit, file_id, Problem(problem.error))  # its form is not on the page
    return answer
