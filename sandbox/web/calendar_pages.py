"""Working days, the rules of the regime, the duty roster: read by many, kept by regulators.

Rules: whoever is signed in may read calendar and rules; only regulators change them, one proposes
and another confirms, each an act with a recent password and an audit entry; the roster is for the
authorities.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.calendar import BISHKEK, DayKind, day_of
from sandbox.domain.regime import EXTENSION_MONTHS, MOST_EXTENSIONS
from sandbox.domain.seats import Right
from sandbox.kit.dates import read_day, read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.services import calendar_days, duty
from sandbox.services.calendar_days import EnterDay, RemoveDay, SetDays, SettleChange
from sandbox.services.duty import EndDuty, EnterDuty
from sandbox.store.unit import UnitOfWork
from sandbox.web.life_panel import said
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
CALENDAR: Final = "/desk/calendar"
DUTY: Final = "/desk/duty"


@router.get(CALENDAR)
def show(visit: Reader, year: int = 0) -> Response:
    """Days that are not as their weekday says, and every deadline's rule."""
    return show_calendar(visit, year)


def show_calendar(visit: Visit, year: int = 0, problem: Problem | None = None) -> HTMLResponse:
    """The calendar of a year; the present one when none is asked for."""
    wanted = year or day_of(visit.at).year
    with visit.parts.store.unit(read_only=True) as u:
        lines, lunar = calendar_days.year_view(u, wanted)
        rules = calendar_days.rules(u)
        changes = calendar_days.waiting_changes(u, visit.known)
    return page(
        visit,
        "calendar.html",
        status=problem.error.status if problem else 200,
        year=wanted,
        lines=lines,
        lunar=lunar,
        rules=rules,
        changes=changes,
        edits=visit.has(Right.DECIDE),
        months=EXTENSION_MONTHS,
        times=MOST_EXTENSIONS,
        said_of=partial(said, visit),
        problem=problem,
    )


@router.post("/desk/calendar/days")
def enter(visit: Poster) -> Response:
    """Propose a day off, a working day or a transfer."""

    def work(u: UnitOfWork) -> Any:
        kinds = {each.value: each for each in DayKind}
        kind = kinds.get(visit.form.get("kind", ""))
        if kind is None:
            raise InvalidInput("calendar.unknown_kind")
        instead = visit.form.get("instead", "")
        command = EnterDay(
            day=read_day(visit.form.get("day", "")),
            kind=kind,
            reason=visit.form.get("reason", ""),
            instead=read_day(instead) if instead.strip() else None,
            key=visit.key,
        )
        return calendar_days.enter_day(u, visit.known, command, at=visit.at)

    return _on_calendar(visit, "enter", "change_proposed", work)


@router.post("/desk/calendar/days/{day}/remove")
def remove(visit: Poster, day: str) -> Response:
    """Propose to take an entered day out."""

    def work(u: UnitOfWork) -> Any:
        command = RemoveDay(read_day(day), visit.key)
        return calendar_days.remove_day(u, visit.known, command, at=visit.at)

    return _on_calendar(visit, "remove", "change_proposed", work)


@router.post("/desk/calendar/rules")
def set_days(visit: Poster) -> Response:
    """Propose the working days of a deadline."""

    def work(u: UnitOfWork) -> Any:
        text = visit.form.get("days", "").strip()
        if not is_digits(text) or len(text) > 4:
            raise InvalidInput("calendar.not_a_number", text=text[:20])
        command = SetDays(visit.form.get("rule", ""), int(text), visit.key)
        return calendar_days.set_days(u, visit.known, command, at=visit.at)

    return _on_calendar(visit, "rules", "change_proposed", work)


@router.post("/desk/calendar/changes/{change}/{word}")
def settle(visit: Poster, change: str, word: str) -> Response:
    """Another regulator confirms (``confirm``) or anybody of them drops a change."""
    command = SettleChange(change, word == "confirm", visit.key)
    done = "change_confirmed" if command.confirm else "change_dropped"

    def work(u: UnitOfWork) -> Any:
        return calendar_days.settle_change(u, visit.known, command, at=visit.at)

    return _on_calendar(visit, "changes", done, work)


@router.get(DUTY)
def show_duty(visit: Reader) -> Response:
    """The duty roster."""
    return duty_page(visit)


def duty_page(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    """Who is on duty now and from when; for the authorities."""
    with visit.parts.store.unit(read_only=True) as u:
        lines = duty.roster(u, visit.known, at=visit.at)
        candidates = dict(duty.officers(u, visit.known))
    return page(
        visit,
        "duty.html",
        status=problem.error.status if problem else 200,
        lines=lines,
        candidates=candidates,
        edits=visit.has(Right.DECIDE),
        problem=problem,
    )


@router.post(DUTY)
def enter_duty(visit: Poster) -> Response:
    """Name a duty officer."""

    def work(u: UnitOfWork) -> Any:
        command = EnterDuty(
            account=visit.form.get("account", ""),
            starts=read_moment(visit.form.get("starts", ""), BISHKEK),
            ends=read_moment(visit.form.get("ends", ""), BISHKEK),
            key=visit.key,
        )
        return duty.enter_duty(u, visit.known, command, at=visit.at)

    return _on_duty(visit, "enter", "duty_entered", work)


@router.post("/desk/duty/{duty_id}/end")
def end_duty(visit: Poster, duty_id: str) -> Response:
    """End a duty."""

    def work(u: UnitOfWork) -> Any:
        return duty.end_duty(u, visit.known, EndDuty(duty_id, visit.key), at=visit.at)

    return _on_duty(visit, "end", "duty_ended", work)


def _on_calendar(visit: Visit, form: str, said: str, work: Callable[[UnitOfWork], Any]) -> Response:
    text = visit.form.get("year", "")
    year = int(text) if is_digits(text) and len(text) == 4 else day_of(visit.at).year

    def again(error: SynakError) -> Response:
        return show_calendar(visit, year, Problem(error, form))

    return act(visit, work, then=f"{CALENDAR}?year={year}&said={said}", again=again)


def _on_duty(visit: Visit, form: str, said: str, work: Callable[[UnitOfWork], Any]) -> Response:
    def again(error: SynakError) -> Response:
        return duty_page(visit, Problem(error, form))

    return act(visit, work, then=f"{DUTY}?said={said}", again=again)
