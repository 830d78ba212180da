"""Periodic reports: the list, one report as each seat meets it, versions side by side, files.

Rules: a figure stands as the system has it, the firm's correction beside it; whoever may not see a
report is told that there is none; each act is one post and keeps what was typed when it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.reports import NARRATIVE, ReportAct, ReportState, differing
from sandbox.domain.seats import Right
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.services import people, report_views, reports
from sandbox.services.report_views import MOST, OVERDUE, ReportView, Wanted
from sandbox.services.reports import JudgeReport, SignReport, WriteReport
from sandbox.store.unit import UnitOfWork
from sandbox.web import report_text as words
from sandbox.web.exports import FORMS, table_answer
from sandbox.web.pages import Problem, page
from sandbox.web.paging import start_of
from sandbox.web.report_paper import people_of, report_answer
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
PAGE: Final = 25
STATES: Final = (OVERDUE, *(each.value for each in ReportState))


@router.get("/desk/reports")
def listed(
    visit: Reader, permit: str = "", state: str = "", start: str = "", form: str = ""
) -> Response:
    """The reports that the reader may see."""
    first = start_of(start)
    wanted = Wanted(permit[:20], state if state in STATES else "", first)
    exported = form in FORMS
    with visit.parts.store.unit(read_only=True) as u:
        found = report_views.list_reports(
            u, visit.known, wanted, at=visit.at, limit=MOST if exported else PAGE + 1
        )
    if exported:
        rows = (row_of(visit, each) for each in found)
        return table_answer(visit, form, "reports", HEADER, rows)
    kept = {"permit": wanted.permit, "state": wanted.state}
    kept = {name: value for name, value in kept.items() if value}
    return page(
        visit,
        "reports.html",
        lines=found[:PAGE],
        wanted=wanted,
        states=STATES,
        query=urlencode(kept),
        older=first + PAGE if len(found) > PAGE else None,
        newer=max(0, first - PAGE) if first else None,
        supervises=visit.has(Right.SEE_ALERTS),
        period_text=partial(words.period_text, visit.lang),
    )


HEADER: Final = (
    *("number", "permit", "title", "organisation", "first_day", "last_day", "due", "state"),
    *("submitted", "accepted", "version", "days_overdue"),
)


def row_of(visit: Visit, line: report_views.ReportLine) -> tuple[object, ...]:
    """A report's line in an export."""
    report = line.report
    return (
        *(report.id, report.permit, line.title, line.org_name),
        *(report.period.first, report.period.last),
        report.due,
        name_of(visit.lang, report.state.value),
        report.submitted_at,
        report.accepted_at,
        *(report.version, line.overdue),
    )


@router.get("/desk/reports/{report}")
def show(
    visit: Reader, report: str, version: str = "", again: str = "", form: str = ""
) -> Response:
    """One report; as a file where one is asked for."""
    wanted = int(version) if is_digits(version) and len(version) < 5 else None
    if form in FORMS:
        with visit.parts.store.unit(read_only=True) as u:
            view = report_views.report_view(u, visit.known, report, at=visit.at, version=wanted)
            names = people.written(u, people_of(view))
        return report_answer(visit, view, form, names)
    return _page(visit, report, version=wanted, again=again == "yes")


def _page(
    visit: Visit,
    report: str,
    problem: Problem | None = None,
    *,
    version: int | None = None,
    again: bool = False,
) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = report_views.report_view(
            u, visit.known, report, at=visit.at, version=version, again=again
        )
    return page(
        visit,
        "report.html",
        status=problem.error.status if problem else 200,
        view=view,
        fields=NARRATIVE,
        problem=problem,
        **said_by(visit, view),
    )


def said_by(visit: Visit, view: ReportView) -> dict[str, Any]:
    """How a report's template says things."""
    return {
        "period_text": partial(words.period_text, visit.lang),
        "section_text": partial(words.section_text, visit.lang),
        "origin_text": partial(words.origin_text, visit.lang),
        "field_text": partial(words.field_text, visit.lang),
        "figure_text": partial(words.figure_text, visit.lang),
        "value_text": partial(words.value_text, visit.lang),
        "origin": lambda section: words.origin_href(section, view.permit.number, view.permit.file),
    }


