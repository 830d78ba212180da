"""Complaints: the public form and its receipt, the customer's own, the list of those who answer.

Rules: the public form needs no account; a field that people do not see has to stay empty (machines
fill it in) and costs nobody their words; a receipt's secret is typed into a form, never part of an
address; whoever may not see a complaint is told that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.complaints import (
    RULES,
    Complaint,
    ComplaintAct,
    ComplaintCategory,
    ComplaintState,
    Wanted,
)
from sandbox.domain.listing import Search
from sandbox.domain.seats import Right
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.locale.catalogue import Language
from sandbox.services import complaint_access, complaints
from sandbox.services.complaints import FileComplaint
from sandbox.web.customer_visit import Customer, CustomerForm, CustomerVisit, Guest, GuestForm
from sandbox.web.customer_words import CATEGORIES, own_name
from sandbox.web.exports import FORMS, table_answer
from sandbox.web.files import pages_of, search_of
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed, NotFound)
TRAP: Final = "website"
REACTIONS: Final = {
    "accept": ComplaintAct.ACCEPT,
    "not_satisfied": ComplaintAct.NOT_SATISFIED,
}


@router.get("/desk/public/complaint")
def public_form(visit: Guest, permit: str = "") -> Response:
    """The form for everybody."""
    return _public(visit, {"permit": permit[:20]})


@router.post("/desk/public/complaint")
def public_file(visit: GuestForm) -> Response:
    """File a complaint without an account."""
    try:
        if visit.form.get(TRAP, ""):
            raise InvalidInput("complaint.leave_empty")
        with visit.parts.store.unit() as u:
            receipt = complaints.file_public(
                u, _command(visit), address=visit.address, at=visit.at, keyed=visit.keyed
            )
            u.commit()
    except SHOWN as error:
        return _public(visit, dict(visit.form), Problem(error))
    return page(visit, "c_complaint_filed.html", receipt=receipt, public=True)


@router.get("/desk/public/complaint/state")
def state_form(visit: Guest) -> Response:
    """Where number and secret are typed."""
    return visit.finish(page(visit, "c_complaint_look.html"))


@router.post("/desk/public/complaint/state")
def state(visit: GuestForm) -> Response:
    """How a complaint stands, for whoever holds its receipt; and what its complainant says."""
    number, secret = visit.form.get("number", ""), visit.form.get("secret", "")
    try:
        with visit.parts.store.unit() as u:
            found = complaints.look_up(
                u, number, secret, address=visit.address, at=visit.at, keyed=visit.keyed
            )
            found = _reacted(u, visit, found)
            u.commit()
    except SHOWN as error:
        answer = page(visit, "c_complaint_look.html", status=error.status, problem=Problem(error))
        return visit.finish(answer)
    return page(visit, "c_complaint.html", complaint=found, rules=RULES, secret=secret, public=True)


@router.get("/desk/c/complaint")
def own_form(visit: Customer) -> Response:
    """The form on the customer's page."""
    return _own(visit, {})


@router.post("/desk/c/complaint")
def own_file(visit: CustomerForm) -> Response:
    """File a complaint from the customer's page."""
    try:
        with visit.parts.store.unit() as u:
            receipt = complaints.file_own(
                u, visit.customer, _command(visit), at=visit.at, keyed=visit.keyed
            )
            u.commit()
    except SHOWN as error:
        return _own(visit, dict(visit.form), Problem(error))
    return page(visit, "c_complaint_filed.html", receipt=receipt, public=False)


@router.get("/desk/c/complaints/{number}")
def own_show(visit: Customer, number: str) -> Response:
    """One of the customer's complaints."""
    with visit.parts.store.unit(read_only=True) as u:
        found = complaints.own_complaint(u, visit.customer, number)
    return page(visit, "c_complaint.html", complaint=found, rules=RULES, secret="", public=False)


@router.post("/desk/c/complaints/{number}")
def own_react(visit: CustomerForm, number: str) -> Response:
    """What the customer says to an answer."""
    with visit.parts.store.unit() as u:
        _reacted(u, visit, complaints.own_complaint(u, visit.customer, number))
        u.commit()
    gone = visit.form.get("do") == "erase"
    return RedirectResponse("/desk/c/" if gone else f"/desk/c/complaints/{number}", 303)


@router.get("/desk/complaints")
def listed(
    visit: Reader, q: str = "", permit: str = "", state: str = "", start: str = "", form: str = ""
) -> Response:
    """The complaints that the reader may see; ``permit`` is what links to a permit's ask for."""
    search = search_of(q=q or permit, state=state, start=start)
    with visit.parts.store.unit(read_only=True) as u:
        wanted, part = _wanted(visit.lang, search), {"start": search.start, "limit": search.limit}
        part = {} if form in FORMS else part
        found = complaints.list_complaints(u, visit.known, wanted, **part)
    if form in FORMS:
        return _export(visit, found.complaints, form)
    return page(
        visit,
        "complaints.html",
        complaints=found.complaints,
        found=found,
        search=search,
        pages=pages_of("/desk/complaints", search, found.total),
        states={each.value: own_name(visit.lang, each.value) for each in ComplaintState},
        supervises=visit.has(Right.SEE_ALERTS),
    )


