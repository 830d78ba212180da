"""What happened on the chains of a case: a transaction's page, and the files to check it by.

The trainee's file holds what may be seen. The trainer's, with the truth beside it, can be had when
the truth may be shown; ``synak case verify`` checks both.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.coursework import course_name
from sandbox.services import investigation_views, investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Held
from sandbox.web.courses import enter
from sandbox.web.investigation_case import look
from sandbox.web.investigations import CASE
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Reader

router = APIRouter(include_in_schema=False)


@router.get(CASE + "/transactions/{tx}")
def transaction(visit: Reader, course: str, investigation: str, case: str, tx: str) -> HTMLResponse:
    """One transaction as the chain has it."""

    def more(held: Held) -> dict[str, Any]:
        found = investigation_views.with_whole_hash(held, tx)
        return {"of_it": found, "hash": tx, "stands": investigation_views.place_of(found)}

    return look(visit, (course, investigation, case), "investigation_transaction.html", more)


@router.get(CASE + "/chains.zip")
def tables(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """Tables, blocks and signed transactions of the reader's own case."""

    def work(room: Room) -> bytes:
        held = investigations.held(room, investigation, case)
        return investigations.tables_bytes(room, held.case)

    return _zip(enter(visit, course_name(course), work), "case.zip")


@router.get(CASE + "/whole.zip")
def whole(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """A case with its truth, for trainers, once it may be shown."""

    def work(room: Room) -> bytes:
        return investigations.whole_bytes(room, investigation, case)

    return _zip(enter(visit, course_name(course), work), "whole-case.zip")


def _zip(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY}
    return Response(content, media_type="application/zip", headers=headers)
