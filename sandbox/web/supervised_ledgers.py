"""Supervised ledgers on the desk: a permit's list with totals, asking, admitting, closing.

Rules: acts of law ask for the password; what was typed stays when something was wrong; the one-time
key of a form makes a second post the same act.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.seats import Right
from sandbox.kit.ids import permit_number
from sandbox.services import permits, supervised_ledger_views, supervised_ledgers
from sandbox.services.supervised_ledgers import AskLedger, DecideLedger
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import amount_text

router = APIRouter(include_in_schema=False)
_PLACE: Final = "/desk/permits/{number}/ledgers"


@router.get(_PLACE)
def show(visit: Reader, number: str) -> Response:
    """The permit's supervised ledgers, and the form to ask for one."""
    return _list(visit, number)


def _list(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    wanted = permit_number(number)
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, wanted, at=visit.at)
    found = supervised_ledger_views.ledgers_of(
        visit.parts.store, visit.known, wanted, at=visit.at, ports=visit.parts.ports
    )
    return page(
        visit,
        "supervised_ledgers.html",
        status=problem.error.status if problem else 200,
        permit=view,
        ledgers=found,
        asks=visit.has(Right.RUN_TRIAL),
        amount_of=lambda value, asset: amount_text(visit.lang, value, asset),
        problem=problem,
    )


@router.post(_PLACE)
def ask(visit: Poster, number: str) -> Response:
    """Ask that a contract be admitted."""
    form = visit.form
    command = AskLedger(
        permit=permit_number(number),
        chain=form.get("chain", ""),
        contract=form.get("contract", "").strip(),
        name=form.get("name", ""),
        purpose=form.get("purpose", ""),
        key=visit.key,
    )
    ports = visit.parts.ports
    return _act(
        visit,
        number,
        "ask",
        lambda u: supervised_ledgers.ask(u, visit.known, command, at=visit.at, ports=ports),
    )


@router.post(_PLACE + "/{ledger}/admit")
def admit(visit: Poster, number: str, ledger: str) -> Response:
    """Admit: the first signature, or the second."""
    command, ports = _decision(visit, ledger), visit.parts.ports
    return _act(
        visit,
        number,
        ledger,
        lambda u: supervised_ledgers.admit(u, visit.known, command, at=visit.at, ports=ports),
    )


@router.post(_PLACE + "/{ledger}/refuse")
def refuse(visit: Poster, number: str, ledger: str) -> Response:
    """Refuse, with a reason."""
    command = _decision(visit, ledger)
    return _act(
        visit,
        number,
        ledger,
        lambda u: supervised_ledgers.refuse(u, visit.known, command, at=visit.at),
    )


@router.post(_PLACE + "/{ledger}/close")
def close(visit: Poster, number: str, ledger: str) -> Response:
    """Close, with a reason."""
    command, ports = _decision(visit, ledger), visit.parts.ports
    return _act(
        visit,
        number,
        ledger,
        lambda u: supervised_ledgers.close(u, visit.known, command, at=visit.at, ports=ports),
    )


def _decision(visit: Visit, ledger: str) -> DecideLedger:
    return DecideLedger(ledger, visit.form.get("reason", ""), visit.key)


def _act(visit: Visit, number: str, form: str, work: Callable[[UnitOfWork], Any]) -> Response:
    return act(
        visit,
        work,
        then=lambda done: f"/desk/permits/{done.permit}/ledgers#l-{done.id}",
        again=lambda error: _list(visit, number, Problem(error, form)),
    )
