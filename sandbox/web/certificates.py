"""Certificates of a course, for its lead teachers: preview, issuing, revoking."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.certificates import pass_mark
from sandbox.domain.course_time import MOST_WORDS
from sandbox.domain.coursework import CourseName, course_name
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.folding import has_words
from sandbox.services import certificates, people
from sandbox.services.classroom_exchange import released
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Courses
from sandbox.toolchain.layout import CHECKOUT
from sandbox.web.courses import enter, title_in
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotFound)
USUAL: Final = "60"
PART: Final = 50
"""Certificates of a part of the list."""
LONGEST_TEXT: Final = 80
"""Characters of what is looked for."""


@router.get("/desk/courses/{course}/certificates")
def show(visit: Reader, course: str, mark: str = "") -> Response:
    """The certificates of a course; with a pass mark, who would get one."""
    name = course_name(course)
    if not mark:
        return _page(visit, name)
    try:
        wanted = pass_mark(mark)
        found = enter(visit, name, lambda room: certificates.preview(room, wanted))
    except SHOWN as error:
        if error.code == "course.not_found":
            raise
        return _page(visit, name, Problem(error, "preview"), mark=mark[:10])
    return _page(visit, name, preview=found, mark=str(wanted))


@router.post("/desk/courses/{course}/certificates")
def issue(visit: Poster, course: str) -> Response:
    """Issue what the preview showed."""
    name, mark, seen = course_name(course), visit.form.get("mark", ""), visit.form.get("seen", "")

    def work(room: Room) -> None:
        certificates.issue(room, pass_mark(mark), seen, CHECKOUT / "courses")

    return _do(visit, name, ("preview", "certificates_issued"), work)


@router.post("/desk/courses/{course}/certificates/{certificate}/revoke")
def revoke(visit: Poster, course: str, certificate: str) -> Response:
    """Revoke one, with a reason."""
    reason = visit.form.get("reason", "")

    def work(room: Room) -> None:
        certificates.revoke(room, certificate, reason)

    return _do(visit, course_name(course), (certificate, "certificate_revoked"), work)


def _do(visit: Visit, course: CourseName, form: tuple[str, str], work: Any) -> Response:
    """Do what a form asks for; ``form``: its name, and what is said of it afterwards."""
    try:
        enter(visit, course, work, commit=True)
    except SHOWN as error:
        if error.code == "course.not_found":
            raise
        return _page(visit, course, Problem(error, form[0]))
    return RedirectResponse(f"/desk/courses/{course}/certificates?said={form[1]}", 303)


def _page(
    visit: Visit,
    course: CourseName,
    problem: Problem | None = None,
    *,
    preview: certificates.Preview | None = None,
    mark: str = USUAL,
) -> HTMLResponse:
    asked = visit.request.query_params
    text, start = asked.get("q", "").strip()[:LONGEST_TEXT], start_of(asked.get("start", ""))

    def work(room: Room) -> dict[str, Any]:
        every = certificates.of_course(room)
        titles = Courses(room.u.session).get(course).titles
        if problem is not None and any(each.id == problem.form for each in every):
            held = [each for each in every if each.id == problem.form]
        else:
            names = people.written(room.u, {each.account for each in every})
            held = [each for each in every if has_words(text, names[each.account], each.account)]
        return {
            "issued": len(every),
            "total": len(held),
            "held": held[start : start + PART],
            "title": titles.get(visit.lang, course),
            "titles": {each.assignment: title_in(visit, each) for each in released(room)},
        }

    values = enter(visit, course, work)
    here = f"/desk/courses/{course}/certificates?{urlencode({'q': text})}&start="
    more = start + PART < values["total"]
    return page(
        visit,
        "certificates.html",
        status=problem.error.status if problem else 200,
        course=course,
        text=text,
        pages=beside(lambda place: f"{here}{place}#issued", start=start, most=PART, more=more),
        search={"start": start},
        preview=preview,
        mark=visit.form.get("mark", mark)[:10],
        most=MOST_WORDS,
        problem=problem,
        **values,
    )
