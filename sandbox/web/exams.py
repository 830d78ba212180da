"""Exams: planned by teachers, started by students; both find their own page at one address.

Rules: to who teaches the course an exam's address shows how it goes (`sandbox.web.exam_live`); to a
student their own time and nobody else's.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.bookings import Window
from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.exams import FEWEST_MINUTES, MOST_MINUTES, MOST_TRIES, WAIT
from sandbox.kit.dates import read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName
from sandbox.locale.forms import ZONE
from sandbox.services import (
    classroom_content,
    classroom_exchange,
    exam_rooms,
    exam_views,
    exams,
    seat_bookings,
)
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Courses
from sandbox.toolchain.layout import CHECKOUT
from sandbox.web.bookings import form_of
from sandbox.web.courses import act_in, attempt, course_title, enter, title_in
from sandbox.web.group_keys import group_of
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
MATERIAL: Final = CHECKOUT / "courses"
EXAM: Final = "/desk/courses/{course}/exams/{assignment}"
PLAN: Final = f"{EXAM}/plan?said=exam_planned"
ROOM_SET: Final = f"{EXAM}/plan?said=room_set"
PICKED: Final = "invigilator."
"""Before an account's name in the form of a room."""


@router.get("/desk/courses/{course}/exams")
def register(visit: Reader, course: str) -> HTMLResponse:
    """The exams of a course, and for who leads it the form of another one."""
    return _register(visit, course_name(course))


@router.post("/desk/courses/{course}/exams")
def plan(visit: Poster, course: str) -> Response:
    """Make an assignment an exam."""
    name = course_name(course)

    def work(room: Room) -> AssignmentName:
        wanted = assignment_name(visit.form.get("assignment", "").strip())
        _require_known(room, wanted, own=bool(visit.form.get("own")))
        exams.plan(room, wanted, whole(visit.form.get("minutes", ""), FEWEST_MINUTES))
        return wanted

    return attempt(
        "plan",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: _register(visit, name, problem),
        lambda wanted: PLAN.format(course=name, assignment=wanted),
    )


