"""The page of an assignment's due date and extensions, for teachers of the course."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import MOST_WORDS
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.kit.dates import read_moment
from sandbox.kit.errors import NotFound, SynakError
from sandbox.kit.ids import AccountName
from sandbox.locale.forms import ZONE
from sandbox.services import classroom_exchange, classroom_people, classroom_time
from sandbox.services.classroom_room import Room
from sandbox.web.courses import act_in, enter, title_in
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SAVED: Final = "/desk/courses/{course}/{assignment}/time?said=saved"
PICKED: Final = "student."
"""Before a student's name in the form."""
GROUP: Final = "group."
"""Before a group's name and its term."""


@router.get("/desk/courses/{course}/{assignment}/time")
def show(visit: Reader, course: str, assignment: str) -> Response:
    """Due date, extensions, and the forms for both."""
    return _page(visit, course_name(course), assignment_name(assignment))


@router.post("/desk/courses/{course}/{assignment}/due")
def set_due(visit: Poster, course: str, assignment: str) -> Response:
    """Set the due date, or take it away."""
    text = visit.form.get("due", "")

    def work(room: Room, wanted: AssignmentName) -> None:
        due = read_moment(text, ZONE) if text.strip() else None
        classroom_time.set_due(room, wanted, due)

    return act_in(visit, (course, assignment), "due", work, again=_page, then=SAVED)


@router.post("/desk/courses/{course}/{assignment}/extensions")
def extend(visit: Poster, course: str, assignment: str) -> Response:
    """Give the students that were ticked more time, and everybody of the groups that were."""
    chosen = [AccountName(n[len(PICKED) :]) for n in visit.form if n.startswith(PICKED)]
    groups = [n[len(GROUP) :] for n in visit.form if n.startswith(GROUP)]

    def work(room: Room, wanted: AssignmentName) -> None:
        there = classroom_people.students_by_group(room.u, room.person.course, room.at)
        for name in groups:
            group, _, term = name.partition("|")
            if (group, term) not in there:
                raise NotFound("exam.no_group", group=group[:40])
            chosen.extend(there[group, term])
        classroom_time.extend(
            room,
            wanted,
            students=list(dict.fromkeys(chosen)),
            due=read_moment(visit.form.get("until", ""), ZONE),
            reason=visit.form.get("reason", ""),
        )

    return act_in(visit, (course, assignment), "extend", work, again=_page, then=SAVED)


@router.post("/desk/courses/{course}/{assignment}/extensions/{extension}/revoke")
def revoke(visit: Poster, course: str, assignment: str, extension: str) -> Response:
    """Take an extension back that nobody has used."""

    def work(room: Room, _wanted: AssignmentName) -> None:
        classroom_time.revoke(room, extension, reason=visit.form.get("reason", ""))

    return act_in(visit, (course, assignment), extension, work, again=_page, then=SAVED)


def _page(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        room.person.require(CourseRole.TEACHER)
        time = classroom_time.time_of(room, assignment)
        return {
            "title": title_in(visit, classroom_exchange.newest_release(room, assignment)),
            "due": time.due,
            "typed_due": _local(time.due) if time.due else "",
            "extensions": time.extensions[::-1],
            "students": classroom_people.students_of(room.u, course, visit.at),
            "groups": classroom_people.students_by_group(room.u, course, visit.at),
        }

    try:
        values = enter(visit, course, work)
    except SynakError:
        if problem is not None:
            raise problem.error from None
        raise
    return page(
        visit,
        "course_time.html",
        status=problem.error.status if problem else 200,
        course=course,
        name=assignment,
        most=MOST_WORDS,
        problem=problem,
        **values,
    )


def _local(at: datetime) -> str:
    """A moment as a form's field has it."""
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}"
