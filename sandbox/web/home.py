"""The first page: for strangers what this is, for everybody else what waits for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.listing import Search, Waiting
from sandbox.domain.seats import Right
from sandbox.domain.sight import sight_of
from sandbox.kit.ids import FileId
from sandbox.services import (
    calendar_days,
    committee_views,
    experts,
    inquiries,
    listing,
    permits,
    requirements,
)
from sandbox.services.contract_review_views import waiting_reviews
from sandbox.services.life_views import Owed, owed_by
from sandbox.services.supervised_ledger_views import waiting_ledgers
from sandbox.services.views import FileLine
from sandbox.web.life_words import DEADLINES, word
from sandbox.web.pages import page
from sandbox.web.suspicion_words import Words
from sandbox.web.visit import Anybody, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = 8
MINE: Final = 25


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
    mine, own = Search(waiting=Waiting.MINE, limit=MINE), Search(limit=SHOWN)
    others = Search(waiting=Waiting.OTHERS, limit=SHOWN)
    with visit.parts.store.unit(read_only=True) as u:
        open_ = listing.unsigned_files(u, visit.known)
        parts = [
            listing.found_files(u, visit.known, each, states=False, unsigned=open_)
            for each in (mine, others)
        ]
        newest = permits.list_permits(u, visit.known, own, at=visit.at)
        reviews = waiting_reviews(u, visit.known)
        ledgers = waiting_ledgers(u, visit.known, at=visit.at)
        invited = experts.own_invitations(u, visit.known, at=visit.at)
        owed = owed_by(u, listing.sits_for(visit.known), at=visit.at)
        due = listing.lines_of(u, visit.known, [FileId(each) for each in owed], acting=True)
        sits = committee_views.waiting_in_committee(u, visit.known, at=visit.at)
        changes = calendar_days.waiting_changes(u, visit.known)
        inquired = inquiries.waiting(u, visit.known)
        required = requirements.pressing(u, visit.known, at=visit.at, limit=SHOWN)
    waiting, rest = parts
    return page(
        visit,
        "home.html",
        waiting=_by_urgency(visit, (*due, *waiting.lines), owed),
        total=waiting.total,
        reviews=reviews,
        ledgers=ledgers,
        committee=sits,
        changes=[each.change for each in changes if each.may_confirm],
        required=required,
        inquired=inquired,
        words=Words(visit.lang),
        opinions=[each for each in invited if each.state in ("expert_invited", "expert_reading")],
        others=[_line(visit, line) for line in rest.lines if line.id not in owed],
        permits=newest,
        sees_permits=not sight_of(visit.known).nothing,
        may_apply=visit.has(Right.APPLY),
        supervises=visit.has(Right.SEE_ALL_FILES),
        delegates=visit.has(Right.DECIDE),
        due_word=lambda kind: word(visit.lang, DEADLINES, kind),
    )


def _by_urgency(visit: Visit, lines: Iterable[FileLine], owed: Mapping[str, Owed]) -> list[Line]:
    """Each file once; what is overdue first."""
    found = {line.id: _line(visit, line, owed.get(line.id)) for line in lines}
    return sorted(found.values(), key=lambda line: not (line.owed and line.owed.overdue))


def _line(visit: Visit, line: FileLine, owed: Owed | None = None) -> Line:
    return Line(
        line.id,
        line.title,
        line.org_name,
        line.state,
        line.waits_for,
        line.second_signature,
        line.updated_at,
        file_href(visit, line),
        owed,
    )
