"""A trainee's case in the browser: cover, search, address, trace. Works without a script.

Rules: each page shows the reader's own case and of it what may be seen; what is sealed is opened by
none of them. The picture of a trace is a drawing with links, with the table behind it below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from sandbox.domain.coursework import course_name
from sandbox.domain.investigation_teams import WORKING
from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.cases import Transaction
from sandbox.forensics.cases.case import TOKENS
from sandbox.forensics.tracing import Trace
from sandbox.forensics.views import graph
from sandbox.kit.dates import read_moment
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.locale import forms
from sandbox.locale.forms import ZONE
from sandbox.services import investigation_views, investigation_work, investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_views import Asked
from sandbox.services.investigations import Held
from sandbox.web import investigation_room_words as worded
from sandbox.web import investigation_words as named
from sandbox.web.courses import attempt, enter
from sandbox.web.investigation_papers import papers_of
from sandbox.web.investigation_room_page import news_of
from sandbox.web.investigations import CASE, about
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
LINES: Final = 50
"""Transfers on a page."""
TABLE: Final = 300
"""Rows of a trace on its page; the exported answer has all that were taken."""
Change = Callable[[Held], Any]


@router.get(CASE)
def cover(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """What happened, what is known, what is to be handed in."""
    return look(
        visit, (course, investigation, case), "investigation_cover.html", partial(_cover, visit)
    )


@router.get(CASE + "/find")
def search(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """Addresses or transactions by a part of them, or the transfers from a moment on."""
    query = visit.request.query_params
    problem, found = None, {"names_found": None, "rows": None}

    def more(held: Held) -> dict[str, Any]:
        part, moment = query.get("address", "").strip(), query.get("moment", "").strip()
        if hashed := query.get("hash", "").strip():
            rows = investigation_views.with_hash(held, hashed)
            return {**found, **_part(visit, held, rows)}
        if part:
            return {**found, "names_found": investigation_views.found_by(held.public, part)}
        if moment:
            first = read_moment(moment, ZONE)
            return {**found, **_part(visit, held, investigation_views.since(held.public, first))}
        return found

    try:
        return look(visit, (course, investigation, case), "investigation_search.html", more)
    except InvalidInput as error:
        problem = Problem(error, "search")
    where = (course, investigation, case)
    return look(visit, where, "investigation_search.html", lambda _: found, problem)


@router.get(CASE + "/addresses/{address}")
def address(
    visit: Reader, course: str, investigation: str, case: str, address: str
) -> HTMLResponse:
    """An address: its transfers, tags, and what the trainee thinks of it."""
    return _address(visit, (course, investigation, case), address)


@router.post(CASE + "/addresses/{address}")
def judge(visit: Poster, course: str, investigation: str, case: str, address: str) -> Response:
    """Keep an opinion and a note."""
    where = (course, investigation, case)
    opinion, said = visit.form.get("opinion", ""), visit.form.get("note", "")
    return change(
        visit,
        where,
        "judge",
        lambda held: investigation_work.judged(held, address, opinion, said),
        again=lambda problem: _address(visit, where, address, problem),
        then=f"/addresses/{address}?said=case_saved",
    )


@router.get(CASE + "/trace")
def trace(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """Where the money went, by a policy, as a drawing and a table."""
    return _trace(visit, (course, investigation, case))


@router.post(CASE + "/trace")
def take(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Take a trace's rows into the hop ledger, or where it says that the money lies."""
    where, form = (course, investigation, case), visit.form

    def taken(held: Held) -> Any:
        asked = investigation_views.asked_of(form)
        found = investigation_views.traced(held, asked, {})
        if found is None:
            raise InvalidInput("investigation.no_start")
        draft = held.case.draft
        if form.get("what") == "located":
            here = investigation_views.located_by(found, asked.ledger)
            others = {n: each for n, each in draft.located.items() if not _is_of(n, asked)}
            return investigation_work.located(held, {**others, **here})
        return draft.with_hops(investigation_views.hops_of(found, asked.ledger))

    return change(
        visit,
        where,
        "take",
        taken,
        again=lambda problem: _trace(visit, where, problem),
        then="/answer?said=case_taken",
    )


def look(
    visit: Visit,
    where: tuple[str, str, str],
    template: str,
    more: Callable[[Held], dict[str, Any]],
    problem: Problem | None = None,
) -> HTMLResponse:
    """A page of the reader's own case.

    Args:
        visit: who reads.
        where: course, investigation and case, as the address has them.
        template: of the page.
        more: what the page shows besides.
        problem: what went wrong with a form of it.
    """
    course, investigation, case = where

    def work(room: Room) -> tuple[Held, dict[str, Any]]:
        held = investigations.held(room, investigation, case)
        said = about(visit, room, held.investigation)
        return held, {**said, "news": news_of(visit, room, held)}

    held, said = enter(visit, course_name(course), work)
    names = {
        name: named.said(getattr(named, name), visit.lang)
        for name in ("ROLES", "CONFIDENCE", "OPINIONS", "POLICIES", "PARTS", "PAPERS")
    }
    return page(
        visit,
        template,
        status=problem.error.status if problem else 200,
        problem=problem,
        held=held,
        draft=held.case.draft,
        workable=held.open_at(visit.at) and held.power in WORKING,
        powers=named.said(worded.POWERS, visit.lang),
        place=f"{said['base']}/cases/{held.case.id}",
        names=names,
        tags_of=_tags(held),
        amount=partial(amount, visit),
        zero=ZERO,
        **said,
        **more(held),
    )


