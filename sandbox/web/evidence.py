"""Evidence for regulators and auditors: ordering an export, the list of what was made, taking it.

Rules: everything here needs ``Right.EXPORT_EVIDENCE``; a day in the form is a day in Bishkek's
calendar as the desk shows it, from its first moment to the next day's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from sandbox.domain.evidence_tasks import Order, TaskState
from sandbox.domain.seats import Right, require
from sandbox.domain.sight import sight_of
from sandbox.kit.dates import read_day
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.locale.forms import ZONE
from sandbox.services import evidence_orders
from sandbox.services.evidence_orders import OrderExport
from sandbox.services.journal_acceptance import AcceptJournal, accept_journal
from sandbox.services.journal_batches import standing_alarms
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotFound)
MOST_OFFERED: Final = 500
"""The newest permits are offered by name; another's page leads here with its number chosen."""


@router.get("/desk/evidence")
def show(visit: Reader, permit: str = "") -> Response:
    """What was ordered, what is under way, and the form for another."""
    return _page(visit, chosen=permit)


def _page(visit: Visit, problem: Problem | None = None, *, chosen: str = "") -> HTMLResponse:
    require(visit.known, Right.EXPORT_EVIDENCE)
    with visit.parts.store.unit(read_only=True) as u:
        sight = sight_of(visit.known)
        found = u.listing.permit_titles(sight, MOST_OFFERED)
        if chosen not in found:
            found |= u.listing.permit_titles(sight, 1, number=chosen[:20])
        exports = evidence_orders.list_tasks(u, visit.known)
        alarms = standing_alarms(u)
    under_way = {TaskState.ORDERED, TaskState.RUNNING}
    return page(
        visit,
        "evidence.html",
        status=problem.error.status if problem else 200,
        permits={number: f"{number} · {title}" for number, title in found.items()},
        chosen=chosen,
        exports=exports,
        alarms=alarms,
        may_accept=visit.has(Right.INTERVENE),
        live=any(each.state in under_way for each in exports),
        problem=problem,
    )


@router.post("/desk/evidence")
def order(visit: Poster) -> Response:
    """Order an evidence file."""
    try:
        command = OrderExport(visit.form.get("permit", ""), _order(visit.form))
        with visit.parts.store.unit() as u:
            evidence_orders.order_export(u, visit.known, command, at=visit.at, key=visit.key)
            u.commit()
    except SHOWN as error:
        return _page(visit, Problem(error, "order"), chosen=visit.form.get("permit", ""))
    return RedirectResponse("/desk/evidence?said=evidence_ordered#exports", 303)


@router.post("/desk/evidence/accept")
def accept(visit: Poster) -> Response:
    """Ask to go on with a journal after a loss, or accept what another regulator asked."""
    command = AcceptJournal(visit.form.get("chain", ""), visit.form.get("reason", ""))
    try:
        with visit.parts.store.unit() as u:
            accept_journal(u, visit.known, command, at=visit.at, ports=visit.parts.ports)
            u.commit()
    except SHOWN as error:
        return _page(visit, Problem(error, f"accept-{command.chain}"))
    return RedirectResponse("/desk/evidence", 303)


@router.post("/desk/evidence/{task}/file")
def take(visit: Poster, task: str) -> Response:
    """Take a finished file; the log says who did."""
    try:
        with visit.parts.store.unit() as u:
            _, path = evidence_orders.take_file(
                u, visit.known, task, visit.parts.evidence, at=visit.at
            )
            u.commit()
    except SHOWN as error:
        return _page(visit, Problem(error, "exports"))
    return FileResponse(path, media_type="application/zip", filename=f"synak-{path.name}")


def _order(form: Mapping[str, str]) -> Order:
    until = _day(form.get("until", ""))
    return Order(
        recipient=form.get("recipient", ""),
        legal_basis=form.get("legal_basis", ""),
        since=_day(form.get("since", "")),
        until=until + timedelta(days=1) if until else None,
        without_names=form.get("without_names") == "yes",
    )


def _day(text: str) -> datetime | None:
    """The first moment of a day.

    Raises:
        InvalidInput: ``evidence.not_a_day``, ``date.out_of_range``.
    """
    if not text.strip():
        return None
    return datetime.combine(read_day(text, "evidence.not_a_day"), time(), tzinfo=ZONE)
