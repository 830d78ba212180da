"""Investigations of a course in the browser: opened and followed by trainers, started by trainees.

Both find their own page at one address. The trainer's says how far everybody is, never what is
true; the truth has a page of its own (``investigation_truth``).
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.case_orders import CaseOrder
from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.investigation_acts import ACTING
from sandbox.domain.investigations import DIFFICULTIES, LABS, MOST_ATTEMPTS, Investigation
from sandbox.kit.dates import read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName
from sandbox.locale.forms import ZONE
from sandbox.services import (
    investigation_acts,
    investigation_common,
    investigation_orders,
    investigation_results,
    investigation_room,
    investigation_scores,
    investigations,
)
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_common import Origin
from sandbox.services.investigation_places import own_place
from sandbox.services.investigations import Sealed
from sandbox.web import investigation_words as named
from sandbox.web.courses import SHOWN, attempt, course_title, enter
from sandbox.web.investigation_room_page import room_values
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
ALL: Final = "/desk/courses/{course}/investigations"
ONE: Final = f"{ALL}/{{investigation}}"
CASE: Final = f"{ONE}/cases/{{case}}"


@router.get(ALL)
def register(visit: Reader, course: str) -> HTMLResponse:
    """The investigations of a course, and for who leads it the form of another one."""
    return _register(visit, course_name(course))


@router.post(ALL)
def open_one(visit: Poster, course: str) -> Response:
    """Open an investigation."""
    name, form = course_name(course), visit.form

    def work(origin: Origin | None, room: Room) -> Investigation:
        opens, due = (read_moment(form.get(each, ""), ZONE) for each in ("opens", "due"))
        made = investigations.open_one(
            room,
            lab=form.get("lab", ""),
            difficulty=form.get("difficulty", ""),
            opens=opens,
            due=due,
            attempts=_whole(form.get("attempts", "")),
        )
        if origin is not None:
            return investigation_common.again(room, made, origin)
        if form.get("kind") == "common":
            return investigation_common.share(room, made)
        if executes(visit, made):
            investigation_orders.prepare(room, made.id)
        return made

    def opened() -> Investigation:
        origin = None
        if form.get("kind") == "again":
            code = form.get("code", "")
            origin = enter(visit, name, lambda room: investigation_common.origin(room, code))
            investigation_common.check_same(origin)
        return enter(visit, name, partial(work, origin), commit=True)

    return attempt(
        "open",
        opened,
        lambda problem: _register(visit, name, problem),
        lambda made: f"{ONE}?said=investigation_opened".format(course=name, investigation=made.id),
    )


@router.get(ONE)
def show(visit: Reader, course: str, investigation: str) -> HTMLResponse:
    """For a trainee their own cases, for a trainer how far everybody is."""
    return show_one(visit, course_name(course), investigation)


@router.post(ONE + "/start")
def start(visit: Poster, course: str, investigation: str) -> Response:
    """Start the next case, or go on with the one that is open."""
    name = course_name(course)
    address = partial(CASE.format, course=name, investigation=investigation)
    try:
        begun = enter(visit, name, lambda room: investigations.may_start(room, investigation))
        if begun.there is not None:
            return RedirectResponse(address(case=begun.there.id), 303)
        if begun.team is None and executes(visit, begun.investigation):
            got = enter(visit, name, lambda r: investigation_orders.start(r, begun), commit=True)
            if isinstance(got, CaseOrder):
                place = ONE.format(course=name, investigation=investigation)
                return RedirectResponse(f"{place}?said=case_ordered", 303)
            return RedirectResponse(address(case=got.id), 303)
        made: Sealed = investigations.sealed(begun)
        kept = enter(visit, name, lambda room: investigations.keep(room, begun, made), commit=True)
    except SHOWN as error:
        return show_one(visit, name, investigation, Problem(error, "start"))
    return RedirectResponse(address(case=kept.id), 303)


@router.post(CASE + "/reset")
def reset(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Set a trainee's case aside."""
    name = course_name(course)

    def work(room: Room) -> None:
        there = investigations.reset(room, investigation, case)
        order_next(visit, room, investigation, there.trainee)

    return attempt(
        "reset",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: show_one(visit, name, investigation, problem),
        lambda _: f"{ONE}?said=case_reset".format(course=name, investigation=investigation),
    )


