"""Alert cases on the desk: the list, its CSV, one alert with its evidence, the acts on it.

Rules: who may not see alerts gets the page of an address that does not exist; everything works
without JavaScript; each figure leads to its transactions in the explorer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.alerts.cases import Alert, AlertState, Closing
from sandbox.domain.alerts.rule_set import RULES
from sandbox.domain.seats import Right
from sandbox.services import alerts as cases
from sandbox.services import people
from sandbox.services.alerts import OnAlert
from sandbox.services.supervision import require_sees_alerts
from sandbox.store.alerts import Wanted
from sandbox.store.unit import UnitOfWork
from sandbox.web.alert_words import Words, names
from sandbox.web.exports import csv_answer
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/cohort/alerts"
MINE: Final = "me"
ON_CONSOLE: Final = 5
"""Alerts on a permit's console."""


def _wanted(visit: Visit) -> tuple[Wanted, dict[str, str]]:
    """The filter of an address, and its fields as they were typed; what is unknown is any."""
    query = visit.request.query_params
    typed = {
        name: query.get(name, "").strip()[:80] for name in ("state", "rule", "who", "permit", "q")
    }
    state = typed["state"] if typed["state"] in set(AlertState) else ""
    return (
        Wanted(
            state=AlertState(state) if state else None,
            rule=typed["rule"] if typed["rule"] in names() else None,
            permit=typed["permit"].upper() or None,
            assignee=visit.known.account if typed["who"] == MINE else None,
            text=typed["q"] or None,
        ),
        typed,
    )


@router.get("/desk/cohort/alerts")
def show(visit: Reader, before: str | None = None) -> Response:
    """The alerts that a filter finds, newest first."""
    require_sees_alerts(visit.known)
    wanted, typed = _wanted(visit)
    with visit.parts.store.unit(read_only=True) as u:
        found = cases.list_alerts(u, visit.known, wanted, before=before[:20] if before else None)
    asked = {name: text for name, text in typed.items() if text}
    return page(
        visit,
        "alerts.html",
        alerts=Words(visit.lang),
        found=found,
        asked=asked,
        query=urlencode(asked),
        rules=names(),
        states=tuple(AlertState),
    )


def alerts_of(visit: Visit, number: str) -> tuple[Alert, ...] | None:
    """The newest alerts of a permit; None for those who may not learn of any."""
    if not visit.has(Right.SEE_ALERTS):
        return None
    with visit.parts.store.unit(read_only=True) as u:
        return cases.list_alerts(u, visit.known, Wanted(permit=number), limit=ON_CONSOLE).alerts


@router.get("/desk/permits/{number}/alerts")
def part(visit: Reader, number: str) -> Response:
    """The console's part with a permit's newest alerts, which it asks for again and again.

    Whoever opens its address by hand is led to the page with all of them.
    """
    require_sees_alerts(visit.known)
    if visit.request.headers.get("hx-request") != "true":
        return RedirectResponse(f"{HOME}?{urlencode({'permit': number[:20]})}", 303)
    return page(
        visit,
        "console_alerts.html",
        alerts=Words(visit.lang),
        found=alerts_of(visit, number[:20]),
        number=number[:20],
    )


@router.get("/desk/cohort/alerts.csv")
def as_csv(visit: Reader) -> Response:
    """The alerts that a filter finds as a table for a spreadsheet."""
    require_sees_alerts(visit.known)
    wanted, _ = _wanted(visit)
    with visit.parts.store.unit(read_only=True) as u:
        found = cases.list_alerts(u, visit.known, wanted, limit=cases.EXPORTED)
        written = people.written(u, {each.assignee or "" for each in found.alerts})
    header = (
        "id",
        "rule",
        "rules_version",
        "chain",
        "subject",
        "permit",
        "kind",
        "since",
        "at",
        "value",
        "weight",
        "state",
        "assignee",
        "closed_as",
        "reopened",
    )
    return csv_answer("alerts.csv", header, (_row(each, written) for each in found.alerts))


def _row(alert: Alert, names: Mapping[str, str]) -> tuple[object, ...]:
    return (
        alert.id,
        alert.rule,
        alert.version,
        alert.chain,
        alert.subject,
        alert.permit,
        alert.kind,
        alert.since.isoformat(),
        alert.at.isoformat(),
        alert.value,
        alert.weight,
        alert.state.value,
        names.get(alert.assignee or "", ""),
        alert.closed_as.value if alert.closed_as else None,
        alert.reopened,
    )


@router.get("/desk/cohort/alerts/{alert}")
def show_one(visit: Reader, alert: str) -> Response:
    """One alert."""
    return _one(visit, alert)


def _one(visit: Visit, alert: str, problem: Problem | None = None) -> HTMLResponse:
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        view = cases.view_alert(u, visit.known, alert)
    return page(
        visit,
        "alert.html",
        status=problem.error.status if problem else 200,
        alerts=Words(visit.lang),
        view=view,
        alert=view.alert,
        rule=RULES.get(view.alert.rule),
        closings=tuple(Closing),
        handles=visit.has(Right.HANDLE_ALERTS),
        reports=Right.REPORT_SUSPICION,
        problem=problem,
    )


@router.post("/desk/cohort/alerts/{alert}/assign")
def assign(visit: Poster, alert: str) -> Response:
    """Give a case to somebody."""
    return _act(visit, alert, "assign", cases.assign)


@router.post("/desk/cohort/alerts/{alert}/note")
def note(visit: Poster, alert: str) -> Response:
    """Write a note."""
    return _act(visit, alert, "note", cases.note)


@router.post("/desk/cohort/alerts/{alert}/close")
def close(visit: Poster, alert: str) -> Response:
    """Close a case."""
    return _act(visit, alert, "close", cases.close)


@router.post("/desk/cohort/alerts/{alert}/reopen")
def reopen(visit: Poster, alert: str) -> Response:
    """Open a case again."""
    return _act(visit, alert, "reopen", cases.reopen)


def _act(visit: Visit, alert: str, form: str, use_case: Callable[..., Any]) -> Response:
    require_sees_alerts(visit.known)
    command = OnAlert(
        alert=alert,
        text=visit.form.get("text", ""),
        assignee=visit.form.get("assignee", ""),
        closing=visit.form.get("closing", ""),
        key=visit.key,
    )

    def work(u: UnitOfWork) -> Any:
        return use_case(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=f"{HOME}/{alert[:20]}?said=saved",
        again=lambda error: _one(visit, alert, Problem(error, form)),
    )