@router.get("/desk/courses/{course}/exams/{assignment}/plan")
def show_plan(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """Rooms, windows and invigilators of an exam, for its teachers."""
    return _plan(visit, course_name(course), assignment_name(assignment))


@router.post("/desk/courses/{course}/exams/{assignment}/plan")
def change(visit: Poster, course: str, assignment: str) -> Response:
    """Give the exam other minutes."""

    def work(room: Room, wanted: AssignmentName) -> None:
        exams.plan(room, wanted, whole(visit.form.get("minutes", ""), FEWEST_MINUTES))

    return act_in(visit, (course, assignment), "minutes", work, again=_plan, then=PLAN)


@router.post("/desk/courses/{course}/exams/{assignment}/rooms")
def set_room(visit: Poster, course: str, assignment: str) -> Response:
    """Give a group its window and its invigilators."""
    form = visit.form
    chosen = tuple(AccountName(n[len(PICKED) :]) for n in form if n.startswith(PICKED))

    def work(room: Room, wanted: AssignmentName) -> None:
        group, term = group_of(form.get("group", ""))
        opens, closes = (read_moment(form.get(each, ""), ZONE) for each in ("opens", "closes"))
        exams.set_room(room, wanted, exams.SetRoom(group, term, opens, closes, chosen))

    return act_in(visit, (course, assignment), "room", work, again=_plan, then=ROOM_SET)


@router.post("/desk/courses/{course}/exams/{assignment}/cancel")
def cancel(visit: Poster, course: str, assignment: str) -> Response:
    """Make it an ordinary assignment again."""
    then = "/desk/courses/{course}/exams?said=exam_cancelled"
    return act_in(visit, (course, assignment), "cancel", exams.cancel, again=_plan, then=then)


@router.post("/desk/courses/{course}/exams/{assignment}/start")
def start(visit: Poster, course: str, assignment: str) -> Response:
    """Start the reader's own time, by the code of the room."""

    def work(room: Room, wanted: AssignmentName) -> None:
        exam_rooms.start(room, wanted, visit.form.get("code", ""))

    return act_in(
        visit, (course, assignment), "start", work, again=own_page, then=f"{EXAM}?said=exam_started"
    )


def own_page(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    """An exam as its student sees it: rules and start, or the time that is left."""

    def work(room: Room) -> dict[str, Any]:
        own = exam_views.own_exam(room, assignment)
        return {**about(visit, room, assignment), "own": own, "seat": own.seat}

    return page(
        visit,
        "exam_own.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        tries=MOST_TRIES,
        wait=WAIT.seconds // 60,
        server=f"{visit.parts.public_url}/hub/spawn/{visit.known.account}/course-{course}",
        **enter(visit, course, work),
    )


def about(visit: Visit, room: Room, assignment: AssignmentName) -> dict[str, Any]:
    """What every page of an exam says on top."""
    found = {each.assignment: each for each in classroom_exchange.released(room)}
    return {
        "course": room.person.course,
        "course_title": course_title(visit, room),
        "name": assignment,
        "title": title_in(visit, found[assignment]) if assignment in found else assignment,
        "released": assignment in found,
        "leads": room.person.leads,
        "at": visit.at,
    }


def whole(text: str, least: int) -> int:
    """A number of minutes as typed.

    Args:
        text: as typed.
        least: that it may be; the most is ``MOST_MINUTES``.

    Raises:
        InvalidInput: ``exam.number``.
    """
    found = text.strip()
    if not is_digits(found) or len(found) > 4:
        raise InvalidInput("exam.number", least=least, most=MOST_MINUTES)
    return int(found)


def _register(visit: Visit, course: CourseName, problem: Problem | None = None) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        released = {each.assignment: each for each in classroom_exchange.released(room)}
        books = exam_views.exams_of(room)
        known = {book.exam.assignment for book in books}
        own = {
            book.exam.assignment: exam_views.own_exam(room, book.exam.assignment).seat
            for book in books
            if room.person.role is CourseRole.STUDENT
        }
        return {
            "course_title": course_title(visit, room),
            "teaches": room.person.role is CourseRole.TEACHER,
            "leads": room.person.leads,
            "exams": [
                {
                    "book": book,
                    "name": book.exam.assignment,
                    "title": title_in(visit, released[book.exam.assignment])
                    if book.exam.assignment in released
                    else book.exam.assignment,
                    "seat": own.get(book.exam.assignment),
                    "over": book.over(visit.at),
                }
                for book in books
            ],
            "offered": _offered(room, known) if room.person.leads else (),
        }

    return page(
        visit,
        "exams.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        fewest=FEWEST_MINUTES,
        most=MOST_MINUTES,
        **enter(visit, course, work),
    )


def _offered(room: Room, known: set[AssignmentName]) -> tuple[str, ...]:
    """Assignments of the course's material that are no exam yet; others can be typed."""
    return tuple(sorted(_of_material(room) - set(known)))


def _of_material(room: Room) -> set[str]:
    material = Courses(room.u.session).get(room.person.course).material
    return {each.name for each in classroom_content.assignments_in(MATERIAL / material)}


def _require_known(room: Room, wanted: AssignmentName, *, own: bool) -> None:
    """Refuse a slip of the pen: it would leave the assignment that was meant without its guard.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        InvalidInput: ``exam.assignment_unknown``.
    """
    room.person.require_lead()
    known = _of_material(room) | {each.assignment for each in classroom_exchange.released(room)}
    if not own and wanted not in known:
        raise InvalidInput(
            "exam.assignment_unknown", value=wanted, known=", ".join(sorted(known)) or "—"
        )


def _plan(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        room.person.require_lead()
        book = exams.required(room, assignment)
        return {
            **about(visit, room, assignment),
            "book": book,
            "groups": exams.groups(room),
            "staff": exams.staff(room, visit.at),
            "booked": {each.id: seat_bookings.of_room(room.u, course, each) for each in book.rooms},
            "windows": {each.id: form_of(Window(each.opens, each.closes)) for each in book.rooms},
        }

    return page(
        visit,
        "exam_plan.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        fewest=FEWEST_MINUTES,
        most=MOST_MINUTES,
        picked=PICKED,
        **enter(visit, course, work),
    )
