"""Incidents: the list with its search, the firm's form, one incident with all that was said.

Rules: whoever may not see an incident is told that there is none; each act is one post, asks for
the password like every act of law, and keeps what was typed when something was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.incidents import (
    NOTICE_HOURS,
    OF_THE_SYSTEM,
    Incident,
    IncidentAct,
    IncidentKind,
    IncidentState,
    Severity,
)
from sandbox.domain.seats import Right
from sandbox.kit.dates import read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import PermitNumber
from sandbox.locale import translator
from sandbox.locale.catalogue import Language
from sandbox.locale.forms import ZONE
from sandbox.services import incidents, people
from sandbox.services.incidents import ReportIncident, SayMore, Wanted
from sandbox.store.unit import UnitOfWork
from sandbox.web.exports import FORMS, table_answer
from sandbox.web.pages import Problem, page
from sandbox.web.paging import start_of
from sandbox.web.report_words import INCIDENTS
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
PAGE: Final = 25
STATES: Final = tuple(each.value for each in IncidentState)
KINDS: Final = tuple(each.value for each in IncidentKind)
REPORTED: Final = tuple(each for each in KINDS if each not in OF_THE_SYSTEM)
SEVERITIES: Final = tuple(each.value for each in Severity)
HEADER: Final = (
    *("number", "permit", "kind", "severity", "state", "reported_by", "reported", "noticed"),
    *("first_notice_due", "first_notice_late", "affected", "final_report", "closed"),
)


def incident_word(lang: Language, value: str) -> str:
    """A kind, a severity or an act in words."""
    return translator(lang).gettext(INCIDENTS[value]) if value in INCIDENTS else value


@router.get("/desk/incidents")
def listed(
    visit: Reader, q: str = "", state: str = "", kind: str = "", start: str = "", form: str = ""
) -> Response:
    """The incidents that the reader may see."""
    first = start_of(start)
    wanted = Wanted(q[:80], state[:40], kind[:40], first)
    if form in FORMS:
        with visit.parts.store.unit(read_only=True) as u:
            found = incidents.list_incidents(u, visit.known, replace(wanted, start=0), limit=None)
            names = people.written(u, {each.reported_by for each in found})
        rows = (row_of(visit.lang, each, names) for each in found)
        return table_answer(visit, form, "incidents", HEADER, rows)
    return _list(visit, wanted)


def _list(visit: Visit, wanted: Wanted, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = incidents.list_incidents(u, visit.known, wanted, limit=PAGE + 1)
        own = incidents.own_permits(u, visit.known)
    kept = {"q": wanted.text, "state": wanted.state, "kind": wanted.kind}
    first = wanted.start
    return page(
        visit,
        "incidents.html",
        status=problem.error.status if problem else 200,
        incidents=found[:PAGE],
        own=own,
        wanted=wanted,
        states=STATES,
        kinds=KINDS,
        reported=REPORTED,
        severities=SEVERITIES,
        hours=NOTICE_HOURS,
        query=urlencode({name: value for name, value in kept.items() if value}),
        older=first + PAGE if len(found) > PAGE else None,
        newer=max(0, first - PAGE) if first else None,
        supervises=visit.has(Right.SEE_ALERTS),
        word=partial(incident_word, visit.lang),
        problem=problem,
    )


def row_of(lang: Language, each: Incident, names: Mapping[str, str]) -> tuple[object, ...]:
    """An incident's line in an export; nobody's words.

    Args:
        lang: the reader's language.
        each: the incident.
        names: how people are written.
    """
    return (
        *(each.id, each.permit or ""),
        *(incident_word(lang, each.kind.value), incident_word(lang, each.severity.value)),
        *(name_of(lang, each.state.value), names[each.reported_by]),
        *(each.reported_at, each.noticed_at, each.notice_due),
        each.noticed_late,
        each.affected,
        each.final_at,
        each.closed_at,
    )


@router.post("/desk/incidents")
def report(visit: Poster) -> Response:
    """The firm reports an incident."""

    def work(u: UnitOfWork) -> object:
        form = visit.form
        command = ReportIncident(
            permit=PermitNumber(form.get("permit", "")),
            kind=form.get("kind", ""),
            severity=form.get("severity", ""),
            noticed=read_moment(form.get("noticed", ""), ZONE, "requirement.not_a_day"),
            affected=_affected(form.get("affected", "")),
            text=form.get("text", ""),
            done=form.get("done", ""),
            key=visit.key,
        )
        return incidents.report_incident(u, visit.known, command, at=visit.at).id

    return act(
        visit,
        work,
        then=lambda number: f"/desk/incidents/{number}?said=incident_reported",
        again=lambda error: _list(visit, Wanted(), Problem(error, "report")),
    )


@router.get("/desk/incidents/{number}")
def show(visit: Reader, number: str) -> Response:
    """One incident."""
    return _show(visit, number)


def _show(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = incidents.incident_view(u, visit.known, number, at=visit.at)
    return page(
        visit,
        "incident.html",
        status=problem.error.status if problem else 200,
        view=view,
        word=partial(incident_word, visit.lang),
        problem=problem,
    )


@router.post("/desk/incidents/{number}/{said}")
def say(visit: Poster, number: str, said: IncidentAct) -> Response:
    """Follow up, explain, ask again or close."""
    if said is IncidentAct.REPORT:
        raise InvalidInput("web.bad_request")
    command = SayMore(number, said, visit.form.get("text", ""), visit.key)
    return act(
        visit,
        lambda u: incidents.say_more(u, visit.known, command, at=visit.at),
        then=f"/desk/incidents/{number}?said=incident_said",
        again=lambda error: _show(visit, number, Problem(error, said.value)),
    )


def _affected(text: str) -> int | None:
    if not text.strip():
        return None
    if not is_digits(text.strip()) or len(text.strip()) > 9:
        raise InvalidInput("incident.affected", most=1_000_000)
    return int(text)
