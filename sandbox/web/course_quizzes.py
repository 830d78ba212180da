"""Quizzes in the browser: one question to a page, for a phone; and the teacher's counts.

A page of a question that was not answered carries neither which choice is right nor why: choices
have the numbers of their places on the page, and the order is the attempt's own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.quizzes import COMMON, FEWEST, PAUSE, Attempt, Form, Question, Told
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.locale import Language, forms
from sandbox.services import classroom_exchange, classroom_quizzes
from sandbox.services.classroom_quizzes import Asked, Sitting
from sandbox.services.classroom_room import Room
from sandbox.web.courses import course_title, enter, title_in
from sandbox.web.markdown import inline
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
PLACE = "/desk/courses/{course}/{assignment}/quiz"


@router.get(PLACE)
def show(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """For a student what a quiz is, and the own attempts; for a teacher the class in counts."""
    return _page(visit, course_name(course), assignment_name(assignment))


@router.post(PLACE)
def begin(visit: Poster, course: str, assignment: str) -> Response:
    """Begin an attempt, or go on with the open one."""
    name, wanted = course_name(course), assignment_name(assignment)
    try:
        found = enter(
            visit,
            name,
            lambda room: classroom_quizzes.begin(room, wanted, visit.lang),
            commit=True,
        )
    except (Conflict, NotAllowed) as error:
        return _page(visit, name, wanted, Problem(error, "begin"))
    return RedirectResponse(_next(name, wanted, found), 303)


@router.get(PLACE + "/{attempt}")
def result(visit: Reader, course: str, assignment: str, attempt: str) -> Response:
    """What came of an attempt, with the explanations; of an open one the next question."""
    name, wanted = course_name(course), assignment_name(assignment)

    def work(room: Room) -> dict[str, Any]:
        found = classroom_quizzes.sitting(room, wanted, attempt, visit.lang)
        return {**_heading(visit, room, wanted), "sitting": found}

    values = enter(visit, name, work)
    found: Sitting = values["sitting"]
    if found.next_open is not None:
        return RedirectResponse(_next(name, wanted, found), 303)
    asked = [_question(each, visit.lang) for each in found.asked]
    return page(visit, "quiz_result.html", course=name, name=wanted, asked=asked, **values)


@router.get(PLACE + "/{attempt}/{number}")
def ask(visit: Reader, course: str, assignment: str, attempt: str, number: int) -> HTMLResponse:
    """One question; answered, also what was right and why."""
    return _question_page(visit, course_name(course), assignment_name(assignment), attempt, number)


@router.post(PLACE + "/{attempt}/{number}")
def take(visit: Poster, course: str, assignment: str, attempt: str, number: int) -> Response:
    """Keep the answer to a question."""
    name, wanted = course_name(course), assignment_name(assignment)
    try:
        enter(
            visit,
            name,
            lambda room: classroom_quizzes.answer(room, wanted, attempt, number, visit.form),
            commit=True,
        )
    except (InvalidInput, NotAllowed) as error:
        return _question_page(visit, name, wanted, attempt, number, Problem(error, "answer"))
    return RedirectResponse(f"{_address(name, wanted)}/{attempt}/{number}", 303)


def _page(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        heading = _heading(visit, room, assignment)
        if room.person.role is CourseRole.TEACHER:
            return {**heading, "figures": _figures(visit, room, assignment)}
        found = classroom_quizzes.bank(room, assignment, visit.lang)
        mine = classroom_quizzes.own(room, assignment)
        return {
            **heading,
            "draw": found.quiz.draw,
            "bank": len(found.quiz.questions),
            "assisted": found.assisted,
            "attempts": [
                _row(classroom_quizzes.sitting(room, assignment, each.id, visit.lang))
                for each in mine
            ],
            "free_at": classroom_quizzes.free_at(mine, visit.at),
            "pause": int(PAUSE.total_seconds() // 60),
        }

    values = enter(visit, course, work)
    template = "quiz_figures.html" if "figures" in values else "quiz.html"
    status = problem.error.status if problem else 200
    return page(
        visit, template, status=status, course=course, name=assignment, problem=problem, **values
    )


def _question_page(
    visit: Visit,
    course: CourseName,
    assignment: AssignmentName,
    attempt: str,
    number: int,
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        found = classroom_quizzes.sitting(room, assignment, attempt, visit.lang)
        asked = classroom_quizzes.question(found, number)
        return {
            **_heading(visit, room, assignment),
            "sitting": found,
            "asked": _question(asked, visit.lang),
            "assisted": found.assisted,
        }

    values = enter(visit, course, work)
    status = problem.error.status if problem else 200
    return page(
        visit,
        "quiz_question.html",
        status=status,
        course=course,
        name=assignment,
        problem=problem,
        **values,
    )


def _heading(visit: Visit, room: Room, assignment: AssignmentName) -> dict[str, Any]:
    return {
        "course_title": course_title(visit, room),
        "title": title_in(visit, classroom_exchange.newest_release(room, assignment)),
    }


def _row(found: Sitting) -> dict[str, Any]:
    attempt: Attempt = found.attempt
    return {"of": attempt, "right": found.right, "all": len(found.asked), "next": found.next_open}


def _question(asked: Asked, lang: Language) -> dict[str, Any]:
    """A question for a page. Nothing of what is right is in it before it was answered."""
    question, answer = asked.question, asked.answer
    shown = {
        "number": asked.number,
        "form": question.form.value,
        "ask": inline(question.ask),
        "unit": question.unit,
        "choices": [inline(question.choices[index].text) for index in asked.order],
        "answered": answer is not None,
    }
    if answer is None:
        return shown
    return shown | {
        "right": answer.right,
        "why": inline(question.why),
        "rows": _rows(question, asked.order, answer.given),
        "given": forms.decimal(Decimal(answer.given[0]), lang) if _is_number(question) else "",
        "wanted": forms.decimal(question.number, lang) if _is_number(question) else "",
        "steps": [inline(each.text) for each in question.choices],
        "own_steps": [inline(question.choices[int(each)].text) for each in answer.given]
        if question.form is Form.ORDER
        else [],
    }


def _rows(question: Question, order: tuple[int, ...], given: tuple[str, ...]) -> list[Any]:
    """The choices as they stood: the words, whether right, whether chosen."""
    if question.form not in (Form.ONE, Form.SEVERAL):
        return []
    return [
        {
            "text": inline(question.choices[index].text),
            "right": question.choices[index].right,
            "chosen": str(index) in given,
        }
        for index in order
    ]


def _figures(visit: Visit, room: Room, assignment: AssignmentName) -> dict[str, Any]:
    found = classroom_quizzes.figures(room, assignment, visit.lang)
    return {
        "students": found.students,
        "assisted": found.bank.assisted,
        "draw": found.bank.quiz.draw,
        "fewest": FEWEST,
        "most_common": COMMON,
        "rows": [_counted(question, told, visit.lang) for question, told in found.told],
    }


def _counted(question: Question, told: Told, lang: Language) -> dict[str, Any]:
    common = told.common
    words: Any = ""
    if common is not None and _is_number(question):
        words = forms.decimal(Decimal(common[0]), lang)
    elif common is not None:
        words = inline(question.choices[int(common[0])].text)
    return {
        "ask": inline(question.ask),
        "form": question.form.value,
        "why": inline(question.why),
        "outcome": question.outcome,
        "choices": question.choices and [(inline(c.text), c.right) for c in question.choices],
        "wanted": f"{forms.decimal(question.number, lang)} {question.unit}".strip()
        if _is_number(question)
        else "",
        "answers": told.answers,
        "right": told.right,
        "common": words,
        "times": common[1] if common else 0,
    }


def _is_number(question: Question) -> bool:
    return question.form is Form.NUMBER


def _address(course: CourseName, assignment: AssignmentName) -> str:
    return f"/desk/courses/{course}/{assignment}/quiz"


def _next(course: CourseName, assignment: AssignmentName, found: Sitting) -> str:
    """Where an attempt goes on: at its first open question, or at its result."""
    end = "" if found.next_open is None else f"/{found.next_open}"
    return f"{_address(course, assignment)}/{found.attempt.id}{end}"
