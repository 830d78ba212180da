"""Proofs of marks: one's own to take along, and a check of any, against the key of tree heads.

The check needs nothing of the desk but its key: ``synak mark verify`` does the same offline.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.records import AuditEntry
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.services import classroom_people, classroom_titles, mark_proofs
from sandbox.store import UnitOfWork
from sandbox.web.badges import Stranger
from sandbox.web.pages import Problem, page
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Anybody, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/marks")
def show(visit: Anybody) -> Response:
    """The reader's own marks in the log, the key of its heads, and the check."""
    return _page(visit)


@router.post("/desk/marks")
def check(visit: Stranger) -> Response:
    """Check a proof that was sent."""
    try:
        if visit.upload is None:
            raise InvalidInput("document.none")
        content = visit.upload.file.read(mark_proofs.LARGEST + 1)
        found = mark_proofs.check(content, visit.parts.head_key.public)
    except SynakError as error:
        return _page(visit, problem=Problem(error, "check"))
    return _page(visit, found=found)


@router.get("/desk/marks/{index}.json")
def take(visit: Reader, index: int) -> Response:
    """The proof of one's own mark, as a file to keep."""
    with visit.parts.store.unit() as u:
        proof = mark_proofs.prove(
            u, visit.known.account, index, at=visit.at, key=visit.parts.head_key
        )
        u.commit()
    name = f"mark-{index}.json"
    return Response(
        mark_proofs.proof_text(proof).encode(),
        media_type="application/json",
        headers={"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY},
    )


def _page(
    visit: Visit, *, problem: Problem | None = None, found: dict[str, Any] | None = None
) -> HTMLResponse:
    return page(
        visit,
        "marks.html",
        status=400 if problem else 200,
        key=visit.parts.head_key.public,
        own=_own(visit),
        found=found,
        problem=problem,
    )


def _own(visit: Visit) -> list[dict[str, Any]]:
    """The reader's marks in the log, newest first."""
    if visit.actor is None:
        return []
    with visit.parts.store.unit(read_only=True) as u:
        account = visit.known.account
        return [
            _row(u, visit, entry)
            for course, _role in classroom_people.courses_of(u, account, visit.at)
            for entry in mark_proofs.marks_of(u, account, course.name)[::-1]
        ]


def _row(u: UnitOfWork, visit: Visit, entry: AuditEntry) -> dict[str, Any]:
    data = (entry.body or {})["data"]
    return {
        "title": classroom_titles.written(u, f"{data['course']}/{data['assignment']}", visit.lang),
        "task": f"{data['notebook']} / {data['cell']}" if "cell" in data else "",
        "kind": entry.kind,
        "at": entry.at,
        "mark": data.get("mark", data.get("score")),
        "points": data.get("points"),
        "index": entry.index,
    }
