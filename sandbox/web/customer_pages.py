"""The customer's page, for a phone: join by a code, consent, balance, pay, redeem, leave.

Rules: every page works without JavaScript; nothing is done by opening an address; a secret stands
in no address but the single-use code of the invitation's QR.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.customer_page import ActKind
from sandbox.domain.words import CustomerState
from sandbox.kit.cookies import cookie_values
from sandbox.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    SynakError,
    Unavailable,
)
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, format_amount, parse_amount
from sandbox.locale import forms
from sandbox.services import (
    complaints,
    customer_acts,
    customer_bills,
    customer_codes,
    customer_home,
)
from sandbox.services.customer_acts import BeginAct
from sandbox.services.customer_bills import MakeBill
from sandbox.services.customer_leaving import leave
from sandbox.services.customers import GiveConsent, consent
from sandbox.services.settlement_views import own_settlement
from sandbox.web.customer_visit import (
    HOME,
    Customer,
    CustomerForm,
    CustomerVisit,
    Guest,
    GuestForm,
    drop_session,
    keep_session,
    session_cookie,
)
from sandbox.web.pages import Problem, page
from sandbox.web.qr import qr

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed, NotAuthenticated, Unavailable)
PLACES: Final = 2
"""Decimal places of what is paid from these pages. What is taken home may be finer: all of it."""
log = structlog.get_logger("desk")


@router.get("/desk/c/")
def front(visit: Guest) -> Response:
    """The own page; where a code is typed for whoever has not joined."""
    if visit.own_session is None:
        return _join_page(visit, "")
    return home_page(visit)


@router.get("/desk/c")
def front_without_slash() -> Response:
    """The address as people type it."""
    return RedirectResponse(HOME, 303)


@router.get("/desk/c/join/{code}")
def join_by_link(visit: Guest, code: str) -> Response:
    """The code of a QR, ready to be sent; opening the address uses nothing up."""
    return _join_page(visit, code[:20])


@router.post("/desk/c/join")
def join(visit: GuestForm) -> Response:
    """Exchange the code for a session."""
    text = visit.form.get("code", "")
    try:
        with visit.parts.store.unit() as u:
            tried = customer_codes.exchange(
                u, text, address=visit.address, at=visit.at, keyed=visit.keyed
            )
            u.commit()
        if tried.name is None:
            raise NotAuthenticated("customer_code.wrong")
    except SHOWN as error:
        return _join_page(visit, text[:20], Problem(error))
    log.info("customer.joined", permit=tried.session.permit if tried.session else "")
    return keep_session(visit, RedirectResponse(HOME, 303), tried.name)


@router.get("/desk/c/out")
def sign_out_form(visit: Customer) -> Response:
    """What follows from signing out, before it is done."""
    return page(visit, "c_out.html")


@router.post("/desk/c/out")
def sign_out(visit: CustomerForm) -> Response:
    """End the session in this browser."""
    with visit.parts.store.unit() as u:
        if visit.own_session is not None:
            u.pages.sessions.end(visit.own_session.id_hash)
        u.commit()
    return drop_session(visit, RedirectResponse(HOME, 303))


@router.post("/desk/c/consent")
def agree(visit: CustomerForm) -> Response:
    """Take part: signed with the person's own wallet."""
    try:
        if visit.form.get("understood") != "yes":
            raise InvalidInput("customer.not_understood")
        with visit.parts.store.unit() as u:
            consent(u, visit.customer, GiveConsent(), at=visit.at, ports=visit.parts.ports)
            u.commit()
    except SHOWN as error:
        return home_page(visit, Problem(error))
    return RedirectResponse(HOME, 303)


@router.get("/desk/c/pay")
def pay_form(
    visit: Customer, to: str = "", amount: str = "", asset: str = "", ref: str = "", bill: str = ""
) -> Response:
    """What a payment link asks for, to be confirmed; an empty form without a link."""
    typed = {"to": to[:60], "amount": amount[:40], "asset": asset, "ref": ref[:80], "bill": bill}
    if not to:
        return _pay_page(visit, typed)
    try:
        return _confirm_page(visit, _payment(visit, typed, linked=True))
    except SHOWN as error:
        return _pay_page(visit, {} if bill else typed, Problem(error))


@router.post("/desk/c/pay/check")
def pay_check(visit: CustomerForm) -> Response:
    """What was typed, to be confirmed."""
    try:
        return _confirm_page(visit, _payment(visit, dict(visit.form), linked=False))
    except SHOWN as error:
        return _pay_page(visit, dict(visit.form), Problem(error))


@router.post("/desk/c/pay")
def pay(visit: CustomerForm) -> Response:
    """Pay what was confirmed; pressed twice, it is paid once."""
    try:
        return _do(visit, _payment(visit, dict(visit.form), linked=True))
    except SHOWN as error:
        return _pay_page(visit, {}, Problem(error))