@router.get("/desk/reports/{report}/compare")
def compare(visit: Reader, report: str, first: str = "", second: str = "") -> Response:
    """Two versions side by side: what differs."""
    if not all(is_digits(each) and len(each) < 5 for each in (first, second)):
        raise InvalidInput("web.bad_request")
    with visit.parts.store.unit(read_only=True) as u:
        view, one, other = report_views.compare_versions(
            u, visit.known, report, int(first), int(second), at=visit.at
        )
    changed = differing(one.figures, other.figures)
    figures = {each.key: each for each in (*one.figures, *other.figures)}
    before = {each.key: each for each in one.figures}
    after = {each.key: each for each in other.figures}
    return page(
        visit,
        "report_compare.html",
        view=view,
        one=one,
        other=other,
        changed=[(figures[key], before.get(key), after.get(key)) for key in changed],
        texts=[
            (name, one.narrative.get(name, ""), other.narrative.get(name, ""))
            for name in NARRATIVE
            if one.narrative.get(name) != other.narrative.get(name)
        ],
        corrected=[
            (figures[key], one.corrections.get(key), other.corrections.get(key))
            for key in sorted({*one.corrections, *other.corrections})
            if one.corrections.get(key) != other.corrections.get(key)
        ],
        **said_by(visit, view),
    )


@router.post("/desk/reports/{report}/save")
def save(visit: Poster, report: str) -> Response:
    """Keep what the firm has written."""
    command = _written(visit, report)
    return _act(
        visit,
        report,
        ("write", "report_saved"),
        lambda u: reports.save_report(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/reports/{report}/refresh")
def refresh(visit: Poster, report: str) -> Response:
    """Compute the figures again."""
    return _act(
        visit,
        report,
        ("refresh", "report_computed"),
        lambda u: reports.refresh_report(u, visit.known, report, at=visit.at),
    )


@router.post("/desk/reports/{report}/submit")
def submit(visit: Poster, report: str) -> Response:
    """The firm submits."""
    command = _written(visit, report)
    return _act(
        visit,
        report,
        ("write", "report_submitted"),
        lambda u: reports.submit_report(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/reports/{report}/sign")
def sign(visit: Poster, report: str) -> Response:
    """The sponsor signs."""
    command = SignReport(report, visit.form.get("digest", ""), visit.key)
    return _act(
        visit,
        report,
        ("sign", "report_signed"),
        lambda u: reports.sign_report(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/reports/{report}/accept")
def accept(visit: Poster, report: str) -> Response:
    """A regulator accepts."""
    return _judge(visit, report, ReportAct.ACCEPT, ("accept", "report_accepted"))


@router.post("/desk/reports/{report}/return")
def give_back(visit: Poster, report: str) -> Response:
    """A regulator returns it with a reason."""
    return _judge(visit, report, ReportAct.RETURN, ("return", "report_returned"))


def _judge(visit: Visit, report: str, judged: ReportAct, names: tuple[str, str]) -> Response:
    command = JudgeReport(
        report=report,
        act=judged,
        digest=visit.form.get("digest", ""),
        reason=visit.form.get("reason", ""),
        key=visit.key,
    )
    return _act(
        visit,
        report,
        names,
        lambda u: reports.judge_report(u, visit.known, command, at=visit.at),
    )


def _act(
    visit: Visit, report: str, names: tuple[str, str], work: Callable[[UnitOfWork], Any]
) -> Response:
    """Do it. ``names``: of the form, and what is said afterwards."""
    return act(
        visit,
        work,
        then=f"/desk/reports/{report}?said={names[1]}",
        again=lambda error: _page(visit, report, Problem(error, names[0])),
    )


def _written(visit: Visit, report: str) -> WriteReport:
    return WriteReport(
        report=report,
        narrative={name: visit.form.get(name, "") for name in NARRATIVE},
        corrections=_corrections(visit.form),
        key=visit.key,
    )


def _corrections(form: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    keys = {name.partition(":")[2] for name in form if name.startswith(("value:", "reason:"))}
    return {
        key: (form.get(f"value:{key}", ""), form.get(f"reason:{key}", "")) for key in sorted(keys)
    }
