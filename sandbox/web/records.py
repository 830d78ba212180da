"""The authority's page of a file: checklist and notes. For everybody else there is no such page."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.papers import CHECKLIST, Verdict
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import FileId
from sandbox.services import files, review_records
from sandbox.services.review_records import AddNote, Given, MarkChecklist
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/files/{file_id}/records")
def show(visit: Reader, file_id: FileId) -> Response:
    """Checklist and notes."""
    return _page(visit, file_id)


@router.post("/desk/files/{file_id}/records/checklist")
def mark(visit: Poster, file_id: FileId) -> Response:
    """Keep what was found about the points."""
    command = MarkChecklist(file_id, _given(visit.form), visit.key)
    try:
        with visit.parts.store.unit() as u:
            review_records.mark_checklist(u, visit.known, command, at=visit.at)
            u.commit()
    except (InvalidInput, Conflict) as error:
        return _page(visit, file_id, Problem(error, "checklist"))
    return RedirectResponse(f"/desk/files/{file_id}/records?said=recorded", 303)


@router.post("/desk/files/{file_id}/records/notes")
def note(visit: Poster, file_id: FileId) -> Response:
    """Keep a note."""
    command = AddNote(file_id, visit.form.get("text", ""), visit.key)
    try:
        with visit.parts.store.unit() as u:
            review_records.add_note(u, visit.known, command, at=visit.at)
            u.commit()
    except InvalidInput as error:
        return _page(visit, file_id, Problem(error, "note"))
    return RedirectResponse(f"/desk/files/{file_id}/records?said=recorded#notes", 303)


def _page(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        records = review_records.records_of(u, visit.known, file_id)
        view = files.file_view(u, visit.known, file_id, at=visit.at)
    return page(
        visit,
        "records.html",
        status=problem.error.status if problem else 200,
        file=view,
        records=records,
        checklist=CHECKLIST,
        verdicts=tuple(Verdict),
        problem=problem,
    )


def _given(form: Mapping[str, str]) -> dict[str, Given]:
    """The points of the posted form."""
    found = {}
    for item in CHECKLIST:
        revision = form.get(f"revision.{item}", "0")
        if f"verdict.{item}" in form or form.get(f"remark.{item}", "").strip():
            found[item] = Given(
                form.get(f"verdict.{item}", ""),
                form.get(f"remark.{item}", ""),
                int(revision) if is_digits(revision) else 0,
            )
    return found