@router.get("/desk/c/redeem")
def redeem_form(visit: Customer) -> Response:
    """Take money home."""
    return _redeem_page(visit)


@router.post("/desk/c/redeem")
def redeem(visit: CustomerForm) -> Response:
    """Redeem what was typed; pressed twice, it is done once."""
    try:
        asset = _asset(visit.form.get("asset", ""))
        amount = forms.read_amount(visit.form.get("amount", ""), asset, visit.lang)
        return _do(visit, BeginAct(ActKind.REDEEM, asset, amount, visit.key or ""))
    except SHOWN as error:
        return _redeem_page(visit, Problem(error))


@router.get("/desk/c/acts/{act_id}")
def receipt(visit: Customer, act_id: str) -> Response:
    """What came of a payment or a redemption; one that is not settled is looked for again."""
    act = customer_acts.look_again(
        visit.parts.store, visit.customer, act_id, at=visit.at, ports=visit.parts.ports
    )
    with visit.parts.store.unit(read_only=True) as u:
        permit = customer_home.own(u, visit.customer)[1]
        name = customer_home.name_of_wallet(u, permit, act.payee) if act.payee else ""
    return page(visit, "c_receipt.html", act=act, name="" if name == act.payee else name)


@router.post("/desk/c/acts/{act_id}/again")
def again(visit: CustomerForm, act_id: str) -> Response:
    """Ask once more for an act without an answer: under its name it is done once."""
    customer_acts.carry_out(
        visit.parts.store, visit.customer, act_id, at=visit.at, ports=visit.parts.ports
    )
    return RedirectResponse(f"/desk/c/acts/{act_id}", 303)


@router.get("/desk/c/bills")
def bills(visit: Customer) -> Response:
    """A merchant's bills, and the form for a new one."""
    return _bills_page(visit)


@router.post("/desk/c/bills")
def make_bill(visit: CustomerForm) -> Response:
    """Ask for money."""
    try:
        asset = _asset(visit.form.get("asset", ""))
        amount = forms.read_amount(visit.form.get("amount", ""), asset, visit.lang)
        amount = _in_tyiyn(amount, asset)
        command = MakeBill(asset, amount, visit.key or "", visit.form.get("ref", ""))
        with visit.parts.store.unit() as u:
            bill = customer_bills.make_bill(u, visit.customer, command, at=visit.at)
            u.commit()
    except SHOWN as error:
        return _bills_page(visit, Problem(error))
    return RedirectResponse(f"/desk/c/bills/{bill.id}", 303)


@router.get("/desk/c/bills/{bill_id}")
def show_bill(visit: Customer, bill_id: str) -> Response:
    """The QR that a payer opens with the camera, and whether it was paid.

    What it is for is not in the link: the payer is shown what the bill itself says.
    """
    with visit.parts.store.unit(read_only=True) as u:
        bill = customer_bills.own_bill(u, visit.customer, bill_id)
    query = {
        "to": bill.wallet,
        "amount": format_amount(bill.amount, DECIMALS[bill.asset]),
        "asset": bill.asset,
        "bill": bill.id,
    }
    link = f"{visit.parts.public_url}/desk/c/pay?{urlencode(query)}"
    return page(visit, "c_bill.html", bill=bill, link=link, drawing=qr(link))


@router.get("/desk/c/leave")
def leave_form(visit: Customer) -> Response:
    """What follows from leaving, before it is done."""
    return _leave_page(visit)


@router.post("/desk/c/leave")
def leave_now(visit: CustomerForm) -> Response:
    """Withdraw the consent."""
    try:
        if visit.form.get("understood") != "yes":
            raise InvalidInput("customer.not_understood")
        with visit.parts.store.unit() as u:
            leave(u, visit.customer, at=visit.at, ports=visit.parts.ports)
            u.commit()
    except SHOWN as error:
        return _leave_page(visit, Problem(error))
    return drop_session(visit, RedirectResponse("/desk/c/left", 303))


@router.get("/desk/c/left")
def left(visit: Guest) -> Response:
    """After leaving."""
    return page(visit, "c_left.html")


def _do(visit: CustomerVisit, command: BeginAct) -> Response:
    """Write an act down, have it done, show the receipt."""
    with visit.parts.store.unit() as u:
        act = customer_acts.begin(u, visit.customer, command, at=visit.at, ports=visit.parts.ports)
        u.commit()
    customer_acts.carry_out(
        visit.parts.store, visit.customer, act.id, at=visit.at, ports=visit.parts.ports
    )
    return RedirectResponse(f"/desk/c/acts/{act.id}", 303)


