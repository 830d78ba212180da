"""Assistants, substitutes and second markers of a course: appointed for days, ended earlier."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import CourseName, course_name
from sandbox.kit.dates import read_day
from sandbox.kit.errors import NotFound
from sandbox.locale.forms import ZONE
from sandbox.services import course_staff
from sandbox.services.course_staff import Appoint
from sandbox.web.class_lists import show_people
from sandbox.web.pages import Problem
from sandbox.web.review import act
from sandbox.web.visit import Poster, Visit

router = APIRouter(include_in_schema=False)


@router.post("/desk/courses/{course}/helpers")
def appoint(visit: Poster, course: str) -> Response:
    """Appoint somebody from one day to another, both included."""
    name = course_name(course)
    try:
        return act(
            visit,
            lambda u: course_staff.appoint(u, visit.known, appointment(visit, name), at=visit.at),
            then=f"/desk/courses/{name}/people?said=helper_appointed#helpers",
            again=lambda error: show_people(visit, name, Problem(error, "helpers")),
        )
    except NotFound as error:
        if error.code != "staff.nobody":
            raise
        return show_people(visit, name, Problem(error, "helpers"))


@router.post("/desk/courses/{course}/helpers/{account}/end")
def end(visit: Poster, course: str, account: str) -> Response:
    """End an appointment now."""
    name = course_name(course)
    return act(
        visit,
        lambda u: course_staff.end(u, visit.known, name, account, at=visit.at),
        then=f"/desk/courses/{name}/people?said=helper_ended#helpers",
        again=lambda error: show_people(visit, name, Problem(error, "helpers")),
    )


def appointment(visit: Visit, course: CourseName) -> Appoint:
    """What a form appoints somebody to.

    Raises:
        InvalidInput: ``limits.not_a_date``.
    """
    return Appoint(
        course=course,
        account=visit.form.get("account", "").strip(),
        duty=visit.form.get("duty", ""),
        since=_begins(read_day(visit.form.get("since", ""))),
        until=_begins(read_day(visit.form.get("until", "")) + timedelta(days=1)),
    )


def _begins(day: date) -> datetime:
    """The first moment of a day in Bishkek, as UTC."""
    return datetime.combine(day, time(), tzinfo=ZONE).astimezone(UTC)
