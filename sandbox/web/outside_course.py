"""The outside accounts of a course's students, for who leads or coordinates it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.coursework import course_name
from sandbox.domain.seats import Seat
from sandbox.services import outside_accounts
from sandbox.web.outside import titles
from sandbox.web.pages import page
from sandbox.web.visit import Poster, Reader

router = APIRouter(include_in_schema=False)


@router.get("/desk/courses/{course}/outside")
def show(visit: Reader, course: str) -> Response:
    """Who signs in with which account elsewhere."""
    with visit.parts.store.unit(read_only=True) as u:
        found = outside_accounts.of_course(u, visit.known, course_name(course), at=visit.at)
    title = found.course.titles.get(visit.lang) or found.course.name
    teaches = Seat.TEACHER in visit.known.seats
    return page(
        visit,
        "outside_course.html",
        found=found,
        title=title,
        titles=titles(visit),
        teaches=teaches,
    )


@router.post("/desk/courses/{course}/outside/{outside}/remove")
def take_back(visit: Poster, course: str, outside: str) -> Response:
    """Take one back."""
    name = course_name(course)
    with visit.parts.store.unit() as u:
        outside_accounts.take_back_in(u, visit.known, name, outside, at=visit.at)
        u.commit()
    return RedirectResponse(f"/desk/courses/{name}/outside?said=outside_taken_back", 303)
