"""Courses in the browser: where a student stands, what a teacher may start with one click.

The work itself is done in notebooks; here are the marks, the receipts and the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole, Mark, counted
from sandbox.domain.course_time import late_by
from sandbox.domain.coursework import CourseName, assignment_name, course_name
from sandbox.grading.feedback import number, reason_text
from sandbox.kit.errors import NotAllowed, NotFound
from sandbox.services import (
    classroom_exchange,
    classroom_feedback,
    classroom_grading,
    classroom_people,
    classroom_time,
)
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.services.classroom_words import in_words
from sandbox.store.classroom_blobs import Blobs
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
T = TypeVar("T")
SHOWN: Final = (NotFound, NotAllowed)


@router.get("/desk/courses")
def register(visit: Reader) -> HTMLResponse:
    """The courses of the reader."""
    with visit.parts.store.unit(read_only=True) as u:
        found = classroom_people.courses_of(u, visit.known.account, visit.at)
    spawn = _spawn(visit)
    courses = [
        {
            "name": course.name,
            "title": course.titles.get(visit.lang, course.name),
            "teaches": role is CourseRole.TEACHER,
            "server": f"{spawn}/course-{course.name}",
            "archived": course.archived_at is not None,
        }
        for course, role in found
    ]
    return page(visit, "courses.html", courses=courses)


@router.get("/desk/courses/{course}")
def show(visit: Reader, course: str) -> HTMLResponse:
    """One course, as its reader's role has it."""
    return show_course(visit, course_name(course))


@router.post("/desk/courses/{course}/{assignment}/grade")
def grade(visit: Poster, course: str, assignment: str) -> Response:
    """Autograde every student's newest submission."""
    name, wanted = course_name(course), assignment_name(assignment)
    try:
        enter(visit, name, lambda room: classroom_grading.ask_grading(room, wanted), commit=True)
    except SHOWN as error:
        return show_course(visit, name, problem=Problem(error, form=wanted))
    return RedirectResponse(f"/desk/courses/{name}", 303)


@router.post("/desk/courses/{course}/{assignment}/feedback")
def release_feedback(visit: Poster, course: str, assignment: str) -> Response:
    """Release the feedback of everything that is graded."""
    name, wanted = course_name(course), assignment_name(assignment)

    def work(room: Room) -> object:
        return classroom_feedback.release_feedback(room, wanted)

    try:
        enter(visit, name, work, commit=True)
    except SHOWN as error:
        return show_course(visit, name, problem=Problem(error, form=wanted))
    return RedirectResponse(f"/desk/courses/{name}", 303)


def enter(
    visit: Visit, course: CourseName, work: Callable[[Room], T], *, commit: bool = False
) -> T:
    """Do something as the reader, in one transaction.

    Args:
        visit: who reads.
        course: which course.
        work: the use case.
        commit: whether it changes something.

    Raises:
        NotFound: ``course.not_found`` for those who are not in it.
    """
    parts = visit.parts
    with parts.store.unit(read_only=not commit) as u:
        person = classroom_people.person_in(u, visit.known.account, course, visit.at)
        key = load_receipt_key(parts.receipt_key)
        result = work(Room(u, person, visit.at, Blobs(parts.blobs), key))
        if commit:
            u.commit()
    return result


def show_course(
    visit: Visit, course: CourseName, *, problem: Problem | None = None
) -> HTMLResponse:
    """The page of a course.

    Args:
        visit: who reads.
        course: which.
        problem: what went wrong with a form of the page.
    """

    def work(room: Room) -> dict[str, Any]:
        teaches = room.person.role is CourseRole.TEACHER
        one = _for_teacher if teaches else _for_student
        titles = next(
            each.titles
            for each, _role in classroom_people.courses_of(room.u, room.person.account, room.at)
            if each.name == course
        )
        return {
            "course": course,
            "title": titles.get(visit.lang, course),
            "teaches": teaches,
            "leads": room.person.leads,
            "server": f"{_spawn(visit)}/course-{course}",
            "assignments": [
                {
                    "name": each.assignment,
                    "title": title_in(visit, each),
                    "time": classroom_time.time_of(room, each.assignment),
                    "correction": classroom_exchange.correction(room, each.assignment),
                    **one(visit, room, each),
                }
                for each in classroom_exchange.released(room)
            ],
        }

    status = 200 if problem is None else problem.error.status
    return page(visit, "course.html", status=status, problem=problem, **enter(visit, course, work))


def _spawn(visit: Visit) -> str:
    """Where the hub starts, or opens, the reader's servers."""
    return f"{visit.parts.public_url}/hub/spawn/{visit.known.account}"


def title_in(visit: Visit, released: classroom_exchange.Released) -> str:
    """An assignment's title in the reader's language."""
    titles = released.detail.get("titles") or {}
    return str(titles.get(visit.lang) or released.assignment)


def _for_teacher(
    _visit: Visit, room: Room, released: classroom_exchange.Released
) -> dict[str, Any]:
    time = classroom_time.time_of(room, released.assignment)
    corrected = classroom_exchange.correction(room, released.assignment)
    rows = [
        {
            "student": each.student,
            "at": each.submitted_at,
            "late": bool(each.submitted_at and late_by(each.submitted_at, time.of(each.student))),
            "old": bool(corrected and each.submitted_at and each.submitted_at < corrected.at),
            "state": each.state.value if each.state else "",
            "error": each.error,
            "score": None if each.score is None else number(each.score),
            "points": number(each.points),
            "waiting": each.waiting,
            "feedback": each.feedback,
        }
        for each in classroom_grading.standings(room, released.assignment)
    ]
    return {"rows": rows, "open": sum(row["state"] in ("queued", "running") for row in rows)}


def _for_student(visit: Visit, room: Room, released: classroom_exchange.Released) -> dict[str, Any]:
    feedback = {
        line.submission: line
        for line in classroom_feedback.released_feedback(room, released.assignment)
    }
    time = classroom_time.time_of(room, released.assignment)
    corrected = classroom_exchange.correction(room, released.assignment)
    rows = []
    for action in classroom_exchange.submissions(room, released.assignment):
        line = feedback.get(action.id)
        marks = () if line is None else classroom_grading.marks_of(room, action.id)
        rows.append(
            {
                "id": action.id,
                "number": action.number,
                "at": action.at,
                "late": bool(time.late(action)),
                "old": corrected is not None and action.at < corrected.at,
                "score": None if line is None else number(line.score),
                "points": "" if line is None else number(line.points),
                "marks": [
                    _mark(mark, visit)
                    for mark in in_words(room, released.assignment, marks, visit.lang)
                ],
            }
        )
    return {"rows": rows, "due": time.of(room.person.account)}


def _mark(mark: Mark, visit: Visit) -> dict[str, str]:
    return {
        "title": mark.title,
        "mark": number(counted(mark)),
        "points": number(mark.points),
        "why": reason_text(mark, visit.lang),
        "comment": mark.comment,
    }
