"""A lesson on a page, for everybody in the course, on a phone as well; and its pictures."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import assignment_name, course_name
from sandbox.grading.lessons import Kind, Part, Section
from sandbox.services import classroom_lessons
from sandbox.services.classroom_exchange import Released
from sandbox.services.classroom_room import Room
from sandbox.web.courses import course_title, enter, notebooks_of, title_in
from sandbox.web.markdown import html, inline
from sandbox.web.pages import page
from sandbox.web.visit import Reader, Visit

router = APIRouter(include_in_schema=False)
PICTURES_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
)
"""A picture is an author's: opened by itself it runs nothing and loads nothing."""


@router.get("/desk/courses/{course}/{assignment}/lesson")
def show(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """What the assignment teaches, in the reader's language."""
    name, wanted = course_name(course), assignment_name(assignment)
    pictures = f"/desk/courses/{name}/{wanted}/lesson/"

    def work(room: Room) -> tuple[dict[str, Any], bool]:
        placed = classroom_lessons.lesson(room, wanted, visit.lang)
        shown = {
            "course_title": course_title(visit, room),
            "title": title_in(visit, placed.of),
            "teaches": room.person.role is CourseRole.TEACHER,
            "sections": [_section(each, pictures) for each in placed.lesson.sections],
            "text_lang": placed.lesson.language,
            "before": _beside(visit, placed.before),
            "after": _beside(visit, placed.after),
        }
        return shown, classroom_lessons.is_noted(room, wanted)

    values, noted = enter(visit, name, work)
    if not noted:
        enter(visit, name, lambda room: classroom_lessons.note_reading(room, wanted), commit=True)
    server = notebooks_of(visit, name)
    return page(visit, "lesson.html", course=name, name=wanted, server=server, **values)


@router.get("/desk/courses/{course}/{assignment}/lesson/{picture}")
def picture(visit: Reader, course: str, assignment: str, picture: str) -> Response:
    """A picture of a lesson, which can neither run nor load anything."""
    name, wanted = course_name(course), assignment_name(assignment)
    found = enter(
        visit, name, lambda room: classroom_lessons.picture(room, wanted, picture, visit.lang)
    )
    headers = {"Content-Security-Policy": PICTURES_POLICY, "Vary": "Accept-Language, Cookie"}
    return Response(found.content, media_type=found.media, headers=headers)


def _section(section: Section, pictures: str) -> dict[str, Any]:
    return {
        "title": inline(section.title),
        "parts": [_part(each, pictures) for each in section.parts],
    }


def _part(part: Part, pictures: str) -> dict[str, Any]:
    code = part.kind in (Kind.EXAMPLE, Kind.GIVEN)
    shown: str | Markup = part.text if code else html(part.text, lambda name: pictures + name)
    return {"kind": part.kind.value, "title": inline(part.title), "shown": shown}


def _beside(visit: Visit, released: Released | None) -> dict[str, str] | None:
    if released is None:
        return None
    return {"name": released.assignment, "title": title_in(visit, released)}
