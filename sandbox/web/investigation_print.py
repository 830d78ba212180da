"""Printed case files: one case, or a whole class's, as PDF."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import course_name
from sandbox.kit.errors import Conflict
from sandbox.paper.blocks_pdf import paper_pdf
from sandbox.services import investigation_print, people
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_print import Printed
from sandbox.web.courses import course_title, enter
from sandbox.web.exports import pdf_answer
from sandbox.web.investigation_print_paper import Around, case_paper
from sandbox.web.investigations import CASE, ONE, show_one
from sandbox.web.pages import Problem
from sandbox.web.visit import Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get(CASE + "/case.pdf")
def one(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """The file of one case, for who may read it."""
    printed = partial(investigation_print.one, investigation=investigation, case=case)
    return _answer(visit, course, lambda room: (printed(room),), f"case-{case[:8]}")


@router.get(ONE + "/cases.pdf")
def whole_class(visit: Reader, course: str, investigation: str) -> Response:
    """The files of all cases of a class, for who leads."""
    printed = partial(investigation_print.whole_class, investigation=investigation)
    try:
        return _answer(visit, course, printed, f"cases-{investigation[:8]}")
    except Conflict as error:
        return show_one(visit, course_name(course), investigation, Problem(error, "print"))


def _answer(
    visit: Visit, course: str, printed: Callable[[Room], tuple[Printed, ...]], name: str
) -> Response:
    def work(room: Room) -> tuple[tuple[Printed, ...], Around]:
        cases = printed(room)
        accounts = {str(each) for case in cases for each in case.people}
        names = people.written(room.u, accounts)
        return cases, Around(visit.lang, course_title(visit, room), names, visit.at)

    paper = case_paper(*enter(visit, course_name(course), work))
    return pdf_answer(paper_pdf(paper, node_modules=visit.parts.node_modules), name)
