"""Supervision: the cohort, one permit live, and the acts that reach into it.

Rules: the page is whole without JavaScript (a refresh shows the same); the live part
is sent again only when it changed; each act needs a reason, a confirmation and a
recent password; tightening and halting act at once by one, loosening needs two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.api.parts import DeskParts
from sandbox.domain.limits_form import write_terms
from sandbox.domain.seats import Right, require
from sandbox.domain.sight import sight_of
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import PermitNumber, permit_number
from sandbox.locale import Language
from sandbox.services import (
    authorities,
    charts,
    countersigning,
    decisions,
    files,
    interventions,
    permits,
    refusals,
    usage,
)
from sandbox.services import console as console_service
from sandbox.services.access import readable_permit
from sandbox.services.charts import Chart
from sandbox.services.decisions import ProposeReinstate, ProposeRevoke, ProposeVary
from sandbox.services.desk_limits import desk_lines
from sandbox.services.interventions import Halt, Suspend, Tighten
from sandbox.services.shared import SharedReadings
from sandbox.services.views import ConsoleView, UsageView
from sandbox.services.workspaces import left_of
from sandbox.store.unit import UnitOfWork
from sandbox.web.alert_words import Words as AlertWords
from sandbox.web.alerts import alerts_of
from sandbox.web.chart_words import Words as ChartWords
from sandbox.web.exports import csv_answer
from sandbox.web.files import pages_of, search_of
from sandbox.web.limits import ASSETS, GENERAL, TECHNICAL, plain, terms_rows
from sandbox.web.live import INTERVAL, News, stream
from sandbox.web.pages import Problem, page, shared_fragment
from sandbox.web.permits import STATES
from sandbox.web.proposals import look, signed_word
from sandbox.web.refusal_rows import folded
from sandbox.web.review import act
from sandbox.web.usage_lines import Bar, bars
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Anybody, Poster, Reader, Visit
from sandbox.web.words import refusal_text

router = APIRouter(include_in_schema=False)
_AS_OF = re.compile(r'<time id="as-of".*?</time>', re.DOTALL)
NEWEST: Final = 20
TOGETHER: Final = 12
"""Permits on one page of the supervision."""
USE_AGE: Final = 3.0
"""Seconds for which charts and a permit's use are shown again on pages of many permits."""
AT_ONCE: Final = 5
"""Rows of a table that are not behind a disclosure."""


@router.get("/desk/cohort")
def cohort(visit: Reader, q: str = "", state: str = "", start: str = "") -> Response:
    """Permits with their use of each limit, the fullest limit first."""
    require(visit.known, Right.SEE_ALL_FILES)
    search = search_of(q=q, state=state, start=start, limit=TOGETHER)
    with visit.parts.store.unit(read_only=True) as u:
        found = permits.found_permits(u, visit.known, search)
        numbers = [permit_number(view.number) for view in found.permits]
        read = u.listing.permits_by_number(sight_of(visit.known), numbers)
        whole = u.listing.sees_every(sight_of(visit.known))
        drawn = _charts(visit, u, whole=whole)
        desk = desk_lines(u, [permit for permit, _ in read], at=visit.at)
        left = left_of(u, [permit for permit, _ in read])
    asked = [
        usage.Asked(permit, file, desk.get(permit.number, ()), left.get(permit.number, ()))
        for permit, file in read
    ]
    uses = {used.permit: used for used in _uses(visit, asked)}
    return page(
        visit,
        "cohort.html",
        lines=[(view, _fullest(visit.lang, uses[view.number])) for view in found.permits],
        found=found,
        search=search,
        states=STATES,
        pages=pages_of("/desk/cohort", search, found.total),
        sees_alerts=visit.has(Right.SEE_ALERTS),
        charts=ChartWords(visit.lang),
        drawn=drawn,
        scope="all" if whole else "authority",
    )


def _charts(visit: Visit, u: UnitOfWork, *, whole: bool) -> tuple[Chart, ...]:
    """The charts of all permits; or an authority's, as they were drawn lately for its readers.

    The sum of all permits is kept as one; caps beside it are shown as soon as they are in force.
    """
    if whole:
        return charts.national_charts(u, visit.known, at=visit.at)
    shared: SharedReadings = visit.request.app.state.newsroom.shared
    return shared.get(
        ("charts", sight_of(visit.known).authority),
        lambda: charts.national_charts(u, visit.known, at=visit.at),
        age=USE_AGE,
    )


def _uses(visit: Visit, asked: Sequence[usage.Asked]) -> list[UsageView]:
    """Permits' use, as it was read lately for any reader of this page."""
    shared: SharedReadings = visit.request.app.state.newsroom.shared
    return shared.get_many(
        [("usage", each.permit.number) for each in asked],
        lambda old: usage.usages_of(
            [asked[place] for place in old], at=visit.at, ports=visit.parts.ports
        ),
        age=USE_AGE,
    )


