"""Contract review on the desk: a permit's reviews, one review, its source for named reviewers.

Rules: the source is shown by a post alone, since each view is written down before it; acts of law
ask for the password; what was typed stays when something was wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.contracts.standard_input import installed
from sandbox.domain.seats import Right
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, Unavailable
from sandbox.kit.ids import permit_number
from sandbox.services import contract_review_views, contract_reviews, permits
from sandbox.services.contract_review_source import files_of
from sandbox.services.contract_reviews import AskReview, Decide, NameReviewers
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed, Unavailable)
_NAMED: Final = "reviewer-"


@router.get("/desk/permits/{number}/contracts")
def show(visit: Reader, number: str) -> Response:
    """The contracts that were asked about, and the form to ask."""
    return _list(visit, number)


def _list(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    wanted = permit_number(number)
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, wanted, at=visit.at)
        found = contract_review_views.reviews_of(u, visit.known, wanted, at=visit.at)
    return page(
        visit,
        "contract_reviews.html",
        status=problem.error.status if problem else 200,
        permit=view,
        reviews=found,
        asks=visit.has(Right.RUN_TRIAL),
        compiler=installed()[0],
        problem=problem,
    )


@router.post("/desk/permits/{number}/contracts")
def ask(visit: Poster, number: str) -> Response:
    """Ask for a review."""
    form = visit.form
    command = AskReview(
        permit=permit_number(number),
        chain=form.get("chain", ""),
        contract=form.get("contract", "").strip(),
        name=form.get("name", ""),
        source=form.get("source", ""),
        contract_name=form.get("contract_name", "").strip(),
        compiler=form.get("compiler", "").strip(),
        upgrade=form.get("upgrade", "").strip(),
    )
    try:
        made = contract_reviews.ask(
            visit.parts.store, visit.known, command, at=visit.at, ports=visit.parts.ports
        )
    except SHOWN as error:
        return _list(visit, number, Problem(error, "ask"))
    return RedirectResponse(f"/desk/contract-reviews/{made.id}", 303)


@router.get("/desk/contract-reviews/{review}")
def one(visit: Reader, review: str) -> Response:
    """One review: state, reason, views; what the reader may do."""
    return _one(visit, review)


def _one(visit: Visit, review: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = contract_review_views.review_view(u, visit.known, review, at=visit.at)
    return page(
        visit,
        "contract_review.html",
        status=problem.error.status if problem else 200,
        view=view,
        review=view.review,
        prefix=_NAMED,
        problem=problem,
    )


@router.post("/desk/contract-reviews/{review}/source")
def source(visit: Poster, review: str) -> Response:
    """The source, for a named reviewer; the view is written down first."""
    with visit.parts.store.unit() as u:
        kept = contract_reviews.open_source(u, visit.known, review, at=visit.at)
        view = contract_review_views.review_view(u, visit.known, review, at=visit.at)
        u.commit()
    return page(visit, "contract_source.html", review=view.review, files=files_of(kept.text))


@router.post("/desk/contract-reviews/{review}/reviewers")
def name_reviewers(visit: Poster, review: str) -> Response:
    """Who may see the source."""
    named = tuple(name.removeprefix(_NAMED) for name in visit.form if name.startswith(_NAMED))
    command = NameReviewers(review, named)
    return _act(
        visit,
        review,
        "reviewers",
        lambda u: contract_reviews.name_reviewers(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/contract-reviews/{review}/approve")
def approve(visit: Poster, review: str) -> Response:
    """Approve: the first signature, or the second."""
    command, ports = Decide(review, visit.form.get("reason", "")), visit.parts.ports
    return _act(
        visit,
        review,
        "decide",
        lambda u: contract_reviews.approve(u, visit.known, command, at=visit.at, ports=ports),
    )


@router.post("/desk/contract-reviews/{review}/refuse")
def refuse(visit: Poster, review: str) -> Response:
    """Refuse, with a reason."""
    command = Decide(review, visit.form.get("reason", ""))
    return _act(
        visit,
        review,
        "decide",
        lambda u: contract_reviews.refuse(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/contract-reviews/{review}/withdraw")
def withdraw(visit: Poster, review: str) -> Response:
    """Withdraw an approval."""
    command, ports = Decide(review, visit.form.get("reason", "")), visit.parts.ports
    return _act(
        visit,
        review,
        "withdraw",
        lambda u: contract_reviews.withdraw(u, visit.known, command, at=visit.at, ports=ports),
    )


def _act(visit: Visit, review: str, form: str, work: Callable[[UnitOfWork], Any]) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/contract-reviews/{review[:40]}",
        again=lambda error: _one(visit, review, Problem(error, form)),
    )
