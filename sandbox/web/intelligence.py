"""The desk of the financial intelligence service: the inbox, its acts, figures, alerts passed on.

Rules: for everybody else each address here is one that does not exist, before anything is read; the
database searches, orders and counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.suspicion import Entity, Report, ReportState
from sandbox.services import suspicion_inbox as inbox
from sandbox.services.alert_parties import parties_of
from sandbox.services.suspicion import require_service
from sandbox.services.suspicion_inbox import OnSubmitted
from sandbox.store.suspicion_tables import WantedReports
from sandbox.store.unit import UnitOfWork
from sandbox.web.alert_words import Words as AlertWords
from sandbox.web.exports import csv_answer
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.review import act
from sandbox.web.suspicion import HOME as REPORTS
from sandbox.web.suspicion import show_report
from sandbox.web.suspicion_words import ORDERS, Words
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/intelligence"
MINE: Final = "me"
FILTERS: Final = ("state", "entity", "who", "late", "q", "order")


def _wanted(visit: Visit, limit: int) -> tuple[WantedReports, dict[str, str]]:
    """The filter of an address, and its fields as typed; what is unknown is any."""
    query = visit.request.query_params
    typed = {name: query.get(name, "").strip()[:80] for name in FILTERS}
    start = query.get("start", "")
    return (
        WantedReports(
            state=ReportState(typed["state"]) if typed["state"] in set(ReportState) else None,
            entity=Entity(typed["entity"]) if typed["entity"] in set(Entity) else None,
            assignee=visit.known.account if typed["who"] == MINE else None,
            late=typed["late"] == "yes",
            text=typed["q"],
            order=typed["order"] if typed["order"] in ORDERS else "newest",
            start=start_of(start),
            limit=limit,
        ),
        {name: text for name, text in typed.items() if text},
    )


@router.get(HOME)
def show(visit: Reader) -> Response:
    """The inbox."""
    require_service(visit.known)
    wanted, asked = _wanted(visit, inbox.PAGE)
    with visit.parts.store.unit(read_only=True) as u:
        found = inbox.inbox(u, visit.known, wanted)
        figures = inbox.figures(u, visit.known)
    pages = beside(
        lambda place: f"{HOME}?{urlencode({**asked, 'start': place})}",
        start=wanted.start,
        most=wanted.limit,
        more=wanted.start + len(found.reports) < found.total,
    )
    return page(
        visit,
        "intelligence.html",
        words=Words(visit.lang),
        found=found,
        figures=figures,
        wanted=wanted,
        asked=asked,
        query=urlencode(asked),
        pages=pages,
        states=[each for each in ReportState if each is not ReportState.DRAFT],
        entities=tuple(Entity),
        orders=tuple(ORDERS),
    )


@router.get(HOME + "/reports.csv")
def as_csv(visit: Reader) -> Response:
    """What the filter finds as a table, without anybody's words."""
    require_service(visit.known)
    wanted, _ = _wanted(visit, inbox.EXPORTED)
    with visit.parts.store.unit(read_only=True) as u:
        found = inbox.inbox(u, visit.known, wanted)
    header = ("number", "entity", "organisation", "permit", "alert", "state", "noticed")
    more = ("submitted", "due", "late", "amount", "asset", "parties", "transactions")
    last = ("assignee", "outcome", "sha256")
    return csv_answer(
        "reports.csv", (*header, *more, *last), (_row(each, found.names) for each in found.reports)
    )


def _row(report: Report, names: Any) -> tuple[object, ...]:
    content = report.content or {}
    return (
        report.id,
        report.entity.value,
        names.get(report.org, report.org),
        report.permit,
        report.alert,
        report.state.value,
        report.noticed_at.isoformat() if report.noticed_at else None,
        report.submitted_at.isoformat() if report.submitted_at else None,
        report.due.isoformat() if report.due else None,
        "yes" if report.late else "no",
        report.amount,
        report.asset,
        sum(bool(each["named"]) for each in content.get("parties", ())),
        len(content.get("transactions", ())),
        report.assignee,
        report.outcome.value if report.outcome else None,
        report.digest,
    )


@router.get(HOME + "/alerts")
def show_alerts(visit: Reader, before: str | None = None) -> Response:
    """Alerts that were passed on."""
    require_service(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        found, more = inbox.passed_on(u, visit.known, before=before[:20] if before else None)
    return page(
        visit,
        "intelligence_alerts.html",
        words=Words(visit.lang),
        alerts=AlertWords(visit.lang),
        found=found,
        more=more,
    )


@router.get(HOME + "/alerts/{alert}")
def show_alert(visit: Reader, alert: str) -> Response:
    """One alert that was passed on, with its evidence."""
    require_service(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        found = inbox.passed_on_alert(u, visit.known, alert)
        evidence = found.found["evidence"]
        sides = {each[side] for each in evidence for side in ("payer", "payee") if each.get(side)}
        parties = parties_of(u, sides)
        history = u.supervision_record.of_subject(found.id)
    return page(
        visit,
        "intelligence_alert.html",
        words=Words(visit.lang),
        alerts=AlertWords(visit.lang),
        alert=found,
        payments=AlertWords(visit.lang).about(found.rule) == "payments",
        parties=parties,
        history=history,
    )


@router.post(REPORTS + "/{number}/assign")
def assign(visit: Poster, number: str) -> Response:
    """Give a report to somebody."""
    return _act(visit, number, "assign", inbox.assign)


@router.post(REPORTS + "/{number}/note")
def note(visit: Poster, number: str) -> Response:
    """Write a note."""
    return _act(visit, number, "note", inbox.note)


@router.post(REPORTS + "/{number}/close")
def close(visit: Poster, number: str) -> Response:
    """Close a report."""
    return _act(visit, number, "close", inbox.close)


@router.post(REPORTS + "/{number}/reopen")
def reopen(visit: Poster, number: str) -> Response:
    """Open a report again."""
    return _act(visit, number, "reopen", inbox.reopen)


def _act(visit: Visit, number: str, form: str, use_case: Callable[..., Any]) -> Response:
    require_service(visit.known)
    command = OnSubmitted(
        report=number,
        text=visit.form.get("text", ""),
        assignee=visit.form.get("assignee", ""),
        outcome=visit.form.get("outcome", ""),
        key=visit.key,
    )

    def work(u: UnitOfWork) -> Any:
        return use_case(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=f"{REPORTS}/{number[:20]}?said=saved",
        again=lambda error: show_report(visit, number, Problem(error, form)),
    )
