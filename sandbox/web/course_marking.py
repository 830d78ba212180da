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

from sandbox.domain.course_time import MOST_WORDS as MOST_REASON
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.marking import Opinion
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.locale import forms
from sandbox.services import (
    classroom_marking,
    classroom_marking_rules,
    classroom_opinions,
    classroom_questions,
)
from sandbox.services.classroom_marking import MOST_WORDS, Given, Pile, Saved, Work
from sandbox.services.classroom_questions import Question
from sandbox.services.classroom_room import Room
from sandbox.web.course_assignment import head_of, teach
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed)
SAID: Final = {"clear": "mark_cleared", "decide": "mark_decided"}
"""What was done, by the button; else a mark was given."""
LEVEL: Final = "level."
"""Before a criterion's place in the form."""
_POINTS: Final = re.compile(r"[0-9]{1,4}([.,][0-9]{1,2})?")
BASE: Final = "/desk/courses/{course}/{assignment}/marking"


@router.get(BASE)
def show(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """The questions that a person marks, and how far marking is."""
    return questions_page(visit, course_name(course), assignment_name(assignment))


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
        form = visit.form
        given = _given(visit, asked)
        saved = Saved(code, given, form.get("seen", ""), form.get("reason", ""))
        do = classroom_marking.settle if then == "decide" else classroom_marking.give
        do(room, wanted, asked, saved)
        pile = classroom_marking.piles(room, wanted, (asked,))[asked.place]
        following = pile.next_open(code) if then == "next" else pile.at(code)
        return _place(name, wanted, asked, following)

    try:
        there = teach(visit, name, work, commit=True)
    except SHOWN as error:
        return _answer_page(visit, name, wanted, place, code, Problem(error))
    return RedirectResponse(f"{there}?said={SAID.get(then, 'mark_given')}", 303)


def _given(visit: Visit, asked: Question) -> Given:
    """What the form gives; checked against the rubric by the service.

    Raises:
        InvalidInput: ``marking.levels_missing``, ``marking.points``.
    """
    comment = visit.form.get("comment", "").replace("\r\n", "\n").strip()
    if visit.form.get("then") == "clear":
        return Given(None, (), comment)
    if asked.rubric is None:
        points = typed_points(visit.form.get("points", ""))
        if points is None:
            raise InvalidInput("marking.points", points=asked.points)
        return Given(points, (), comment)
    needed = len(asked.rubric.criteria)
    chosen = [visit.form.get(f"{LEVEL}{place}", "") for place in range(needed)]
    levels = tuple(int(each) for each in chosen if re.fullmatch("[0-9]", each))
    if len(levels) != needed:
        raise InvalidInput("marking.levels_missing", needed=needed)
    return Given(None, levels, comment)


def typed_points(text: str) -> float | None:
    """Points as people type them: 1.5 or 1,5; None: that is no number of points."""
    typed = text.strip()
    return float(typed.replace(",", ".")) if _POINTS.fullmatch(typed) else None


def questions_page(
    visit: Visit, course: CourseName, assignment: AssignmentName, problem: Problem | None = None
) -> HTMLResponse:
    """The page of questions, of how they are marked, and of what two markers differ on."""

    def work(room: Room) -> dict[str, Any]:
        asked = classroom_questions.questions(room, assignment, visit.lang)
        found = classroom_marking.piles(room, assignment, asked)
        rules = classroom_marking_rules.rules_of(room, assignment)
        return {
            **head_of(visit, room, assignment),
            "lines": [_line(course, assignment, each, found[each.place]) for each in asked],
            "rules": rules,
            "tolerance": forms.points(rules.tolerance, visit.lang),
            "lifting": classroom_marking_rules.lifting(room, assignment),
            "fixed": classroom_marking_rules.fixed(room, assignment, found),
            "turn": classroom_marking.turn_of(room, rules),
        }

    return page(
        visit,
        "course_marking.html",
        status=problem.error.status if problem else 200,
        course=course,
        name=assignment,
        problem=problem,
        most_reason=MOST_REASON,
        **teach(visit, course, work),
    )


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
            "asked": classroom_questions.with_values_of(room, asked, one.action),
            "work": one,
            "answer": text,
            "untouched": text.strip() in asked.starts or not text.strip(),
            **_ways(pile, one, lambda each: _place(course, assignment, asked, each)),
            **_shown(visit, asked, one),
            "turn": classroom_marking.turn_of(
                room, classroom_marking_rules.rules_of(room, assignment)
            ),
            "leads": room.person.leads,
            "took_part": classroom_opinions.took_part(room, one.opinions),
        }

    return page(
        visit,
        "course_answer.html",
        status=problem.error.status if problem else 200,
        course=course,
        name=assignment,
        most=MOST_WORDS,
        most_reason=MOST_REASON,
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
                    {
                        "title": level.titles[visit.lang],
                        "points": forms.points(level.points, visit.lang),
                    }
                    for level in each.levels
                ],
            }
            for place, each in enumerate(criteria)
        ],
        "points": forms.points(asked.points, visit.lang),
        "given": "" if given is None else forms.points(given, visit.lang),
        "opinions": [
            {
                "of": each,
                "points": forms.points(each.points, visit.lang),
                "levels": _levels(visit, asked, each),
            }
            for each in one.opinions
        ],
        "counts": ""
        if one.mark.teacher_mark is None
        else forms.points(one.mark.teacher_mark, visit.lang),
        "platform": "" if platform is None else forms.points(platform, visit.lang),
    }


def _line(
    course: CourseName, assignment: AssignmentName, asked: Question, pile: Pile
) -> dict[str, Any]:
    first = pile.next_open() or next(iter(pile.works), None)
    return {
        "asked": asked,
        "pile": pile,
        "href": first and _place(course, assignment, asked, first),
        "open": len(pile.works) - pile.marked,
        "disputed": [
            {"work": each, "href": _place(course, assignment, asked, each)}
            for each in pile.disputed
        ],
    }


def _levels(visit: Visit, asked: Question, opinion: Opinion) -> list[str]:
    """The levels that a marker chose, in words."""
    criteria = asked.rubric.criteria if asked.rubric else ()
    return [
        each.levels[place].titles[visit.lang]
        for each, place in zip(criteria, opinion.levels, strict=False)
        if place < len(each.levels)
    ]


def _place(
    course: CourseName, assignment: AssignmentName, asked: Question, work: Work | None
) -> str:
    """The address of an answer; without one, of the page of all questions."""
    base = f"/desk/courses/{course}/{assignment}/marking"
    parts = () if work is None else (*asked.place, work.code)
    return "/".join((base, *(quote(each, safe="") for each in parts)))
