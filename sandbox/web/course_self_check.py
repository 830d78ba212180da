"""A self-check of what a student handed in last, asked for on the course's page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.coursework import assignment_name, course_name
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import classroom_self_check
from sandbox.services.classroom_room import Room
from sandbox.toolchain.layout import CHECKOUT
from sandbox.web.courses import enter, show_course
from sandbox.web.pages import Problem
from sandbox.web.visit import Poster

router = APIRouter(include_in_schema=False)


@router.post("/desk/courses/{course}/{assignment}/self-check")
def ask(visit: Poster, course: str, assignment: str) -> Response:
    """Have it checked; the page then says its place in the queue, and what was found."""
    name, wanted = course_name(course), assignment_name(assignment)

    def work(room: Room) -> None:
        allowed = classroom_self_check.an_hour(room, CHECKOUT / "courses")
        classroom_self_check.ask_of_handed_in(room, wanted, allowed=allowed)

    try:
        enter(visit, name, work, commit=True)
    except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
        if error.code.partition(".")[0] != "self_check":
            raise
        return show_course(visit, name, Problem(error, f"check-{wanted}"))
    return RedirectResponse(f"/desk/courses/{name}?said=self_check_asked#{wanted}-check", 303)