def _payment(visit: CustomerVisit, typed: dict[str, str], *, linked: bool) -> BeginAct:
    """A payment as a link or a form names it; a link's amount has a point in every language.

    A bill's amount is the bill's; every other one is read like an amount that is typed.
    """
    asset, text = _asset(typed.get("asset", "")), typed.get("amount", "")
    amount = (
        parse_amount(text, DECIMALS[asset])
        if linked
        else forms.read_amount(text, asset, visit.lang)
    )
    return BeginAct(
        kind=ActKind.PAY,
        asset=asset,
        amount=amount if typed.get("bill") else _in_tyiyn(amount, asset),
        key=visit.key or "",
        payee=typed.get("to", ""),
        reference=typed.get("ref", ""),
        bill=typed.get("bill") or None,
    )


def _in_tyiyn(amount: int, asset: AssetCode) -> int:
    """An amount without a fraction of a tyiyn: nobody pays less, whatever a ledger can divide.

    Raises:
        InvalidInput: ``amount.too_fine``.
    """
    if amount % 10 ** (DECIMALS[asset] - PLACES):
        text = format_amount(amount, DECIMALS[asset])
        raise InvalidInput("amount.too_fine", text=text, decimals=PLACES)
    return amount


def _asset(text: str) -> AssetCode:
    """An asset of a customer's page.

    Raises:
        InvalidInput: ``customer.asset``.
    """
    if text == "SOM":
        return "SOM"
    if text in {"", "KGST"}:
        return "KGST"
    raise InvalidInput("customer.asset", asset=text[:16])


def home_page(visit: CustomerVisit, problem: Problem | None = None) -> HTMLResponse:
    """A customer's first page, also after a form on it could not be accepted."""
    view = _view(visit)
    template = {
        CustomerState.INVITED: "c_consent.html",
        CustomerState.REGISTERED: "c_home.html",
    }.get(view.person.state, "c_waiting.html")
    with visit.parts.store.unit(read_only=True) as u:
        codes = complaints.own_complaints(u, visit.customer)
        told = own_settlement(u, visit.customer, at=visit.at)
    return _page(visit, template, problem, view=view, complaints=codes, own_settlement=told)


def _view(visit: CustomerVisit) -> customer_home.HomeView:
    with visit.parts.store.unit(read_only=True) as u:
        return customer_home.home(u, visit.customer, at=visit.at, ports=visit.parts.ports)


def _join_page(visit: CustomerVisit, code: str, problem: Problem | None = None) -> Response:
    """Where a code is typed; a browser that had a session is told that it has ended."""
    secure = visit.parts.public_url.startswith("https://")
    had = cookie_values(visit.request.headers.get("cookie", ""), session_cookie(secure=secure))
    ended = visit.own_session is None and any(had)
    return visit.finish(_page(visit, "c_join.html", problem, code=code, ended=ended))


def _pay_page(
    visit: CustomerVisit, typed: dict[str, str], problem: Problem | None = None
) -> HTMLResponse:
    return _page(visit, "c_pay.html", problem, view=_view(visit), typed=typed)


def _confirm_page(visit: CustomerVisit, command: BeginAct) -> Response:
    """What a payment would be; the receipt of the one that is paying the same bill."""
    with visit.parts.store.unit(read_only=True) as u:
        shown = customer_acts.offer(u, visit.customer, command, ports=visit.parts.ports)
        permit = customer_home.own(u, visit.customer)[1]
        bill = customer_acts.require_bill_open(u, permit, command, shown.payee, at=visit.at)
        paying = customer_acts.being_paid(u, visit.customer, bill)
    if paying is not None:
        return RedirectResponse(f"/desk/c/acts/{paying.id}", 303)
    plain = format_amount(shown.amount, DECIMALS[shown.asset])
    return page(visit, "c_confirm.html", offer=shown, plain=plain)


def _redeem_page(visit: CustomerVisit, problem: Problem | None = None) -> HTMLResponse:
    view = _view(visit)
    plain = {
        each.asset: forms.amount(each.amount, each.asset, visit.lang)
        for each in view.balances
        if each.amount is not None
    }
    return _page(visit, "c_redeem.html", problem, view=view, plain=plain)


def _bills_page(visit: CustomerVisit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = customer_bills.own_bills(u, visit.customer)
    return _page(visit, "c_bills.html", problem, view=_view(visit), bills=found)


def _leave_page(visit: CustomerVisit, problem: Problem | None = None) -> HTMLResponse:
    return _page(visit, "c_leave.html", problem, view=_view(visit))


def _page(
    visit: CustomerVisit, template: str, problem: Problem | None, **values: Any
) -> HTMLResponse:
    error: SynakError | None = problem.error if problem else None
    status = error.status if error else 200
    return page(visit, template, status=status, problem=problem, **values)
