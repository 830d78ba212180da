"""Teams of an investigation in the browser: formed by trainers; a prosecutor's approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.investigation_teams import LEAST, MOST, MOST_TEAMS, Power
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName
from sandbox.services import investigation_teams, investigation_work, investigations
from sandbox.services.classroom_people import by_name, students_of
from sandbox.services.classroom_room import Room
from sandbox.web import investigation_room_words as worded
from sandbox.web.courses import attempt, enter
from sandbox.web.investigation_answer import show_answer
from sandbox.web.investigation_words import said
from sandbox.web.investigations import CASE, ONE, about
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
TEAMS = ONE + "/teams"


@router.get(TEAMS)
def teams(visit: Reader, course: str, investigation: str) -> HTMLResponse:
    """Who is in which team."""
    return _teams(visit, course_name(course), investigation)


@router.post(TEAMS)
def form(visit: Poster, course: str, investigation: str) -> Response:
    """Keep the teams as the page has them."""

    def work(room: Room) -> object:
        return investigation_teams.form(room, investigation, _wanted(visit))

    return _act(visit, course, investigation, work)


@router.post(TEAMS + "/random")
def at_random(visit: Poster, course: str, investigation: str) -> Response:
    """Form teams of who has none."""
    by_group = visit.form.get("by_group") == "yes"

    def work(room: Room) -> None:
        size = _number(visit.form.get("size", ""), MOST)
        investigation_teams.form_at_random(room, investigation, size, by_group=by_group)

    return _act(visit, course, investigation, work)


@router.post(CASE + "/approve")
def approve(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Approve the answer of one's team."""
    name, seen = course_name(course), visit.form.get("sha256", "")
    return attempt(
        "approve",
        lambda: enter(
            visit,
            name,
            lambda room: investigation_work.approve(room, investigation, case, seen),
            commit=True,
        ),
        lambda problem: show_answer(visit, (course, investigation, case), problem),
        lambda _: (CASE + "/answer?said=case_approved").format(
            course=name, investigation=investigation, case=case
        ),
    )


def _act(visit: Visit, course: str, investigation: str, work: Callable[[Room], object]) -> Response:
    name = course_name(course)
    return attempt(
        "teams",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: _teams(visit, name, investigation, problem),
        lambda _: f"{TEAMS}?said=investigation_teams".format(
            course=name, investigation=investigation
        ),
    )


def _teams(
    visit: Visit, course: CourseName, investigation: str, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        found = investigations.one(room, investigation)
        places = {each.trainee: each for each in investigation_teams.places(room, found)}
        people = {*students_of(room.u, room.person.course, room.at), *places}
        return {
            **about(visit, room, found),
            "leads": room.person.leads,
            "people": [(name, places.get(name)) for name in by_name(room.u, people)],
            "powers": said(worded.POWERS, visit.lang),
            "sizes": {str(size): str(size) for size in range(LEAST, MOST + 1)},
            "most_teams": MOST_TEAMS,
        }

    status = problem.error.status if problem else 200
    values = enter(visit, course, work)
    return page(visit, "investigation_teams.html", status=status, problem=problem, **values)


def _wanted(visit: Visit) -> dict[AccountName, tuple[int, Power]]:
    """Team and powers by trainee, as the form has them; an empty number is no team."""
    found = {}
    for field, value in visit.form.items():
        kind, _, name = field.partition(".")
        if kind != "team" or not value.strip():
            continue
        power = visit.form.get(f"power.{name}", Power.ALL)
        if power not in list(Power):
            raise InvalidInput("investigation.team_number", most=MOST_TEAMS)
        found[AccountName(name)] = (_number(value, MOST_TEAMS), Power(power))
    return found


def _number(text: str, most: int) -> int:
    said = text.strip()
    if not is_digits(said) or len(said) > 2 or not 1 <= int(said) <= most:
        raise InvalidInput("investigation.team_number", most=most)
    return int(said)