def change(
    visit: Visit,
    where: tuple[str, str, str],
    form: str,
    work: Change,
    *,
    again: Callable[[Problem], Response],
    then: str,
) -> Response:
    """Change the draft by a form of a page.

    Args:
        visit: who sends it.
        where: course, investigation and case.
        form: which form of the page it is.
        work: gives the draft as it is to be.
        again: the page, with a problem.
        then: the end of the address to go on to.
    """
    course, investigation, case = where
    return attempt(
        form,
        lambda: enter(
            visit,
            course_name(course),
            lambda room: investigation_work.changed(room, investigation, case, work),
            commit=True,
        ),
        again,
        lambda _: CASE.format(course=course, investigation=investigation, case=case) + then,
    )


def amount(visit: Visit, ledger: str, value: int | str) -> str:
    """Minor units of a ledger's token as the reader reads them."""
    return forms.money(int(value), TOKENS[investigation_views.ledger_of(ledger)], visit.lang)


def _cover(visit: Visit, held: Held) -> dict[str, Any]:
    counts = {"transfers": len(held.public.transactions)}
    return {"counts": counts, "papers": papers_of(held, visit.lang)}


def _address(
    visit: Visit, where: tuple[str, str, str], address: str, problem: Problem | None = None
) -> HTMLResponse:
    def more(held: Held) -> dict[str, Any]:
        known = investigation_work.known(held, address)
        rows = investigation_views.transfers_of(held.public, known)
        return {
            "known": known,
            "flows": investigation_views.flows_of(rows, known),
            **_part(visit, held, rows),
        }

    return look(visit, where, "investigation_address.html", more, problem)


def _part(visit: Visit, held: Held, rows: list[Transaction]) -> dict[str, Any]:
    """The part of a list of transfers that a page shows, with the addresses of the other parts."""
    first = start_of(visit.request.query_params.get("start", ""))
    query = {k: v for k, v in visit.request.query_params.items() if k not in {"start", "said"}}

    def link(start: int) -> str:
        return f"{visit.request.url.path}?{urlencode({**query, 'start': start})}"

    shown = rows[first : first + LINES]
    return {
        "rows": [_row(each, held) for each in shown],
        "all": len(rows),
        "first": first,
        "parts": beside(link, start=first, most=LINES, more=len(rows) > first + LINES),
    }


def _row(each: Transaction, held: Held) -> dict[str, Any]:
    place = investigation_views.place_of(each)
    return {
        "of": each,
        "payer": spelt(each.payer),
        "payee": spelt(each.payee),
        "place": place,
        "taken": place in held.case.draft.hops,
    }


def _trace(
    visit: Visit, where: tuple[str, str, str], problem: Problem | None = None
) -> HTMLResponse:
    def more(held: Held) -> dict[str, Any]:
        said = visit.form if problem else visit.request.query_params
        asked, found, wrong = Asked(), None, None
        try:
            asked = investigation_views.asked_of(dict(said))
            names = named.said(named.ROLES, visit.lang)
            found = investigation_views.traced(held, asked, names)
        except SynakError as error:
            wrong = Problem(error, "trace")
        return {
            "asked": asked,
            "wrong": wrong,
            "picture": None if found is None else _picture(visit, held, asked, found, where),
            **_tables(visit, asked, found),
        }

    return look(visit, where, "investigation_trace.html", more, problem)


def _picture(
    visit: Visit, held: Held, asked: Asked, found: Trace, where: tuple[str, str, str]
) -> dict[str, Any]:
    course, investigation, case = where
    base = CASE.format(course=course, investigation=investigation, case=case)
    accounts = investigation_work.addresses(held)
    drawn = graph(
        found,
        language=visit.lang,
        asset=named.assets(visit.lang)[asked.ledger],
        link=lambda name: f"{base}/addresses/{name}" if name in accounts else "",
    )
    return {"title": drawn.title, "svg": Markup(drawn.svg)}  # noqa: S704  escaped by the drawing


def _tables(visit: Visit, asked: Asked, found: Trace | None) -> dict[str, Any]:
    if found is None:
        return {"hops": [], "nodes": [], "totals": {}, "left_out": 0}
    return {
        "hops": _stops(visit, found.hops.head(TABLE).iter_rows(named=True)),
        "nodes": _stops(visit, found.nodes.head(TABLE).iter_rows(named=True)),
        "totals": found.totals,
        "left_out": max(len(found.hops) - TABLE, 0),
        "ledger": asked.ledger,
    }


def _stops(visit: Visit, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "stop": named.stop_said(each["stop"], visit.lang)} for each in rows]


def _tags(held: Held) -> dict[str, Any]:
    return {spelt(each.address): each for each in held.public.tags}


def _is_of(place: str, asked: Asked) -> bool:
    return place.partition("/")[0] == asked.ledger
