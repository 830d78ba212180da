"""Booked seats in the browser: of a course, for who leads or coordinates it.

Rules: what others have booked is shown as numbers alone; a form's day and times are Bishkek's, and
an end that is not after the begin is of the next day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.bookings import MOST_OPEN, MOST_TIME, Window
from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.seats import Seat
from sandbox.kit.dates import read_day, read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.locale import forms
from sandbox.locale.forms import ZONE
from sandbox.services import seat_bookings
from sandbox.services.seat_bookings import Book
from sandbox.store import UnitOfWork
from sandbox.web.booking_calendar import calendar
from sandbox.web.group_keys import group_of
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
PAGE: Final = "/desk/courses/{course}/bookings"
LONGEST_NUMBER: Final = 4
BY_DAY: Final = range(7, 22)
"""Hours that are always shown; others where something is booked."""
NO_TIME: Final = "booking.time"


@router.get(PAGE)
def show(visit: Reader, course: str) -> HTMLResponse:
    """What the course has booked, how full the machine is, and the form of another booking."""
    return _show(visit, course_name(course))


@router.post(PAGE)
def book(visit: Poster, course: str) -> Response:
    """Book seats."""
    name, parts = course_name(course), visit.parts

    def work(u: UnitOfWork) -> object:
        wanted = _wanted(visit, name)
        return seat_bookings.book(u, visit.known, wanted, at=visit.at, seats=parts.seats)

    return _act(visit, name, ("book", "seats_booked"), work)


@router.post(PAGE + "/{booking}/cancel")
def cancel(visit: Poster, course: str, booking: str) -> Response:
    """Give booked seats up."""
    name = course_name(course)

    def work(u: UnitOfWork) -> None:
        seat_bookings.cancel(u, visit.known, name, booking, at=visit.at)

    return _act(visit, name, (booking, "seats_given_up"), work)


@router.post(PAGE + "/{booking}/restore")
def restore(visit: Poster, course: str, booking: str) -> Response:
    """Take a cancelling back."""
    name, seats = course_name(course), visit.parts.seats

    def work(u: UnitOfWork) -> None:
        seat_bookings.restore(u, visit.known, name, booking, at=visit.at, seats=seats)

    return _act(visit, name, (booking, "seats_booked"), work)


@router.get(PAGE + "/seats.ics")
def as_calendar(visit: Reader, course: str) -> Response:
    """What the course has booked, for a calendar."""
    name = course_name(course)
    with visit.parts.store.unit(read_only=True) as u:
        found = seat_bookings.of_course(u, visit.known, name, at=visit.at)
    title = found.course.titles.get(visit.lang, name)
    kept = [each for each in found.bookings if each.cancelled_at is None]
    return Response(
        calendar(kept, title, visit.parts.public_url, visit.at),
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-seats.ics"'},
    )


def _act(
    visit: Visit, course: CourseName, form: tuple[str, str], work: Callable[[UnitOfWork], Any]
) -> Response:
    """Do what a form asks for; ``form``: its name, and what is said of it afterwards."""
    return act(
        visit,
        work,
        then=f"{PAGE.format(course=course)}?said={form[1]}{_looked_at(visit)}",
        again=lambda error: _show(visit, course, Problem(error, form[0])),
    )


def _looked_at(visit: Visit) -> str:
    """The day of the form, for the address: what was booked is seen in that day's hours."""
    try:
        return f"&day={read_day(visit.form.get('day', ''), NO_TIME).isoformat()}"
    except InvalidInput:
        return ""


def _wanted(visit: Visit, course: CourseName) -> Book:
    """What the form asks for.

    Raises:
        InvalidInput: ``booking.time``, ``booking.number``, ``date.out_of_range``.
    """
    form = visit.form
    group, term = group_of(form.get("class", ""))
    day = read_day(form.get("day", ""), NO_TIME)
    begins, ends = (
        read_moment(f"{day.isoformat()}T{form.get(each, '').strip()}", ZONE, NO_TIME)
        for each in ("from", "to")
    )
    if ends <= begins:
        ends += timedelta(days=1)
    seats = form.get("seats", "").strip()
    if seats and (not is_digits(seats) or len(seats) > LONGEST_NUMBER):
        raise InvalidInput("booking.number")
    return Book(course, group, term, Window(begins, ends), int(seats) if seats else None)


def _show(visit: Visit, course: CourseName, problem: Problem | None = None) -> HTMLResponse:
    day = _day(visit)
    with visit.parts.store.unit(read_only=True) as u:
        found = seat_bookings.of_course(u, visit.known, course, at=visit.at)
        hours = seat_bookings.fullness(u, day)
        offers = _offers(visit, u, course) if problem and problem.form == "book" else ()
    return page(
        visit,
        "bookings.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        found=found,
        title=found.course.titles.get(visit.lang, course),
        teaches=Seat.TEACHER in visit.known.seats,
        seats=visit.parts.seats,
        day=day,
        form_day=f"{day.astimezone(ZONE):%Y-%m-%d}",
        taken=forms.points(found.taken / timedelta(hours=1), visit.lang),
        most_hours=MOST_TIME // timedelta(hours=1),
        most_open=MOST_OPEN,
        open_now=sum(each.cancelled_at is None for each in found.bookings),
        hours=[(hour, used) for hour, used in enumerate(hours) if used or hour in BY_DAY],
        offers=[(each, form_of(each)) for each in offers],
    )


def _offers(visit: Visit, u: UnitOfWork, course: CourseName) -> tuple[Window, ...]:
    """Other windows, after what was wrong with the wanted one; none where they would not help."""
    try:
        wanted = _wanted(visit, course)
        return seat_bookings.offered(u, visit.known, wanted, at=visit.at, seats=visit.parts.seats)
    except SynakError:
        return ()


def form_of(window: Window) -> dict[str, str]:
    """A window as the fields of the form."""
    begins, ends = (each.astimezone(ZONE) for each in (window.begins, window.ends))
    return {"day": f"{begins:%Y-%m-%d}", "from": f"{begins:%H:%M}", "to": f"{ends:%H:%M}"}


def _day(visit: Visit) -> datetime:
    """The first moment of the day that is looked at: the form's, the address's, or today."""
    asked = visit.form.get("day") or visit.request.query_params.get("day", "")
    try:
        day = read_day(asked, NO_TIME)
    except InvalidInput:
        day = visit.at.astimezone(ZONE).date()
    return read_moment(day.isoformat(), ZONE)
