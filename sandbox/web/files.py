"""The register of files and the page of one file, as its reader may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.limits_form import write_terms
from sandbox.kit.ids import FileId
from sandbox.services import files
from sandbox.services.views import DecisionView, FileLine, FileView
from sandbox.web.home import file_href
from sandbox.web.limits import ASSETS, GENERAL, TECHNICAL, asset_of, requested, terms_rows
from sandbox.web.pages import Problem, page
from sandbox.web.papers import papers_of
from sandbox.web.proposals import look
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
PAGE: Final = 50
STEPS: Final = (
    ("draft", ("draft",)),
    ("submitted", ("submitted",)),
    ("sponsor_signed", ("sponsor_signed",)),
    ("under_review", ("under_review", "question_open")),
    ("decided", ("decided", "activating")),
    ("active", ("active", "suspended", "halted", "expired", "revoked")),
)
"""The way of a file, for the picture on top of it: name and the states that belong to it."""


@router.get("/desk/files")
def register(
    visit: Reader, q: str = "", state: str = "", start: int = 0, form: str = ""
) -> Response:
    """All files the reader may see: search, filter, CSV."""
    with visit.parts.store.unit(read_only=True) as u:
        lines = files.list_files(u, visit.known, at=visit.at)
    states = sorted({line.state for line in lines})
    found = [line for line in lines if _matches(line, q.casefold().strip()[:80], state)]
    found.sort(key=lambda line: line.updated_at, reverse=True)
    if form == "csv":
        return _csv(visit, found)
    first = max(0, min(start, len(found)))
    return page(
        visit,
        "files.html",
        lines=found[first : first + PAGE],
        total=len(found),
        start=first,
        size=PAGE,
        q=q[:80],
        state=state,
        states=states,
        href=partial(file_href, visit),
    )


def _matches(line: FileLine, query: str, state: str) -> bool:
    text = f"{line.id} {line.title} {line.org_name} {line.sponsor_name or ''} {line.permit or ''}"
    return (not state or line.state == state) and query in text.casefold()


def _csv(visit: Visit, lines: Sequence[FileLine]) -> Response:
    names = ("id", "title", "organisation", "sponsor", "state", "permit", "updated_at")
    rows = (
        (
            line.id,
            line.title,
            line.org_name,
            line.sponsor_name,
            name_of(visit.lang, line.state),
            line.permit,
            line.updated_at.isoformat(),
        )
        for line in lines
    )
    return csv_answer("applications.csv", names, rows)


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A table as a CSV file that spreadsheet programs open safely.

    Rules: UTF-8 with a byte order mark; a cell that begins like a formula gets an
    apostrophe before it. Source: OWASP CSV Injection.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        cells = ("" if cell is None else str(cell) for cell in row)
        writer.writerow(
            [f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells]
        )
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/desk/files/{file_id}")
def show(visit: Reader, file_id: FileId) -> Response:
    """One file."""
    return show_file(visit, file_id)


def show_file(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    """The page of a file, also after a form on it could not be accepted."""
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        open_proposals = look(u, visit, view)
        papers = papers_of(u, visit, view)
    asked = requested(visit.lang, view.answers, visit.at)
    return page(
        visit,
        "file.html",
        status=problem.error.status if problem else 200,
        file=view,
        steps=_steps(view),
        proposals=open_proposals,
        rows=lambda decision: _rows(visit, decision),
        requested=asked,
        asked=asked,
        values=_conditions(view),
        chosen=asset_of(view.answers) or ("KGST",),
        assets=ASSETS,
        general=GENERAL,
        technical=TECHNICAL,
        prefix="conditions-",
        problem=problem,
        supervises=view.my_seat == "regulator" or "take_up" in view.possible,
        usual=usual_ranges(visit.lang),
        **papers,
    )


def _steps(view: FileView) -> list[tuple[str, str]]:
    """The file's way: each step is done, now or to come."""
    places = [index for index, (_, states) in enumerate(STEPS) if view.state in states]
    now = places[0] if places else len(STEPS)
    finished = view.state in ("refused", "withdrawn")
    return [
        (
            view.state if index == now == len(STEPS) - 1 else name,
            "done" if index < now and not finished else "now" if index == now else "todo",
        )
        for index, (name, _) in enumerate(STEPS)
    ]


def _rows(visit: Visit, decision: DecisionView) -> list[object]:
    return list(terms_rows(visit.lang, decision.terms)) if decision.terms else []


def _conditions(view: FileView) -> dict[str, str]:
    """What the conditions form starts with: the last decision's terms, else what was asked."""
    for decision in reversed(view.decisions):
        if decision.terms is not None:
            form = write_terms(decision.terms)
            days = (decision.terms.end - decision.terms.start).days
            return {**form, "term_days": str(days)}
    return dict(view.answers)
