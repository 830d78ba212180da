"""An exam as it goes, for who invigilates: seats, time given and stopped, the book, the code.

Rules: the table asks for itself and holds no form, so that nothing typed is lost. Who teaches in
the course sees all rooms; who may act in one is the services' to say.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import MOST_WORDS
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.exam_clock import ExamState
from sandbox.domain.exams import MOST_MINUTES, Book, Scope
from sandbox.kit.dates import read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.locale.forms import ZONE
from sandbox.services import exam_rooms, exam_views, exams
from sandbox.services.classroom_room import Room
from sandbox.web.courses import act_in, attempt, enter
from sandbox.web.exam_paper import attendance_paper, attendance_pdf, attendance_xlsx
from sandbox.web.exams import EXAM, about, own_page, whole
from sandbox.web.exports import XLSX, pdf_answer
from sandbox.web.pages import Problem, page
from sandbox.web.uploads import download
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SAID: Final = f"{EXAM}?said="
ROOM, STUDENT, ALL = "room.", "student.", "all"
"""For whom an act is, as the form's field says it."""
MOST_LINES: Final = 200
"""Entries of the book that the page shows, the newest first."""


@router.get("/desk/courses/{course}/exams/{assignment}")
def show(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """Who teaches sees how it goes, a student their own time."""
    name, wanted = course_name(course), assignment_name(assignment)
    if enter(visit, name, lambda room: room.person.role) is CourseRole.STUDENT:
        return own_page(visit, name, wanted)
    return _live(visit, name, wanted)


@router.get("/desk/courses/{course}/exams/{assignment}/seats")
def show_seats(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """Who has started, how much time is left: the part of the page that asks for itself."""
    name, wanted = course_name(course), assignment_name(assignment)
    values = enter(visit, name, lambda room: _seats(visit, room, wanted))
    return page(visit, "exam_seats.html", **values)


@router.get("/desk/courses/{course}/exams/{assignment}/rooms/{room}")
def show_code(visit: Reader, course: str, assignment: str, room: str) -> HTMLResponse:
    """The room's code, large, for the projector."""
    return _code(visit, course_name(course), assignment_name(assignment), room)


@router.get("/desk/courses/{course}/exams/{assignment}/rooms/{room}/attendance")
def show_attendance(visit: Reader, course: str, assignment: str, room: str) -> HTMLResponse:
    """Who was expected, came and handed in, as it is printed."""
    return page(visit, "exam_attendance.html", **_attendance(visit, course, assignment, room))


@router.get("/desk/courses/{course}/exams/{assignment}/rooms/{room}/attendance.pdf")
@router.get("/desk/courses/{course}/exams/{assignment}/rooms/{room}/attendance.xlsx")
def attendance_file(visit: Reader, course: str, assignment: str, room: str) -> Response:
    """The same as a file."""
    paper = _attendance(visit, course, assignment, room)["paper"]
    name = f"attendance-{course}-{assignment}-{room[:6]}"
    if visit.request.url.path.endswith(".pdf"):
        return pdf_answer(attendance_pdf(paper, node_modules=visit.parts.node_modules), name)
    made = attendance_xlsx(paper)
    return download(BytesIO(made), name=f"{name}.xlsx", media=XLSX, size=len(made))


@router.post("/desk/courses/{course}/exams/{assignment}/rooms/{room}/open")
def open_room(visit: Poster, course: str, assignment: str, room: str) -> Response:
    """Open the room, or change its code."""
    name, wanted = course_name(course), assignment_name(assignment)
    return attempt(
        "open",
        lambda: enter(visit, name, lambda r: exam_rooms.open_room(r, wanted, room), commit=True),
        lambda problem: _code(visit, name, wanted, room, problem),
        lambda _done: f"/desk/courses/{name}/exams/{wanted}/rooms/{room}?said=room_opened",
    )


@router.post("/desk/courses/{course}/exams/{assignment}/rooms/{room}/closing")
def move_closing(visit: Poster, course: str, assignment: str, room: str) -> Response:
    """Let a room close later."""
    form = visit.form

    def work(r: Room, wanted: AssignmentName) -> object:
        closes = read_moment(form.get("closes", ""), ZONE)
        return exam_rooms.move_closing(r, wanted, room, closes, reason=form.get("reason", ""))

    return act_in(
        visit, (course, assignment), f"closing-{room}", work, again=_live, then=SAID + "room_closes"
    )


@router.post("/desk/courses/{course}/exams/{assignment}/pause")
def pause(visit: Poster, course: str, assignment: str) -> Response:
    """Stop the time of one, of a room or of all."""

    def work(room: Room, wanted: AssignmentName) -> object:
        reason = visit.form.get("reason", "")
        return exam_rooms.pause(room, wanted, _scope(visit, "for"), reason=reason)

    return act_in(
        visit, (course, assignment), "pause", work, again=_live, then=SAID + "exam_paused"
    )


@router.post("/desk/courses/{course}/exams/{assignment}/resume")
def resume(visit: Poster, course: str, assignment: str) -> Response:
    """Let it go on."""

    def work(room: Room, wanted: AssignmentName) -> object:
        return exam_rooms.resume(room, wanted, _scope(visit, "for"))

    return act_in(
        visit, (course, assignment), "resume", work, again=_live, then=SAID + "exam_resumed"
    )


@router.post("/desk/courses/{course}/exams/{assignment}/extra")
def give_minutes(visit: Poster, course: str, assignment: str) -> Response:
    """Say how many extra minutes a student has."""
    form = visit.form

    def work(room: Room, wanted: AssignmentName) -> object:
        student, minutes = AccountName(form.get("student", "")), whole(form.get("minutes", ""), 0)
        reason = form.get("reason", "")
        return exam_rooms.give_minutes(room, wanted, student, minutes, reason=reason)

    return act_in(
        visit, (course, assignment), "extra", work, again=_live, then=SAID + "minutes_given"
    )


@router.post("/desk/courses/{course}/exams/{assignment}/admit")
def admit(visit: Poster, course: str, assignment: str) -> Response:
    """Let a student into another room."""
    form = visit.form

    def work(room: Room, wanted: AssignmentName) -> object:
        student, own = AccountName(form.get("student", "")), form.get("room", "")
        return exam_rooms.admit(room, wanted, student, own, reason=form.get("reason", ""))

    return act_in(
        visit, (course, assignment), "admit", work, again=_live, then=SAID + "student_admitted"
    )


@router.post("/desk/courses/{course}/exams/{assignment}/incidents")
def log_incident(visit: Poster, course: str, assignment: str) -> Response:
    """Write into the book."""
    form = visit.form
    number = form.get("corrects", "").strip()

    def work(room: Room, wanted: AssignmentName) -> object:
        if number and (not is_digits(number) or len(number) > 15):
            raise NotFound("exam.no_entry", number=number[:12])
        corrects = int(number) if number else None
        text, scope = form.get("text", ""), _scope(visit, "about")
        return exam_rooms.log_incident(room, wanted, scope, text, corrects=corrects)

    return act_in(
        visit, (course, assignment), "incident", work, again=_live, then=SAID + "incident_logged"
    )


def _scope(visit: Visit, field: str) -> Scope:
    chosen = visit.form.get(field, "")
    if chosen.startswith(ROOM):
        return chosen[len(ROOM) :], None
    if chosen.startswith(STUDENT):
        return None, AccountName(chosen[len(STUDENT) :])
    if chosen == ALL:
        return None, None
    raise InvalidInput("exam.no_scope")


def _seats(visit: Visit, room: Room, assignment: AssignmentName) -> dict[str, Any]:
    room.person.require(CourseRole.TEACHER)
    book = exams.required(room, assignment)
    everybody = exam_views.seats(room, book)
    all_of_course = not book.rooms or visit.request.query_params.get("all") == "yes"
    found = [e for e in everybody if all_of_course or exam_views.is_expected(e)]
    return {
        **about(visit, room, assignment),
        "book": book,
        "everybody": everybody,
        "all_of_course": all_of_course,
        "seats": found,
        "counts": {state: sum(e.state is state for e in found) for state in ExamState},
        "handed_in": sum(each.handed_in is not None for each in found),
    }


def _live(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        values = _seats(visit, room, assignment)
        book: Book = values["book"]
        corrected = {each.corrects: each.number for each in book.entries if each.corrects}
        return {
            **values,
            "mine": {each.id for each in book.rooms if exam_rooms.may_act(room, book, each)},
            "acts": exam_rooms.may_act(room, book, None),
            "paused": [] if book.over(visit.at) else [s for s in book.pauses if book.is_paused(s)],
            "entries": book.entries[::-1][:MOST_LINES],
            "corrected": corrected,
            "total": len(book.entries),
        }

    return page(
        visit,
        "exam_live.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        most=MOST_WORDS,
        most_minutes=MOST_MINUTES,
        **enter(visit, course, work),
    )


def _attendance(visit: Visit, course: str, assignment: str, wanted: str) -> dict[str, Any]:
    name, exam = course_name(course), assignment_name(assignment)

    def work(room: Room) -> dict[str, Any]:
        sheet = exam_views.attendance(room, exam, wanted)
        paper = attendance_paper(sheet, numbers=room.person.leads)
        return {**about(visit, room, exam), "own": sheet.room, "paper": paper}

    return enter(visit, name, work)


def _code(
    visit: Visit,
    course: CourseName,
    assignment: AssignmentName,
    wanted: str,
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        room.person.require(CourseRole.TEACHER)
        book = exams.required(room, assignment)
        found = book.room(wanted)
        if found is None:
            raise NotFound("exam.no_room", id=wanted[:32])
        values = about(visit, room, assignment)
        may_act = exam_rooms.may_act(room, book, found)
        return {**values, "book": book, "own": found, "may_act": may_act}

    return page(
        visit,
        "exam_code.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        **enter(visit, course, work),
    )
