"""Receipts of submissions: one's own to take along, and a check of any, against the desk's key.

The check needs nothing of the desk but its key: ``synak receipt verify`` does the same offline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import Action, CourseRole
from sandbox.domain.coursework import course_name
from sandbox.domain.receipts import MAX_RECEIPT, read_receipt, receipt_text, verify_receipt
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.services import classroom_exchange, classroom_people
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.store.classroom import Actions
from sandbox.store.classroom_blobs import Blobs
from sandbox.web.courses import enter, title_in
from sandbox.web.pages import Problem, page
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Anybody, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
LARGEST: Final = 1_000_000
"""Bytes that are taken in, so that what is too large is said to be no receipt."""
Sender = Annotated[Visit, Depends(uploader(LARGEST))]


@router.get("/desk/receipts")
def show(visit: Anybody) -> Response:
    """The reader's own receipts, the platform's key, and the check."""
    return _page(visit)


@router.post("/desk/receipts")
def check(visit: Sender) -> Response:
    """Check a receipt that was sent."""
    try:
        if visit.upload is None or not visit.upload.filename:
            raise InvalidInput("document.none")
        said = read_receipt(visit.upload.file.read(MAX_RECEIPT + 1))
        body = verify_receipt(said, load_receipt_key(visit.parts.receipt_key).public_hex)
    except SynakError as error:
        return _page(visit, problem=Problem(error, "check"))
    return _page(visit, body=body)


@router.get("/desk/receipts/{course}/{submission}.json")
def take(visit: Reader, course: str, submission: str) -> Response:
    """A receipt once more, as a file to keep: byte for byte as it was given."""
    name = course_name(course)
    found = enter(visit, name, lambda room: classroom_exchange.receipt(room, submission))
    kept = f"{found['body']['assignment']}-{found['body']['number']}.json"
    return Response(
        receipt_text(found).encode(),
        media_type="application/json",
        headers={"Content-Disposition": disposition(kept), "Content-Security-Policy": POLICY},
    )


def _page(
    visit: Visit, *, problem: Problem | None = None, body: Mapping[str, Any] | None = None
) -> HTMLResponse:
    return page(
        visit,
        "receipts.html",
        status=400 if problem else 200,
        key=load_receipt_key(visit.parts.receipt_key).public_hex,
        own=_own(visit),
        body=body,
        listed=body is not None and _listed(visit, body),
        problem=problem,
    )


def _own(visit: Visit) -> list[dict[str, Any]]:
    """What the reader handed in, newest first."""
    if visit.actor is None:
        return []
    rows = []
    with visit.parts.store.unit(read_only=True) as u:
        key = load_receipt_key(visit.parts.receipt_key)
        for course, role in classroom_people.courses_of(u, visit.known.account, visit.at):
            if role is not CourseRole.STUDENT:
                continue
            person = classroom_people.CoursePerson(visit.known.account, course.name, role)
            room = Room(u, person, visit.at, Blobs(visit.parts.blobs), key)
            titles = {
                each.assignment: title_in(visit, each) for each in classroom_exchange.released(room)
            }
            course_title = course.titles.get(visit.lang, course.name)
            rows += [
                _row(action, course_title, titles.get(action.assignment, action.assignment))
                for action in classroom_exchange.submissions(room)
            ]
    return sorted(rows, key=lambda row: row["number"], reverse=True)


def _row(action: Action, course: str, title: str) -> dict[str, Any]:
    return {
        "course": course,
        "title": title,
        "at": action.at,
        "number": action.number,
        "file": f"/desk/receipts/{action.course}/{action.id}.json",
    }


def _listed(visit: Visit, body: Mapping[str, Any]) -> bool:
    """Whether the desk's own list has just what the receipt says."""
    with visit.parts.store.unit(read_only=True) as u:
        action = Actions(u.session).by_id(str(body["submission"]))
    return (
        action is not None
        and (action.bundle, action.student) == (body["content"], body["student"])
        and action.at.isoformat() == body["at"]
    )
