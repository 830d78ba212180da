"""The portable export of a permit, for its team: ordered, watched while it is made, taken.

Rules: works without JavaScript (the page is looked at again by a link), with it the part that
changes comes by itself; only the team sees any of it.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from sandbox.domain.evidence_tasks import TaskState
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId
from sandbox.services import exit_archives
from sandbox.services.exit_archives import step_of
from sandbox.services.portable_export import STEPS
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN = 10
"""Archives on the page; all stay in the record."""


@router.get("/desk/files/{file_id}/export")
def show(visit: Reader, file_id: FileId) -> Response:
    """The archives of a file's permit, and how far the newest is."""
    return _page(visit, file_id)


@router.post("/desk/files/{file_id}/export")
def order(visit: Poster, file_id: FileId) -> Response:
    """Have one made of everything that is the firm's own."""
    try:
        with visit.parts.store.unit() as u:
            number = _permit(u, file_id)
            exit_archives.order_archive(u, visit.known, number, at=visit.at, key=visit.key)
            u.commit()
    except (Conflict, InvalidInput) as error:
        return _page(visit, file_id, Problem(error))
    return RedirectResponse(f"/desk/files/{file_id}/export", 303)


@router.get("/desk/files/{file_id}/export/{task}.zip")
def take(visit: Reader, file_id: FileId, task: str) -> Response:
    """Take a finished archive."""
    with visit.parts.store.unit(read_only=True) as u:
        found, path = exit_archives.take_archive(u, visit.known, task, visit.parts.evidence)
        if found.subject != _permit(u, file_id):
            raise NotFound("evidence.not_found", id=task[:20])
    return FileResponse(path, media_type="application/zip", filename=f"synak-{found.subject}.zip")


def _page(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        number = _permit(u, file_id)
        found = exit_archives.archives_of(u, visit.known, number)[:SHOWN]
    under_way = {TaskState.ORDERED, TaskState.RUNNING}
    return page(
        visit,
        "exit_archive.html",
        status=problem.error.status if problem else 200,
        file_id=file_id,
        number=number,
        archives=found,
        steps=[name for name, _ in STEPS],
        step=step_of(found[0].done) if found else "",
        live=bool(found) and found[0].state in under_way,
        problem=problem,
    )


def _permit(u: UnitOfWork, file_id: FileId) -> str:
    """The number of a file's permit; a file without one has no archive either."""
    file = u.files.find(file_id[:20])
    return file.permit if file is not None and file.permit else file_id