@router.post(ONE + "/prepare")
def prepare(visit: Poster, course: str, investigation: str) -> Response:
    """Have the next case of every trainee executed ahead of time."""
    name = course_name(course)

    def work(room: Room) -> int:
        if not executes(visit, investigations.one(room, investigation)):
            raise Conflict("investigation.not_executed_here")
        return investigation_orders.prepare(room, investigation)

    return attempt(
        "prepare",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: show_one(visit, name, investigation, problem),
        lambda _: f"{ONE}?said=cases_ordered".format(course=name, investigation=investigation),
    )


def executes(visit: Visit, found: Investigation) -> bool:
    """Whether its cases run on chains here.

    Not where trainees act, since a chain has its future; nor where a class has one case.
    """
    return bool(visit.parts.case_workers) and found.lab not in ACTING and not found.code


def order_next(visit: Visit, room: Room, investigation: str, trainee: AccountName) -> None:
    """Have the next case of a trainee executed ahead of time, where cases are."""
    if executes(visit, investigations.one(room, investigation)):
        investigation_orders.place_next(room, investigation, trainee)


def about(visit: Visit, room: Room, found: Investigation) -> dict[str, Any]:
    """What every page of an investigation says on top."""
    return {
        "course": room.person.course,
        "course_title": course_title(visit, room),
        "of": found,
        "title": named.said(named.LABS, visit.lang)[found.lab],
        "difficulty": named.said(named.DIFFICULTIES, visit.lang)[found.difficulty],
        "at": visit.at,
        "over": found.is_over(visit.at),
        "base": ONE.format(course=room.person.course, investigation=found.id),
    }


def _register(visit: Visit, course: CourseName, problem: Problem | None = None) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        return {
            "course_title": course_title(visit, room),
            "leads": room.person.leads,
            "rows": [about(visit, room, each) for each in investigations.all_of(room)],
        }

    labs = {key: said for key, said in named.said(named.LABS, visit.lang).items() if key in LABS}
    return page(
        visit,
        "investigations.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        labs=labs,
        difficulties={
            each: named.said(named.DIFFICULTIES, visit.lang)[each] for each in DIFFICULTIES
        },
        most=MOST_ATTEMPTS,
        **enter(visit, course, work),
    )


def show_one(
    visit: Visit, course: CourseName, investigation: str, problem: Problem | None = None
) -> HTMLResponse:
    """The page of an investigation, as its reader's role has it."""

    def work(room: Room) -> dict[str, Any]:
        found = investigations.one(room, investigation)
        signs = [each for each in investigation_acts.to_sign(room) if each.investigation == found]
        said = {**about(visit, room, found), "to_sign": signs}
        if room.person.role is CourseRole.TEACHER:
            ready = investigation_orders.progress(room, found) if executes(visit, found) else None
            more = {"acting": found.lab in ACTING, "ready": ready}
            return {**said, **room_values(visit, room, found), **more}
        own = investigations.own_cases(room, found.id)
        return {
            **said,
            "cases": investigation_room.with_answers(room, own),
            "scores": (scores := investigation_scores.own_scores(room, found.id)),
            "result": investigation_results.result_of(scores, visit.at),
            "left": found.attempts - sum(each.reset_at is None for each in own),
            "working": next((each for each in own if each.is_open), None),
            "waiting": investigation_orders.waited_for(room, found.id),
            "place": own_place(room, found.id),
        }

    values = enter(visit, course, work)
    template = "investigation_room.html" if "rows" in values else "investigation.html"
    status = problem.error.status if problem else 200
    return page(visit, template, status=status, problem=problem, **values)


def _whole(text: str) -> int:
    said = text.strip()
    if not is_digits(said) or len(said) > 2:
        raise InvalidInput("investigation.attempts", most=MOST_ATTEMPTS)
    return int(said)
