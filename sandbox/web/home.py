"""The first page: for strangers what this is, for everybody else what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.seats import Right, Seat
from sandbox.services import files, permits
from sandbox.services.contract_review_views import waiting_reviews
from sandbox.services.life_views import Owed, owed_by
from sandbox.services.views import FileLine
from sandbox.web.life_words import DEADLINES, word
from sandbox.web.pages import page
from sandbox.web.visit import Anybody, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = 8
SITS: Final = {
    Seat.OWNER: "applicant",
    Seat.COMPLIANCE: "applicant",
    Seat.SPONSOR: "sponsor",
    Seat.REGULATOR: "regulator",
}


@dataclass(frozen=True)
class Line:
    """A file with the place where its reader goes on."""

    id: str
    title: str
    org_name: str
    state: str
    waits_for: str
    second_signature: bool
    updated_at: datetime
    href: str
    owed: Owed | None = None


def file_href(visit: Visit, line: FileLine) -> str:
    """Where a reader goes from a list: a draft they may write on to its form, else to the file."""
    writes = line.state == "draft" and visit.has(Right.APPLY)
    return f"/desk/files/{line.id}/form" if writes else f"/desk/files/{line.id}"


@router.get("/desk/")
def home(visit: Anybody) -> Response:
    """What waits for the reader, and their permits."""
    if visit.actor is None:
        return page(visit, "landing.html")
    sees = any(
        visit.has(right)
        for right in (Right.SEE_OWN_FILES, Right.SEE_SPONSORED_FILES, Right.SEE_ALL_FILES)
    )
    with visit.parts.store.unit(read_only=True) as u:
        lines = files.list_files(u, visit.known, at=visit.at) if sees else ()
        own = permits.list_permits(u, visit.known, at=visit.at) if sees else ()
        reviews = waiting_reviews(u, visit.known, [each.number for each in own])
        mine = _waits_for(visit)
        owed = owed_by(u, mine, [line.id for line in lines], at=visit.at) if mine else {}
    shown = [
        Line(
            line.id,
            line.title,
            line.org_name,
            line.state,
            line.waits_for,
            line.second_signature,
            line.updated_at,
            file_href(visit, line),
            owed.get(line.id),
        )
        for line in sorted(lines, key=lambda line: line.updated_at, reverse=True)
    ]
    return page(
        visit,
        "home.html",
        waiting=sorted(
            (line for line in shown if line.waits_for in mine or line.owed),
            key=lambda line: not (line.owed and line.owed.overdue),
        ),
        reviews=reviews,
        others=[
            line
            for line in shown
            if line.waits_for not in mine and not line.owed and line.waits_for != "nobody"
        ][:SHOWN],
        permits=own[:SHOWN],
        may_apply=visit.has(Right.APPLY),
        supervises=visit.has(Right.SEE_ALL_FILES),
        due_word=lambda kind: word(visit.lang, DEADLINES, kind),
    )


def _waits_for(visit: Visit) -> set[str]:
    """For whom the reader sits: a file that waits for one of these waits for them."""
    return {SITS[seat] for seat in visit.known.seats if seat in SITS}