def _wanted(lang: Language, search: Search) -> Wanted:
    """What the store searches; a category is found by its name in the reader's language."""
    text = search.text.strip()
    named = (each for each in ComplaintCategory if text.casefold() in _named(lang, each))
    known = search.state in set(ComplaintState)
    state = ComplaintState(search.state) if known else None
    return Wanted(text, frozenset(named), state)


def _named(lang: Language, category: ComplaintCategory) -> str:
    return own_name(lang, category.value).casefold()


@router.get("/desk/complaints/{number}")
def show(visit: Reader, number: str) -> Response:
    """One complaint."""
    return _show(visit, number)


@router.post("/desk/complaints/{number}/answer")
def answer(visit: Poster, number: str) -> Response:
    """Answer for the firm or as the sponsor."""
    try:
        with visit.parts.store.unit() as u:
            complaints.answer(u, visit.known, number, visit.form.get("answer", ""), at=visit.at)
            u.commit()
    except (InvalidInput, Conflict) as error:
        return _show(visit, number, Problem(error))
    return RedirectResponse(f"/desk/complaints/{number}?said=complaint_answered", 303)


@router.post("/desk/complaints/{number}/conclusion")
def conclude(visit: Poster, number: str) -> Response:
    """Conclude as the regulator."""
    outcome, text = visit.form.get("outcome", ""), visit.form.get("conclusion", "")
    try:
        with visit.parts.store.unit() as u:
            complaints.conclude(u, visit.known, number, outcome, text, at=visit.at)
            u.commit()
    except (InvalidInput, Conflict) as error:
        return _show(visit, number, Problem(error))
    return RedirectResponse(f"/desk/complaints/{number}?said=complaint_concluded", 303)


@router.post("/desk/complaints/{number}/erasure")
def erase(visit: Poster, number: str) -> Response:
    """Erase the words of a closed complaint."""
    try:
        with visit.parts.store.unit() as u:
            complaints.erase(u, visit.known, number, at=visit.at)
            u.commit()
    except (InvalidInput, Conflict) as error:
        return _show(visit, number, Problem(error))
    return RedirectResponse(f"/desk/complaints/{number}?said=complaint_erased", 303)


def _command(visit: CustomerVisit) -> FileComplaint:
    return FileComplaint(
        text=visit.form.get("text", ""),
        category=visit.form.get("category", ""),
        language=visit.lang,
        permit=visit.form.get("permit", ""),
        contact=visit.form.get("contact", ""),
        key=visit.key,
    )


def _reacted(u: Any, visit: CustomerVisit, found: Complaint) -> Complaint:
    """What the form's button asks for beside looking."""
    wanted = visit.form.get("do", "")
    if wanted == "erase":
        return complaints.erase_own(u, found, at=visit.at)
    if wanted in REACTIONS:
        return complaints.react(u, found, REACTIONS[wanted], at=visit.at)
    return found


def _public(
    visit: CustomerVisit, typed: dict[str, str], problem: Problem | None = None
) -> Response:
    return visit.finish(_form(visit, typed, problem, public=True))


def _own(visit: CustomerVisit, typed: dict[str, str], problem: Problem | None = None) -> Response:
    return _form(visit, typed, problem, public=False)


def _form(
    visit: CustomerVisit, typed: dict[str, str], problem: Problem | None, *, public: bool
) -> Response:
    options = {each: own_name(visit.lang, each) for each in CATEGORIES}
    return page(
        visit,
        "c_complain.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        typed=typed,
        options=options,
        rules=RULES,
        trap=TRAP,
        public=public,
    )


def _show(visit: Visit, number: str, problem: Problem | None = None) -> Response:
    with visit.parts.store.unit(read_only=True) as u:
        found = complaints.complaint_view(u, visit.known, number)
        competent = complaint_access.may_conclude(u, visit.known, found)
    waiting = {ComplaintState.OPEN, ComplaintState.ESCALATED}
    return page(
        visit,
        "complaint.html",
        status=problem.error.status if problem else 200,
        complaint=found,
        rules=RULES,
        may_answer=visit.has(Right.ANSWER_COMPLAINTS) and found.state in waiting,
        may_conclude=competent and found.state is ComplaintState.ESCALATED,
        may_erase=competent and found.state is ComplaintState.CLOSED and found.erased_at is None,
        problem=problem,
    )


def _export(visit: Visit, found: Sequence[Complaint], form: str) -> Response:
    """Without the people's words: those are read on the page alone."""
    header = ("number", "permit", "category", "state", "filed", "due", "answered", "escalated")
    more = ("escalated_because", "closed", "outcome")
    rows = [
        (
            each.id,
            each.permit or "",
            own_name(visit.lang, each.category.value),
            own_name(visit.lang, each.state.value),
            each.filed_at,
            each.due,
            each.answered_at,
            each.escalated_at,
            own_name(visit.lang, each.escalated_why) if each.escalated_why else "",
            each.closed_at,
            own_name(visit.lang, each.outcome.value) if each.outcome else "",
        )
        for each in found
    ]
    return table_answer(visit, form, "complaints", (*header, *more), rows)
