"""What a course sets for scores, in the browser; pseudonyms as a list to send and one to print."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.class_pseudonyms import MOST, pseudonyms
from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.investigation_scores import MOST_CONTEST_DAYS, MOST_MONTHS, ScoreRules
from sandbox.kit.digits import is_digits
from sandbox.services import investigation_rules
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_scores import rules_of
from sandbox.web.courses import attempt, course_title, enter
from sandbox.web.investigations import ALL
from sandbox.web.pages import Problem, page
from sandbox.web.uploads import download
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
PLACE: Final = ALL + "/rules"
USUAL_CLASS: Final = 35


@router.get(PLACE)
def show(visit: Reader, course: str) -> HTMLResponse:
    """The rules, with a form for who leads."""
    return _show(visit, course_name(course))


@router.post(PLACE)
def set_them(visit: Poster, course: str) -> Response:
    """Set the rules."""
    name, form = course_name(course), visit.form
    wanted = ScoreRules(
        course=name,
        months=_whole(form.get("months", "")),
        contest_days=_whole(form.get("contest_days", "")),
        pseudonyms=form.get("pseudonyms") == "yes",
    )
    return attempt(
        "rules",
        lambda: enter(
            visit, name, lambda room: investigation_rules.set_rules(room, wanted), commit=True
        ),
        lambda problem: _show(visit, name, problem),
        lambda _: f"{PLACE}?said=score_rules_set".format(course=name),
    )


@router.get(PLACE + "/pseudonyms.csv")
def class_list(visit: Reader, course: str) -> Response:
    """A class list of pseudonyms; nothing of it is kept."""
    enter(visit, course_name(course), lambda room: room.person.require_lead())
    made = StringIO()
    lines = csv.writer(made)
    lines.writerow(("Student number", "Surname", "Given name"))
    for number, each in enumerate(_wanted(visit), 1):
        lines.writerow((number, each.surname, each.given))
    content = made.getvalue().encode("utf-8-sig")
    media = "text/csv; charset=utf-8"
    return download(BytesIO(content), name="pseudonyms.csv", media=media, size=len(content))


@router.get(PLACE + "/names")
def names(visit: Reader, course: str) -> HTMLResponse:
    """A sheet to print and to fill in by hand: who is who. It asks for no name and keeps none."""

    def work(room: Room) -> dict[str, Any]:
        room.person.require_lead()
        return {"course_title": course_title(visit, room)}

    values = enter(visit, course_name(course), work)
    return page(visit, "investigation_names.html", course=course, people=_wanted(visit), **values)


def _show(visit: Visit, course: CourseName, problem: Problem | None = None) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        room.person.require_lead()
        return {"course_title": course_title(visit, room), "rules": rules_of(room)}

    return page(
        visit,
        "investigation_rules.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        most_months=MOST_MONTHS,
        most_days=MOST_CONTEST_DAYS,
        most=MOST,
        usual=USUAL_CLASS,
        **enter(visit, course, work),
    )


def _wanted(visit: Visit) -> Any:
    count = visit.request.query_params.get("count", str(USUAL_CLASS))
    return pseudonyms(_whole(count), visit.lang)


def _whole(text: str) -> int:
    """A number as typed; what is none is 0, which no rule lets through."""
    said = text.strip()
    return int(said) if is_digits(said) and len(said) <= 4 else 0
