"""What a class thought, without names, for a projector."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from sandbox.domain.coursework import course_name
from sandbox.forensics.scoring import part_title
from sandbox.services import investigation_compared, investigations
from sandbox.services.classroom_room import Room
from sandbox.web import investigation_words as named
from sandbox.web.courses import enter
from sandbox.web.investigations import ONE, about
from sandbox.web.pages import page
from sandbox.web.visit import Reader

router = APIRouter(include_in_schema=False)


@router.get(ONE + "/compared")
def show(visit: Reader, course: str, investigation: str) -> HTMLResponse:
    """Opinions of addresses in a common case, and shares by part of the marks."""

    def work(room: Room) -> dict[str, Any]:
        found = investigation_compared.compared(room, investigation)
        return {
            **about(visit, room, investigations.one(room, investigation)),
            "found": found,
            "parts": {each.part: part_title(each.part, visit.lang) for each in found.shares},
            "least": investigation_compared.LEAST,
            "opinions": named.said(named.OPINIONS, visit.lang),
        }

    return page(visit, "investigation_compared.html", **enter(visit, course_name(course), work))
