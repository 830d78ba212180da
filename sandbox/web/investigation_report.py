"""A trainee's report in the browser: what a human reader reads, and the method disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.investigations import Draft
from sandbox.services import investigation_report as report
from sandbox.services.investigation_report import HEURISTICS, LIMITS, MOST_TEXT, TEXTS, Written
from sandbox.services.investigations import Held
from sandbox.web import investigation_score_words as named
from sandbox.web.investigation_case import change, look
from sandbox.web.investigation_words import said
from sandbox.web.investigations import CASE
from sandbox.web.pages import Problem
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get(CASE + "/report")
def show(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """The form, or what was handed in."""
    return _show(visit, (course, investigation, case))


@router.post(CASE + "/report")
def save(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Keep it in the draft."""
    where, form = (course, investigation, case), visit.form
    wanted = Written(
        texts={name: form.get(f"text.{name}", "") for name in TEXTS},
        rates={name: form.get(f"rate.{name}", "") for name in HEURISTICS},
        limits=[name for name in LIMITS if form.get(f"limit.{name}") == "yes"],
    )

    def work(held: Held) -> Draft:
        return report.written(held.case.draft, wanted)

    return change(
        visit,
        where,
        "report",
        work,
        again=lambda problem: _show(visit, where, problem),
        then="/report?said=case_saved",
    )


def as_shown(visit: Visit, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and method of an answer, with what they are called.

    Args:
        visit: who reads.
        answer: its JSON values.
    """
    method = answer.get("method", {})
    rates = {each["name"]: each["error_permille"] for each in method.get("heuristics", ())}
    return {
        "texts": {name: answer.get("texts", {}).get(name, "") for name in TEXTS},
        "rates": {name: report.percent(each) for name, each in rates.items()},
        "limits": list(method.get("limits", ())),
        "text_names": said(named.TEXTS, visit.lang),
        "heuristic_names": said(named.HEURISTICS, visit.lang),
        "limit_names": said(named.LIMITS, visit.lang),
    }


def _show(
    visit: Visit, where: tuple[str, str, str], problem: Problem | None = None
) -> HTMLResponse:
    def more(held: Held) -> dict[str, Any]:
        answer = held.answer.answer if held.answer else held.case.draft.as_answer()
        hints = said(named.TEXT_HINTS, visit.lang)
        return {**as_shown(visit, answer), "text_hints": hints, "most": MOST_TEXT}

    return look(visit, where, "investigation_report.html", more, problem)
