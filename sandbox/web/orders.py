"""Suspension orders on the intelligence service's desk.

Rules: for everybody else there is no such page; every act asks for the password.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.orders import DAYS
from sandbox.services import orders
from sandbox.services.orders import OnOrder, ProposeOrder
from sandbox.services.suspicion import require_service
from sandbox.services.suspicion_inbox import officers
from sandbox.web.pages import Problem, page
from sandbox.web.paging import start_of
from sandbox.web.review import act
from sandbox.web.suspicion_words import Words
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/intelligence/orders"
FIELDS: Final = ("permit", "wallet", "days", "basis", "reasons", "report", "prolongs")


@router.get(HOME)
def listed(visit: Reader) -> Response:
    """Orders, and the form of another one."""
    return _listed(visit)


def _listed(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    require_service(visit.known)
    query = visit.request.query_params
    typed = query.get("start", "")
    start = start_of(typed)
    with visit.parts.store.unit(read_only=True) as u:
        found = orders.listed(u, visit.known, start=start)
    return page(
        visit,
        "orders.html",
        status=problem.error.status if problem else 200,
        words=Words(visit.lang),
        found=found[: orders.PAGE],
        more=start + orders.PAGE if len(found) > orders.PAGE else None,
        days=DAYS,
        asked={name: query.get(name, "")[:64] for name in FIELDS},
        problem=problem,
    )


@router.post(HOME)
def propose(visit: Poster) -> Response:
    """Propose an order."""
    command = ProposeOrder(**{name: visit.form.get(name, "") for name in FIELDS}, key=visit.key)
    return act(
        visit,
        lambda u: orders.propose(u, visit.known, command, at=visit.at),
        then=lambda order: f"{HOME}/{order.id}?said=saved",
        again=lambda error: _listed(visit, Problem(error, "order")),
    )


@router.get(HOME + "/{number}")
def show(visit: Reader, number: str) -> Response:
    """One order."""
    return _one(visit, number)


def _one(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        order = orders.find_order(u, visit.known, number)
        history = u.supervision_record.of_subject(order.id)
        names = officers(u)
    return page(
        visit,
        "order.html",
        status=problem.error.status if problem else 200,
        words=Words(visit.lang),
        order=order,
        mine=order.person == visit.known.person,
        lifts=order.lift_asked_by not in {None, visit.known.person},
        history=history,
        names=names,
        problem=problem,
    )


@router.post(HOME + "/{number}/confirm")
def confirm(visit: Poster, number: str) -> Response:
    """Confirm an order as the second person."""
    ports = visit.parts.ports
    return _act(
        visit, number, lambda u, on: orders.confirm(u, visit.known, on, at=visit.at, ports=ports)
    )


@router.post(HOME + "/{number}/withdraw")
def withdraw(visit: Poster, number: str) -> Response:
    """Take a proposal back."""
    return _act(visit, number, lambda u, on: orders.withdraw(u, visit.known, on, at=visit.at))


@router.post(HOME + "/{number}/lift")
def lift(visit: Poster, number: str) -> Response:
    """Ask to lift an order, or lift it as the second person."""
    ports = visit.parts.ports
    return _act(
        visit, number, lambda u, on: orders.lift(u, visit.known, on, at=visit.at, ports=ports)
    )


def _act(visit: Visit, number: str, use_case: Callable[[Any, OnOrder], Any]) -> Response:
    require_service(visit.known)
    command = OnOrder(number, visit.key)
    return act(
        visit,
        lambda u: use_case(u, command),
        then=f"{HOME}/{number[:20]}?said=saved",
        again=lambda error: _one(visit, number, Problem(error, "act")),
    )
