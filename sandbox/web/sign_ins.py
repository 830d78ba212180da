"""Log-in slips for a course, and the page where a slip's code becomes a password."""

from __future__ import annotations

from typing import Final

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import course_name
from sandbox.domain.sign_ins import SHORTEST, new_password, password_hash
from sandbox.kit.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound
from sandbox.services import sign_ins
from sandbox.services.sign_ins import EVERYBODY, MakeSlips
from sandbox.web.class_lists import show_people
from sandbox.web.customer_visit import CustomerVisit, Guest, GuestForm, keyed_of
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster

router = APIRouter(include_in_schema=False)
PLACE: Final = "/desk/first"
SHOWN: Final = (InvalidInput, NotAllowed, NotAuthenticated)
log = structlog.get_logger("desk")


@router.post("/desk/courses/{course}/slips")
def slips(visit: Poster, course: str) -> Response:
    """New codes; they are in this one answer and nowhere else."""
    name = course_name(course)
    chosen = tuple(each.removeprefix("who-") for each in visit.form if each.startswith("who-"))
    command = MakeSlips(name, (EVERYBODY,) if "everybody" in visit.form else chosen)
    try:
        with visit.parts.store.unit() as u:
            made = sign_ins.make_slips(
                u, visit.known, command, at=visit.at, keyed=keyed_of(visit.parts)
            )
            u.commit()
    except (InvalidInput, NotFound) as error:
        if error.code == "course.not_found":
            raise
        return show_people(visit, name, Problem(error, "slips"))
    address = visit.parts.public_url.partition("://")[2] + PLACE
    return page(visit, "class_slips.html", course=name, slips=made, address=address)


@router.get(PLACE)
def first(visit: Guest) -> Response:
    """Where a code is typed and a password chosen."""
    return visit.finish(_page(visit))


@router.post(PLACE)
def set_password(visit: GuestForm) -> Response:
    """Set the password; the code is used up."""
    try:
        hashed = password_hash(new_password(visit.form.get("new", ""), visit.form.get("again", "")))
        with visit.parts.store.unit() as u:
            account = sign_ins.first_sign_in(
                u,
                visit.form.get("code", ""),
                hashed,
                address=visit.address,
                at=visit.at,
                keyed=visit.keyed,
            )
            u.commit()
        if account is None:
            raise NotAuthenticated("sign_in.wrong_code")
    except SHOWN as error:
        return _page(visit, Problem(error))
    log.info("account.password_set", account=account)
    return page(visit, "first_done.html", account=account)


def _page(visit: CustomerVisit, problem: Problem | None = None) -> Response:
    status = problem.error.status if problem else 200
    typed = {"code": visit.form.get("code", "")[:20]}
    return page(visit, "first.html", status=status, problem=problem, typed=typed, shortest=SHORTEST)
