"""One student's work in an assignment, for teachers, and the look at what the student sees."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from sandbox.domain.coursework import assignment_name, course_name
from sandbox.grading.feedback import reason_text, step_texts
from sandbox.kit.ids import account_name
from sandbox.locale import forms
from sandbox.services import (
    classroom_exchange,
    classroom_marking_rules,
    classroom_student,
    classroom_time,
    classroom_variants,
)
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_student import HandIn
from sandbox.web.course_assignment import teach
from sandbox.web.courses import as_its_student_sees, course_title, title_in
from sandbox.web.pages import page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/courses/{course}/{assignment}/students/{student}")
def show(visit: Reader, course: str, assignment: str, student: str) -> HTMLResponse:
    """Hand-ins with receipts, marks with why and by whom, the state of the feedback."""
    name, wanted = course_name(course), assignment_name(assignment)
    whose = account_name(student)

    def work(room: Room) -> dict[str, Any]:
        title = title_in(visit, classroom_exchange.newest_release(room, wanted))
        time = classroom_time.time_of(room, wanted)
        corrected = classroom_exchange.correction(room, wanted)
        found = classroom_student.hand_ins(room, wanted, whose, visit.lang)
        return {
            "course_title": course_title(visit, room),
            "title": title,
            "due": time.of(whose),
            "variant": {}  # who marks without names would know the work by its values
            if classroom_marking_rules.rules_of(room, wanted).anonymous
            else classroom_variants.values_of(room.u, name, wanted, whose),
            "hand_ins": [
                {
                    "of": each,
                    "late": bool(time.late(each.action)),
                    "old": corrected is not None and each.action.at < corrected.at,
                    "marks": _marks(visit, each),
                    "score": None
                    if each.feedback is None
                    else forms.points(each.feedback.score, visit.lang),
                    "points": ""
                    if each.feedback is None
                    else forms.points(each.feedback.points, visit.lang),
                }
                for each in found
            ],
        }

    values = teach(visit, name, work)
    return page(visit, "course_student.html", course=name, name=wanted, student=whose, **values)


@router.post("/desk/courses/{course}/{assignment}/students/{student}/as-student")
def look(visit: Poster, course: str, assignment: str, student: str) -> HTMLResponse:
    """The assignment as its student sees it, for reading; that it was looked at is noted."""
    name, wanted = course_name(course), assignment_name(assignment)
    whose = account_name(student)

    def work(room: Room) -> dict[str, Any]:
        place = classroom_student.view_as(room, wanted, whose)
        shown = classroom_exchange.newest_release(place, wanted)
        return {"assignment": as_its_student_sees(visit, place, shown)}

    values = teach(visit, name, work, commit=True)
    return page(visit, "course_as_student.html", course=name, name=wanted, student=whose, **values)


def _marks(visit: Visit, hand_in: HandIn) -> list[dict[str, Any]]:
    return [
        {
            "title": mark.title or mark.cell,
            "platform": "—" if mark.mark is None else forms.points(mark.mark, visit.lang),
            "own": "" if mark.teacher_mark is None else forms.points(mark.teacher_mark, visit.lang),
            "points": forms.points(mark.points, visit.lang),
            "why": reason_text(mark, visit.lang, own=False),
            "steps": step_texts(mark, visit.lang),
            "comment": mark.comment,
            "by": hand_in.authors.get((mark.notebook, mark.cell)),
        }
        for mark in hand_in.marks
    ]
