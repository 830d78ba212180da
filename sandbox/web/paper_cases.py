"""Paper cases: the authorities' list, one case with its scans, entering and adding."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.documents import LARGEST, MEDIA, MEGABYTE
from sandbox.domain.paper_cases import Outcome
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.services import paper_cases
from sandbox.services.documents import media_inside
from sandbox.services.paper_cases import EnterPaperCase, scans_of
from sandbox.web.pages import Problem, page
from sandbox.web.uploads import download, take_in
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
Sender = Annotated[Visit, Depends(uploader(LARGEST))]
SHOWN = (InvalidInput, Conflict)


@router.get("/desk/paper-cases")
def register(visit: Reader) -> Response:
    """Every paper case."""
    return _register(visit)


def _register(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = paper_cases.list_paper_cases(u, visit.known)
    return page(
        visit,
        "paper_cases.html",
        status=problem.error.status if problem else 200,
        cases=found,
        outcomes=tuple(Outcome),
        writes=paper_cases.may_enter(visit.known),
        problem=problem,
    )


@router.post("/desk/paper-cases")
def enter(visit: Poster) -> Response:
    """Enter a paper."""
    try:
        with visit.parts.store.unit() as u:
            command = EnterPaperCase(visit.form, visit.key)
            case = paper_cases.enter_paper_case(u, visit.known, command, at=visit.at)
            u.commit()
    except SHOWN as error:
        return _register(visit, Problem(error, "enter"))
    return RedirectResponse(f"/desk/paper-cases/{case.id}?said=recorded", 303)


@router.get("/desk/paper-cases/{case_id}")
def show(visit: Reader, case_id: str) -> Response:
    """One case."""
    return _case(visit, case_id)


def _case(visit: Visit, case_id: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = paper_cases.paper_case(u, visit.known, case_id)
    return page(
        visit,
        "paper_case.html",
        status=problem.error.status if problem else 200,
        view=view,
        case=view.case,
        accepted=",".join(f".{ending}" for ending in MEDIA),
        largest=LARGEST // MEGABYTE,
        problem=problem,
    )


@router.post("/desk/paper-cases/{case_id}/scans")
def add(visit: Sender, case_id: str) -> Response:
    """Add a scan."""
    blobs = scans_of(visit.parts.blobs, case_id)
    with visit.parts.store.unit(read_only=True) as u:
        paper_cases.paper_case(u, visit.known, case_id)
    try:
        with blobs.incoming() as fresh:
            name = take_in(visit.upload, fresh, most=LARGEST)
            media = media_inside(name, fresh)
            with visit.parts.store.unit() as u:
                paper_cases.add_scan(
                    u, visit.known, case_id, name, fresh, media=media, blobs=blobs, at=visit.at
                )
                u.commit()
    except SHOWN as error:
        return _case(visit, case_id, Problem(error, "scan"))
    return RedirectResponse(f"/desk/paper-cases/{case_id}?said=attached", 303)


@router.get("/desk/paper-cases/{case_id}/scans/{scan_id}")
def take(visit: Reader, case_id: str, scan_id: str) -> Response:
    """A scan as a download."""
    blobs = scans_of(visit.parts.blobs, case_id)
    with visit.parts.store.unit(read_only=True) as u:
        scan, content = paper_cases.open_scan(u, visit.known, case_id, scan_id, blobs=blobs)
    return download(content, name=scan.name, media=scan.media, size=scan.size)
