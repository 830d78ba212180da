"""Marking free answers: the questions of an assignment, and one answer at a time.

Rules: for who teaches the course, assistants and second markers too. What a student wrote is shown
as plain text. What was typed stays on the page when it cannot be saved.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.grading.feedback import number
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.services import classroom_marking, classroom_questions
from sandbox.services.classroom_marking import MOST_WORDS, Given, Pile, Work
from sandbox.services.classroom_questions import Question
from sandbox.services.classroom_room import Room
from sandbox.web.course_assignment import head_of, teach
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed)
LEVEL: Final = "level."
"""Before a criterion's place in the form."""
_POINTS: Final = re.compile(r"[0-9]{1,4}([.,][0-9]{1,2})?")
BASE: Final = "/desk/courses/{course}/{assignment}/marking"


@router.get(BASE)
def show(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """The questions that a person marks, and how far marking is."""
    name, wanted = course_name(course), assignment_name(assignment)

    def work(room: Room) -> dict[str, Any]:
        asked = classroom_questions.questions(room, wanted, visit.lang)
        found = classroom_marking.piles(room, wanted, asked)
        lines = [_line(name, wanted, each, found[each.place]) for each in asked]
        return {**head_of(visit, room, wanted), "lines": lines}

    values = teach(visit, name, work)
    return page(visit, "course_marking.html", course=name, name=wanted, **values)


@router.get(BASE + "/{notebook}/{cell}")
def begin(visit: Reader, course: str, assignment: str, notebook: str, cell: str) -> Response:
    """To the first answer that is not marked yet; when all are, to the first one."""
    name, wanted = course_name(course), assignment_name(assignment)

    def work(room: Room) -> str:
        asked = classroom_questions.question(room, wanted, (notebook, cell), visit.lang)
        pile = classroom_marking.piles(room, wanted, (asked,))[asked.place]
        first = pile.next_open() or next(iter(pile.works), None)
        return _place(name, wanted, asked, first)

    return RedirectResponse(teach(visit, name, work), 303)


@router.get(BASE + "/{notebook}/{cell}/{code}")
def show_answer(
    visit: Reader, course: str, assignment: str, notebook: str, cell: str, code: str
) -> HTMLResponse:
    """One answer, the rubric beside it, and the way to the others."""
    place = (notebook, cell)
    return _answer_page(visit, course_name(course), assignment_name(assignment), place, code)


@router.post(BASE + "/{notebook}/{cell}/{code}")
def give(
    visit: Poster, course: str, assignment: str, notebook: str, cell: str, code: str
) -> Response:
    """Save a mark and go on; or take it back."""
    name, wanted, place = course_name(course), assignment_name(assignment), (notebook, cell)
    then = visit.form.get("then", "")

    def work(room: Room) -> str:
        asked = classroom_questions.question(room, wanted, place, visit.lang)
        given = _given(visit, asked)
        seen = visit.form.get("seen", "")
        classroom_marking.give(room, wanted, asked, code, given, seen=seen)
        pile = classroom_marking.piles(room, wanted, (asked,))[asked.place]
        following = pile.next_open(code) if then == "next" else pile.at(code)
        return _place(name, wanted, asked, following)

    try:
        there = teach(visit, name, work, commit=True)
    except SHOWN as error:
        return _answer_page(visit, name, wanted, place, code, Problem(error))
    return RedirectResponse(f"{there}?said=saved", 303)


def _given(visit: Visit, asked: Question) -> Given:
    """What the form gives; checked against the rubric by the service.

    Raises:
        InvalidInput: ``marking.levels_missing``, ``marking.points``.
    """
    comment = visit.form.get("comment", "").replace("\r\n", "\n").strip()
    if visit.form.get("then") == "clear":
        return Given(None, (), comment)
    if asked.rubric is None:
        text = visit.form.get("points", "").strip()
        if not _POINTS.fullmatch(text):
            raise InvalidInput("marking.points", points=number(asked.points))
        return Given(float(text.replace(",", ".")), (), comment)
    needed = len(asked.rubric.criteria)
    chosen = [visit.form.get(f"{LEVEL}{place}", "") for place in range(needed)]
    levels = tuple(int(each) for each in chosen if re.fullmatch("[0-9]", each))
    if len(levels) != needed:
        raise InvalidInput("marking.levels_missing", needed=needed)
    return Given(None, levels, comment)


def _answer_page(
    visit: Visit,
    course: CourseName,
    assignment: AssignmentName,
    place: tuple[str, str],
    code: str,
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        asked = classroom_questions.question(room, assignment, place, visit.lang)
        pile = classroom_marking.piles(room, assignment, (asked,))[place]
        one = pile.at(code)
        text = classroom_questions.answer(room, assignment, one.action, place)
        return {
            **head_of(visit, room, assignment),
            "asked": asked,
            "work": one,
            "answer": text,
            "untouched": text.strip() in asked.starts or not text.strip(),
            **_ways(pile, one, lambda each: _place(course, assignment, asked, each)),
            **_shown(visit, asked, one),
        }

    return page(
        visit,
        "course_answer.html",
        status=problem.error.status if problem else 200,
        course=course,
        name=assignment,
        most=MOST_WORDS,
        problem=problem,
        **teach(visit, course, work),
    )


def _ways(pile: Pile, one: Work, place: Callable[[Work], str]) -> dict[str, Any]:
    """To the answers before and after, and to all."""
    here = pile.works.index(one)
    return {
        "number_here": here + 1,
        "pile": pile,
        "before": place(pile.works[here - 1]) if here else "",
        "after": place(pile.works[here + 1]) if here + 1 < len(pile.works) else "",
        "others": [{"work": each, "href": place(each)} for each in pile.works],
    }


def _shown(visit: Visit, asked: Question, one: Work) -> dict[str, Any]:
    """Rubric and mark as the page has them."""
    given = one.given.points
    platform = one.mark.mark
    criteria = asked.rubric.criteria if asked.rubric else ()
    return {
        "criteria": [
            {
                "title": each.titles[visit.lang],
                "chosen": str(one.given.levels[place]) if place < len(one.given.levels) else "",
                "levels": [
                    {"title": level.titles[visit.lang], "points": number(level.points)}
                    for level in each.levels
                ],
            }
            for place, each in enumerate(criteria)
        ],
        "points": number(asked.points),
        "given": "" if given is None else number(given),
        "platform": "" if platform is None else number(platform),
    }


def _line(
    course: CourseName, assignment: AssignmentName, asked: Question, pile: Pile
) -> dict[str, Any]:
    return {
        "asked": asked,
        "pile": pile,
        "points": number(asked.points),
        "href": _place(course, assignment, asked, None) + _tail(asked) if pile.works else "",
        "open": len(pile.works) - pile.marked,
    }


def _place(
    course: CourseName, assignment: AssignmentName, asked: Question, work: Work | None
) -> str:
    """The address of an answer; without one, of the page of all questions."""
    base = f"/desk/courses/{course}/{assignment}/marking"
    return base if work is None else f"{base}{_tail(asked)}/{quote(work.code)}"


def _tail(asked: Question) -> str:
    return f"/{quote(asked.notebook, safe='')}/{quote(asked.cell, safe='')}"
