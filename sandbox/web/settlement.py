"""The page of a settlement, its list as CSV, and what a customer says about the own account.

Rules: amounts at a named block or none; every act asks for the password; accounts leave the desk
to the holder alone, in the page and in the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.kit.errors import NotFound
from sandbox.kit.ids import FileId
from sandbox.kit.money import DECIMALS, format_amount
from sandbox.locale import translator
from sandbox.services import files, settlement_views, settlements
from sandbox.services.settlement_views import SettlementView
from sandbox.services.settlements import ConfirmReturn, GoOn, NameAccount, PayOut, ReturnMoney
from sandbox.store.unit import UnitOfWork
from sandbox.web.customer_pages import SHOWN, home_page
from sandbox.web.customer_visit import HOME, CustomerForm
from sandbox.web.exports import csv_answer
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.settlement_words import TONES, WORDS
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
AT_ONCE = 100
"""Lines of a list that the page shows; the CSV has all."""


@router.get("/desk/files/{file_id}/settlement")
def show(visit: Reader, file_id: FileId) -> Response:
    """What is left, the plan's steps, what was returned."""
    return _page(visit, file_id)


@router.get("/desk/files/{file_id}/settlement.csv")
def as_csv(visit: Reader, file_id: FileId) -> Response:
    """Every return: for the bank, and for whoever looks for a person's money."""
    with visit.parts.store.unit(read_only=True) as u:
        view = _view(u, visit, file_id)
    header = ["wallet", "asset", "amount", "state", "way", "transaction", "paid_at", "reference"]
    rows = _rows(view)
    return csv_answer(
        f"settlement-{view.permit}.csv", [*header, *(["account"] if view.pays else [])], rows
    )


@router.post("/desk/files/{file_id}/settlement")
def order(visit: Poster, file_id: FileId) -> Response:
    """The firm returns what is left; a regulator orders it."""
    command = ReturnMoney(file_id, visit.form.get("custody", ""), visit.key)

    def work(u: UnitOfWork) -> str:
        made = settlements.return_money(u, visit.known, command, at=visit.at)
        return "return_begun" if made.by_firm else "return_ordered"

    return _act(visit, file_id, "return", work)


@router.post("/desk/files/{file_id}/settlement/confirm")
def confirm(visit: Poster, file_id: FileId) -> Response:
    """The second regulator confirms."""

    def work(u: UnitOfWork) -> str:
        command = ConfirmReturn(file_id, visit.key)
        settlements.confirm_return(u, visit.known, command, at=visit.at)
        return "return_begun"

    return _act(visit, file_id, "confirm", work)


@router.post("/desk/files/{file_id}/settlement/on")
def go_on(visit: Poster, file_id: FileId) -> Response:
    """Either side lets it go on."""

    def work(u: UnitOfWork) -> str:
        settlements.go_on(u, visit.known, GoOn(file_id, visit.key), at=visit.at)
        return "return_goes_on"

    return _act(visit, file_id, "go_on", work)


@router.post("/desk/files/{file_id}/settlement/{act_id}/paid")
def paid(visit: Poster, file_id: FileId, act_id: str) -> Response:
    """The holder says how a person's som were paid out."""
    command = PayOut(file_id, act_id, visit.form.get("reference", ""), visit.key)

    def work(u: UnitOfWork) -> str:
        settlements.pay_out(u, visit.known, command, at=visit.at)
        return "paid_out"

    return _act(visit, file_id, f"paid-{act_id}", work)


@router.post("/desk/c/account")
def account(visit: CustomerForm) -> Response:
    """A customer says where the money is to be paid."""
    try:
        with visit.parts.store.unit() as u:
            command = NameAccount(visit.form.get("account", ""), visit.key)
            settlements.name_account(u, visit.customer, command, at=visit.at)
            u.commit()
    except SHOWN as error:
        return home_page(visit, Problem(error))
    return RedirectResponse(HOME, 303)


def _act(visit: Visit, file_id: FileId, form: str, work: Callable[[UnitOfWork], str]) -> Response:
    return act(
        visit,
        work,
        then=lambda said: f"/desk/files/{file_id}/settlement?said={said}",
        again=lambda error: _page(visit, file_id, Problem(error, form)),
    )


def _view(u: UnitOfWork, visit: Visit, file_id: FileId) -> SettlementView:
    return settlement_views.settlement_view(
        u, visit.known, file_id, at=visit.at, ports=visit.parts.ports
    )


def _page(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        file = files.file_view(u, visit.known, file_id, at=visit.at)
        try:
            view = _view(u, visit, file_id)
        except NotFound:
            if problem is None:
                raise
            raise problem.error from None
    answer = page(
        visit,
        "settlement.html",
        status=problem.error.status if problem else 200,
        file=file,
        view=view,
        at_once=AT_ONCE,
        word=partial(_word, visit),
        shade=lambda value: TONES.get(value, ""),
        problem=problem,
    )
    if problem and problem.form and b'id="problem"' not in bytes(answer.body):
        return _page(visit, file_id, Problem(problem.error))  # its form is not on the page
    return answer


def _word(visit: Visit, value: Any) -> str:
    return translator(visit.lang).gettext(WORDS[str(value)])


def _rows(view: SettlementView) -> Iterator[list[object]]:
    for each in view.returns:
        yield [
            each.wallet,
            each.act.asset,
            format_amount(each.act.amount, DECIMALS[each.act.asset]),
            each.act.state.value,
            each.way,
            each.act.tx_hash,
            each.paid_at.isoformat() if each.paid_at else "",
            each.reference,
            *([each.account] if view.pays else []),
        ]