def _fullest(lang: Language, used: UsageView) -> list[Bar]:
    """The three limits of a permit that are used most."""
    drawn = [bar for bar in bars(lang, used) if bar.share is not None]
    drawn.sort(key=lambda bar: -(bar.share or 0))
    return drawn[:3]


@router.get("/desk/permits/{number}/console")
def show(visit: Reader, number: str) -> Response:
    """One permit's console."""
    return show_console(visit, number)


def show_console(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    """The console, also after an act could not be accepted."""
    view = _look(visit, number)
    with visit.parts.store.unit(read_only=True) as u:
        file = files.file_view(u, visit.known, view.permit.file, at=visit.at)
        open_proposals = look(u, visit, file)
        competent = authorities.file_authority(u, visit.known, file.id, at=visit.at)
        drawn = charts.permit_charts(u, visit.known, number, at=visit.at)
    terms = view.permit.terms
    form = write_terms(terms)
    return page(
        visit,
        "console.html",
        status=problem.error.status if problem else 200,
        file=file,
        authority=competent,
        proposals=open_proposals,
        limits=terms_rows(visit.lang, terms),
        values={**form, "term_days": str((terms.end - terms.start).days)},
        chosen=tuple(each.asset for each in terms.assets),
        assets=ASSETS,
        usual=usual_ranges(visit.lang),
        general=GENERAL,
        technical=TECHNICAL,
        prefix="vary-",
        problem=problem,
        charts=ChartWords(visit.lang),
        drawn=drawn,
        scope="permit",
        found=alerts_of(visit, view.permit.number),
        alerts=AlertWords(visit.lang),
        **_shown(visit, view),
    )


def _look(visit: Visit, number: str) -> ConsoleView:
    with visit.parts.store.unit(read_only=True) as u:
        return console_service.console(
            u,
            visit.known,
            permit_number(number),
            at=visit.parts.clock.now(),
            ports=visit.parts.ports,
        )


def _shown(visit: Visit, view: ConsoleView) -> dict[str, Any]:
    with visit.parts.store.unit(read_only=True) as u:
        return _live_values(u, visit.lang, view)


def _live_values(u: UnitOfWork, lang: Language, view: ConsoleView) -> dict[str, Any]:
    """What the live part shows; nothing of it depends on who reads."""
    return {
        "indexed": u.explorer.indexed([each.tx_hash for each in view.transactions[:NEWEST]]),
        "view": view,
        "permit": view.permit,
        "bars": bars(lang, view.usage),
        "refusals": folded(view.refusals)[:NEWEST],
        "at_once": AT_ONCE,
        "transactions": view.transactions[:NEWEST],
    }


@router.get("/desk/permits/{number}/live")
async def live(request: Request, visit: Anybody, number: str) -> Response:
    """The console's live part as server-sent events: made once for all readers of a language."""
    wanted, room = permit_number(number), request.app.state.newsroom

    def may_see() -> None:
        with visit.parts.store.unit(read_only=True) as u:
            readable_permit(u, visit.known, wanted)

    def produce() -> News:
        return _news(visit.parts, room.shared, wanted, visit.lang)

    return await stream(request, visit, f"console/{wanted}/{visit.lang}", produce, may_see)


def _news(parts: DeskParts, shared: SharedReadings, number: PermitNumber, lang: Language) -> News:
    """The live part of a permit's console, read once for all languages."""

    def read() -> ConsoleView:
        with parts.store.unit(read_only=True) as u:
            permit = u.permits.get(number)
            file = u.files.get(permit.file)
            return console_service.console_of(
                u, permit, file, at=parts.clock.now(), ports=parts.ports
            )

    view = shared.get(("console", number), read, age=INTERVAL / 2)
    with parts.store.unit(read_only=True) as u:
        values = _live_values(u, lang, view)
    html = shared_fragment(lang, "console_live.html", **values)
    return News(_AS_OF.sub("", html), html)


@router.get("/desk/permits/{number}/refusals.csv")
def refusals_csv(visit: Reader, number: str) -> Response:
    """Refusals as a table for a spreadsheet."""
    with visit.parts.store.unit(read_only=True) as u:
        found = refusals.list_refusals(
            u, visit.known, permit=permit_number(number), limit=10_000, at=visit.at
        )
    header = [
        "seq",
        "at",
        "chain",
        "layer",
        "clause",
        "version",
        "asset",
        "limit",
        "used",
        "requested",
        "frees_at",
        "sender",
        "tx_hash",
        "words",
    ]
    return csv_answer(
        f"{number}-refusals.csv",
        header,
        (
            (
                each.seq,
                each.at.isoformat(),
                each.chain,
                each.layer,
                each.clause,
                each.version,
                each.asset,
                each.limit,
                each.used,
                each.requested,
                each.frees_at.isoformat() if each.frees_at else "",
                each.sender,
                each.tx_hash,
                refusal_text(visit.lang, each),
            )
            for each in found
        ),
    )


def _on_console(
    visit: Visit,
    number: str,
    form: str,
    said: str | Callable[[Any], str],
    work: Callable[[UnitOfWork, str], Any],
) -> Response:
    def confirmed(u: UnitOfWork) -> Any:
        if visit.form.get("understood") != "yes":
            raise InvalidInput("form.not_confirmed")
        return work(u, visit.form.get("reasons", ""))

    def then(done: Any) -> str:
        word = said if isinstance(said, str) else said(done)
        return f"/desk/permits/{number}/console?said={word}"

    return act(
        visit,
        confirmed,
        then=then,
        again=lambda error: show_console(visit, number, Problem(error, form)),
    )


@router.post("/desk/permits/{number}/tighten")
def tighten(visit: Poster, number: str) -> Response:
    """Lower one limit, at once."""
    field = visit.form.get("field", "")
    conditions = plain(visit.lang, {field: visit.form.get("value", "")})
    return _on_console(
        visit,
        number,
        "tighten",
        "tightened",
        lambda u, reasons: interventions.tighten(
            u,
            visit.known,
            Tighten(
                permit=permit_number(number), conditions=conditions, reasons=reasons, key=visit.key
            ),
            at=visit.at,
            ports=visit.parts.ports,
        ),
    )


@router.post("/desk/permits/{number}/suspend")
def suspend(visit: Poster, number: str) -> Response:
    """Suspend: customers can still redeem."""
    return _on_console(
        visit,
        number,
        "suspend",
        "suspended",
        lambda u, reasons: interventions.suspend(
            u,
            visit.known,
            Suspend(permit=permit_number(number), reasons=reasons, key=visit.key),
            at=visit.at,
            ports=visit.parts.ports,
        ),
    )


@router.post("/desk/permits/{number}/halt")
def halt(visit: Poster, number: str) -> Response:
    """Halt: nothing moves."""
    return _on_console(
        visit,
        number,
        "halt",
        "halted",
        lambda u, reasons: interventions.halt(
            u,
            visit.known,
            Halt(permit=permit_number(number), reasons=reasons, key=visit.key),
            at=visit.at,
            ports=visit.parts.ports,
        ),
    )


@router.post("/desk/permits/{number}/reinstate")
def reinstate(visit: Poster, number: str) -> Response:
    """Propose to reinstate; a second regulator countersigns."""
    return _on_console(
        visit,
        number,
        "reinstate",
        "proposed",
        lambda u, reasons: decisions.propose_reinstate(
            u,
            visit.known,
            ProposeReinstate(permit=permit_number(number), reasons=reasons, key=visit.key),
            at=visit.at,
            ports=visit.parts.ports,
        ),
    )


@router.post("/desk/permits/{number}/revoke")
def revoke(visit: Poster, number: str) -> Response:
    """Propose to revoke; a second regulator countersigns."""
    return _on_console(
        visit,
        number,
        "revoke",
        "proposed",
        lambda u, reasons: decisions.propose_revoke(
            u,
            visit.known,
            ProposeRevoke(permit=permit_number(number), reasons=reasons, key=visit.key),
            at=visit.at,
            ports=visit.parts.ports,
        ),
    )


@router.post("/desk/permits/{number}/vary")
def vary(visit: Poster, number: str) -> Response:
    """Propose other conditions; only what was changed in the form goes on."""

    def work(u: UnitOfWork, reasons: str) -> Any:
        view = permits.permit_view(u, visit.known, permit_number(number), at=visit.at)
        before = write_terms(view.terms)
        before["term_days"] = str((view.terms.end - view.terms.start).days)
        changed = {
            name: text
            for name, text in plain(visit.lang, visit.form).items()
            if text != before.get(name, "")
        }
        command = ProposeVary(
            permit=permit_number(number), conditions=changed, reasons=reasons, key=visit.key
        )
        return decisions.propose_vary(u, visit.known, command, at=visit.at, ports=visit.parts.ports)

    return _on_console(visit, number, "vary", "proposed", work)


@router.post("/desk/permits/{number}/decisions/{decision_id}/countersign")
def countersign(visit: Poster, number: str, decision_id: str) -> Response:
    """The second signature, from the console."""
    return _on_console(
        visit,
        number,
        "decision",
        lambda file: signed_word(file, decision_id),
        lambda u, _reasons: countersigning.countersign(
            u,
            visit.known,
            countersigning.Countersign(decision=decision_id, key=visit.key),
            at=visit.at,
            ports=visit.parts.ports,
        ),
    )
