"""Full replays: starting one, how far it is, its verdict.

Rules: everything here needs ``Right.EXPORT_EVIDENCE``; the page renews itself while something is
under way, and can be renewed by hand.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.evidence_tasks import TaskState
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services import journal_replays
from sandbox.services.journal_replays import OrderReplay
from sandbox.web.explorer_words import Words
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotFound)
LONGEST_NUMBER: Final = 16


@router.get("/desk/evidence/replays")
def show(visit: Reader) -> Response:
    """What was started, how far it is, and the form for another."""
    return _page(visit)


def _page(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        replays = journal_replays.list_replays(u, visit.known)
    words = Words(visit.lang)
    under_way = {TaskState.ORDERED, TaskState.RUNNING}
    return page(
        visit,
        "replays.html",
        status=problem.error.status if problem else 200,
        replays=replays,
        chains={name: f"{words.chain(name)} ({number})" for name, number in CHAIN_IDS.items()},
        live=any(each.state in under_way for each in replays),
        problem=problem,
    )


@router.post("/desk/evidence/replays")
def order(visit: Poster) -> Response:
    """Start a replay."""
    try:
        command = OrderReplay(visit.form.get("chain", ""), _block(visit.form.get("to", "")))
        with visit.parts.store.unit() as u:
            journal_replays.order_replay(u, visit.known, command, at=visit.at, key=visit.key)
            u.commit()
    except SHOWN as error:
        return _page(visit, Problem(error, "order"))
    return RedirectResponse("/desk/evidence/replays?said=replay_ordered", 303)


@router.get("/desk/evidence/replays/{task}/verdict")
def verdict(visit: Reader, task: str) -> Response:
    """The verdict's document, to keep."""
    try:
        with visit.parts.store.unit(read_only=True) as u:
            found, data = journal_replays.verdict_document(u, visit.known, task)
    except SHOWN as error:
        return _page(visit, Problem(error, "replays"))
    name = f'attachment; filename="synak-{found.id}.json"'
    return Response(data, media_type="application/json", headers={"Content-Disposition": name})


def _block(text: str) -> int | None:
    """The number of a block; None for all.

    Raises:
        InvalidInput: ``replay.not_a_block``.
    """
    typed = "".join(text.split())
    if not typed:
        return None
    if not is_digits(typed) or len(typed) > LONGEST_NUMBER:
        raise InvalidInput("replay.not_a_block", text=text[:40])
    return int(typed)
