"""A regulator's open work on one page, and the form that hands it over.

Rules: ``services.open_work``; the last day of a delegation is Bishkek's and belongs to it; the act
asks for a recent password.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.handover import Item
from sandbox.kit.dates import read_day
from sandbox.locale.forms import ZONE
from sandbox.services import open_work
from sandbox.services.open_work import HandOver
from sandbox.store.unit import UnitOfWork
from sandbox.web.alert_words import Words
from sandbox.web.life_words import DEADLINES, word
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
TAKEN = "take."
"""What names of boxes begin with; the item follows."""


@router.get("/desk/work")
def own(visit: Reader) -> Response:
    """The reader's own open work."""
    return _page(visit, "")


@router.get("/desk/work/{account}")
def of_colleague(visit: Reader, account: str) -> Response:
    """A colleague's."""
    return _page(visit, account)


def _page(visit: Visit, account: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        work = open_work.work_of(u, visit.known, account, at=visit.at)
        colleagues = open_work.colleagues_of(u, visit.known)
    return page(
        visit,
        "open_work.html",
        status=problem.error.status if problem else 200,
        work=work,
        colleagues=colleagues,
        alerts=Words(visit.lang),
        due_word=partial(word, visit.lang, DEADLINES),
        taken=TAKEN,
        problem=problem,
    )


@router.post("/desk/work/{account}/hand-over")
def hand_over(visit: Poster, account: str) -> Response:
    """Hand over what is ticked, and the seat until a day where one is given."""
    form = visit.form

    def work(u: UnitOfWork) -> Any:
        last = form.get("until", "").strip()
        until = None
        if last:
            day = read_day(last) + timedelta(days=1)
            until = datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)
        items = (Item.read(name.removeprefix(TAKEN)) for name in form if name.startswith(TAKEN))
        command = HandOver(
            account=account,
            taker=form.get("taker", ""),
            items=frozenset(each for each in items if each is not None),
            reasons=form.get("reasons", ""),
            until=until,
            key=visit.key,
        )
        return open_work.hand_over(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=lambda done: f"/desk/work/{done}?said=handed_over",
        again=lambda error: _page(visit, account, Problem(error, "hand-over")),
    )
