"""The page of an assignment's due date and extensions, for teachers of the course."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import MOST_WORDS, Extension
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.kit.dates import read_moment
from sandbox.kit.errors import NotFound, SynakError
from sandbox.kit.ids import AccountName
from sandbox.locale.forms import ZONE
from sandbox.services import classroom_people, classroom_time
from sandbox.services.classroom_room import Room
from sandbox.web.course_assignment import head_of
from sandbox.web.courses import act_in, enter
from sandbox.web.group_keys import group_of
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
DONE: Final = "/desk/courses/{course}/{assignment}/time?said={done}"
PICKED: Final = "student."
"""Before a student's name in the form."""
GROUP: Final = "group."
"""Before a group's name and its term."""
FEW: Final = 30
"""Students that are listed at once; of more the list is folded."""


@router.get("/desk/courses/{course}/{assignment}/time")
def show(visit: Reader, course: str, assignment: str) -> Response:
    """Due date, extensions, and the forms for both."""
    return _page(visit, course_name(course), assignment_name(assignment))


@router.post("/desk/courses/{course}/{assignment}/due")
def set_due(visit: Poster, course: str, assignment: str) -> Response:
    """Set the due date, or take it away."""
    text = visit.form.get("due", "")

    def work(room: Room, wanted: AssignmentName) -> str:
        due = read_moment(text, ZONE) if text.strip() else None
        if not classroom_time.set_due(room, wanted, due):
            return "due_same" if due else "due_none"
        return "due_set" if due else "due_removed"

    return act_in(visit, (course, assignment), "due", work, again=_page, then=DONE)


@router.post("/desk/courses/{course}/{assignment}/extensions")
def extend(visit: Poster, course: str, assignment: str) -> Response:
    """Give the students that were ticked more time, and everybody of the groups that were."""
    chosen = [AccountName(n[len(PICKED) :]) for n in visit.form if n.startswith(PICKED)]
    groups = [n[len(GROUP) :] for n in visit.form if n.startswith(GROUP)]

    def work(room: Room, wanted: AssignmentName) -> str:
        there = classroom_people.students_by_group(room.u, room.person.course, room.at)
        for name in groups:
            group, term = group_of(name)
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
        return "time_given"

    return act_in(visit, (course, assignment), "extend", work, again=_page, then=DONE)


@router.post("/desk/courses/{course}/{assignment}/extensions/{extension}/revoke")
def revoke(visit: Poster, course: str, assignment: str, extension: str) -> Response:
    """Take an extension back that nobody has used."""

    def work(room: Room, _wanted: AssignmentName) -> str:
        classroom_time.revoke(room, extension, reason=visit.form.get("reason", ""))
        return "time_revoked"

    return act_in(visit, (course, assignment), extension, work, again=_page, then=DONE)


def _page(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        room.person.require(CourseRole.TEACHER)
        time = classroom_time.time_of(room, assignment)
        return {
            **head_of(visit, room, assignment),
            "due": time.due,
            "typed_due": _local(time.due) if time.due else "",
            "extensions": [_named(room, each) for each in time.extensions[::-1]],
            "students": classroom_people.by_name(
                room.u, classroom_people.students_of(room.u, course, visit.at)
            ),
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
        few=FEW,
        problem=problem,
        **values,
    )


def _named(room: Room, extension: Extension) -> dict[str, Any]:
    """An extension with the groups that have it as a whole, and who has it beside them."""
    given = set(extension.students)
    there = classroom_people.students_by_group(room.u, extension.course, extension.granted_at)
    groups = {place: each for place, each in there.items() if given.issuperset(each)}
    grouped = {student for each in groups.values() for student in each}
    alone = [each for each in extension.students if each not in grouped]
    return {"of": extension, "groups": groups, "alone": alone}


def _local(at: datetime) -> str:
    """A moment as a form's field has it."""
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}"
