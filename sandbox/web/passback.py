"""Marks that go back to learning platforms: the teachers' page, and what platforms read of us.

Rules: who teaches the course sees where each mark stands and why; its teachers switch it off and
send again. What platforms read (our public keys, how the tool is set up) anybody may read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter
from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.passback import LINE_ITEM, SCORE, Outcome
from sandbox.kit.errors import NotFound
from sandbox.locale import forms
from sandbox.services import passback, passback_views
from sandbox.services.classroom_cohort import PART, Wanted
from sandbox.services.classroom_room import Room
from sandbox.services.passback_views import STATES, Line
from sandbox.web.course_assignment import EXPORTS, as_teacher, head_of, teach
from sandbox.web.courses import act_in, enter, platform_title
from sandbox.web.exports import table_answer
from sandbox.web.pages import Problem, page, takes_marks
from sandbox.web.paging import beside, start_of
from sandbox.web.visit import Anybody, Poster, Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
BASE: Final = "/desk/courses/{course}/{assignment}/passback"
DONE: Final = f"{BASE}?said={{done}}"
HEADER: Final = (
    *("student", "account", "student_number", "group", "platform", "state", "mark", "points"),
    *("sent", "reason"),
)


@router.get("/desk/lti/keys.json")
def show_keys(visit: Anybody) -> Response:
    """The public halves of our keys, for platforms to check what we sign."""
    keys = list(visit.parts.lti_keys)
    return JSONResponse({"keys": keys}, headers={"Cache-Control": "public, max-age=300"})


@router.get("/desk/lti/{platform}/tool.json")
def show_tool(visit: Anybody, platform: str) -> Response:
    """How a platform's administrator sets this tool up, in the form that Canvas reads.

    Raises:
        NotFound: ``web.not_found``.
    """
    found = visit.parts.lti.get(platform)
    if found is None:
        raise NotFound("web.not_found")
    public = visit.parts.public_url
    link = {
        "placement": "assignment_selection",
        "message_type": "LtiResourceLinkRequest",
        "target_link_uri": f"{public}/desk/courses",
        "windowTarget": "_blank",
    }
    extension = {
        "platform": "canvas.instructure.com",
        "domain": urlsplit(public).netloc,
        "privacy_level": "public" if found.platform.university else "anonymous",
        "settings": {"platform": "canvas.instructure.com", "placements": [link]},
    }
    return JSONResponse(
        {
            "title": "Synak",
            "description": "Coursework on simulated national money",
            "oidc_initiation_url": f"{public}/desk/lti/{platform}/login",
            "target_link_uri": f"{public}/desk/courses",
            "redirect_uris": [found.redirect],
            "public_jwk_url": f"{public}/desk/lti/keys.json",
            "scopes": [LINE_ITEM, SCORE] if found.platform.token else [],
            "custom_fields": {},
            "extensions": [extension],
        }
    )


@router.get("/desk/courses/{course}/{assignment}/open")
def open_(visit: Reader, course: str, assignment: str) -> Response:
    """Where a platform's link to an assignment leads: each reader's own page of it."""
    name, wanted = course_name(course), assignment_name(assignment)
    teaches = enter(visit, name, lambda room: room.person.role) is CourseRole.TEACHER
    here = f"/desk/courses/{name}"
    return RedirectResponse(f"{here}/{wanted}" if teaches else f"{here}#{wanted}", 303)


@router.get(BASE)
def show(visit: Reader, course: str, assignment: str, form: str = "") -> Response:
    """Where each mark stands, and why; CSV and XLSX."""
    name, wanted = course_name(course), assignment_name(assignment)
    if form in EXPORTS:
        found = teach(visit, name, lambda room: passback_views.lines(room, wanted))
        _require_any(visit, found)
        return table_answer(visit, form, wanted, HEADER, [_cells(visit, each) for each in found])
    return _page(visit, name, wanted)


@router.post(BASE)
def switch(visit: Poster, course: str, assignment: str) -> Response:
    """Say whether this assignment's marks go to platforms."""
    on = visit.form.get("on") == "yes"

    def work(room: Room, wanted: AssignmentName) -> str:
        passback.switch(room, wanted, on=on)
        return "passback_on" if on else "passback_off"

    return act_in(visit, (course, assignment), "switch", as_teacher(work), again=_page, then=DONE)


@router.post(BASE + "/again")
def send_again(visit: Poster, course: str, assignment: str) -> Response:
    """Send again what failed, or one student's mark."""

    def work(room: Room, wanted: AssignmentName) -> str:
        passback.send_again(room, wanted, visit.form.get("student", ""))
        return "passback_again"

    return act_in(visit, (course, assignment), "again", as_teacher(work), again=_page, then=DONE)


def _page(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> Response:
    asked = visit.request.query_params
    first, state = start_of(asked.get("start", "")), asked.get("state", "")
    wanted = state if state in set(STATES) else ""

    def work(room: Room) -> dict[str, Any]:
        return {
            **head_of(visit, room, assignment),
            "on": passback.switched_on(room.u, course, assignment),
            "lines": passback_views.lines(room, assignment),
        }

    values = teach(visit, course, work)
    every: tuple[Line, ...] = values.pop("lines")
    _require_any(visit, every)
    found = [each for each in every if not wanted or each.state.value == wanted]
    return page(
        visit,
        "passback.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        name=assignment,
        search=Wanted(start=first),
        state=wanted,
        counts=passback_views.counts(every),
        failed=any(each.mark and passback.goes_with_all(each.mark) for each in every),
        states=[each.value for each in STATES],
        every=len(every),
        total=len(found),
        lines=[_shown(visit, each) for each in found[first : first + PART]],
        pages=_pages(f"/desk/courses/{course}/{assignment}/passback", wanted, first, len(found)),
        **values,
    )


def _require_any(visit: Visit, lines: Sequence[Line]) -> None:
    """Where no platform takes marks, and none was ever told one, there is no such page.

    Raises:
        NotFound: ``web.not_found``.
    """
    if not takes_marks(visit) and not any(each.mark for each in lines):
        raise NotFound("web.not_found")


def _shown(visit: Visit, line: Line) -> dict[str, Any]:
    mark = line.mark
    return {
        "line": line,
        "platform": platform_title(visit, line.platform),
        "score": forms.points(mark.score, visit.lang) if mark else "",
        "points": forms.points(mark.points, visit.lang) if mark else "",
        "why": _why(line),
    }


def _why(line: Line) -> str:
    """The name of the reason why a mark is not there yet; empty for none."""
    mark = line.mark
    if mark is None or mark.sent_at or mark.outcome in {None, Outcome.BEGUN, Outcome.SENT}:
        return ""
    return f"passback_{mark.outcome}"


def _cells(visit: Visit, line: Line) -> tuple[object, ...]:
    mark, why = line.mark, _why(line)
    return (
        line.name,
        line.student,
        line.number,
        line.group,
        platform_title(visit, line.platform),
        name_of(visit.lang, line.state.value),
        forms.rounded(mark.score) if mark else None,
        forms.rounded(mark.points) if mark else None,
        mark.sent_at if mark else None,
        name_of(visit.lang, why) if why else "",
    )


def _pages(path: str, state: str, start: int, total: int) -> dict[str, str]:
    def at(**more: object) -> str:
        values = {key: str(value) for key, value in more.items() if value}
        return f"{path}?{urlencode(values)}" if values else path

    exports = {form: at(form=form) for form in EXPORTS}
    more = start + PART < total
    return exports | beside(
        lambda place: at(state=state, start=place), start=start, most=PART, more=more
    )
