"""Delegations on the desk: a regulator's own, and those of the whole authority to read.

Rules: ``services.delegations``; days are Bishkek's, the last one belongs to it; every act asks for
a recent password.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.kit.dates import read_day
from sandbox.locale.forms import ZONE
from sandbox.services import delegations
from sandbox.services.delegations import Delegate, EndDelegation
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/delegations")
def show(visit: Reader, file: str = "") -> Response:
    """The authority's delegations; ``file``: to begin the form with."""
    return _page(visit, file=file[:20])


def _page(visit: Visit, problem: Problem | None = None, file: str = "") -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found, colleagues = delegations.list_delegations(u, visit.known, at=visit.at)
    return page(
        visit,
        "delegations.html",
        status=problem.error.status if problem else 200,
        delegations=found,
        colleagues=colleagues,
        today=visit.at.astimezone(ZONE).date().isoformat(),
        file=file,
        problem=problem,
    )


@router.post("/desk/delegations")
def delegate(visit: Poster) -> Response:
    """Delegate one's own seat."""
    form = visit.form

    def work(u: UnitOfWork) -> Any:
        command = Delegate(
            taker=form.get("taker", ""),
            starts=_midnight(read_day(form.get("starts", ""))),
            ends=_midnight(read_day(form.get("ends", "")) + timedelta(days=1)),
            reasons=form.get("reasons", ""),
            file=form.get("file", "").strip().upper(),
            key=visit.key,
        )
        return delegations.delegate(u, visit.known, command, at=visit.at)

    return _do(visit, "delegate", "delegated", work)


@router.post("/desk/delegations/{delegation}/end")
def end(visit: Poster, delegation: str) -> Response:
    """End it now."""
    command = EndDelegation(delegation, visit.key)
    return _do(
        visit,
        f"end-{delegation}",
        "delegation_ended",
        lambda u: delegations.end_delegation(u, visit.known, command, at=visit.at),
    )


def _do(visit: Visit, form: str, said: str, work: Callable[[UnitOfWork], Any]) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/delegations?said={said}",
        again=lambda error: _page(visit, Problem(error, form)),
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)
