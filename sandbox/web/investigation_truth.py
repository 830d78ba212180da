"""The truth of a case, step by step, for a projector: for trainers, when it may be shown.

Step 0 is what was reported; each further step is one hop of the expected hop ledger, with who
stands behind the addresses that it reached.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from sandbox.domain.coursework import CourseName, course_name
from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases import Public
from sandbox.forensics.tracing import Stop, trace
from sandbox.forensics.views import graph
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict
from sandbox.services import investigations
from sandbox.services.classroom_room import Room
from sandbox.web import investigation_words as named
from sandbox.web.courses import attempt, enter
from sandbox.web.investigation_case import amount
from sandbox.web.investigations import CASE, about
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get(CASE + "/truth")
def show(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """The truth up to a step; while it is sealed, how to open it."""
    return _show(visit, course_name(course), investigation, case)


@router.post(CASE + "/truth")
def unseal(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Open the truth to the trainers before the due date."""
    name = course_name(course)
    return attempt(
        "show",
        lambda: enter(
            visit,
            name,
            lambda room: investigations.show_truth(room, investigation, case),
            commit=True,
        ),
        lambda problem: _show(visit, name, investigation, case, problem),
        lambda _: (CASE + "/truth?said=case_shown").format(
            course=name, investigation=investigation, case=case
        ),
    )


def _show(
    visit: Visit,
    course: CourseName,
    investigation: str,
    case: str,
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        found, there = investigations.of_a_trainee(room, investigation, case)
        values = {
            **about(visit, room, found),
            "case": there,
            "leads": room.person.leads,
            "truth": None,
        }
        try:
            _, truth = investigations.truth_of(room, investigation, case)
        except Conflict:
            return values
        public = investigations.public_of(room, there)
        return {**values, **_revealed(visit, public, truth)}

    return page(
        visit,
        "investigation_truth.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        amount=lambda ledger, value: amount(visit, ledger, value),
        **enter(visit, course, work),
    )


def _revealed(visit: Visit, public: Public, truth: dict[str, Any]) -> dict[str, Any]:
    """What a step shows."""
    last = max((row["hop"] for row in truth["hops"]), default=0)
    asked = visit.request.query_params.get("step", "")
    step = min(int(asked), last) if is_digits(asked) and len(asked) < 4 else 0
    roles = named.said(named.ROLES, visit.lang)
    control = {spelt(each["address"]): each for each in truth["control"]}
    rows = [row for row in truth["hops"] if row["hop"] <= step]
    reached = dict.fromkeys(spelt(row[end]) for row in rows for end in ("payer", "payee"))
    policy = truth["recipe"]["policy"]
    return {
        "truth": True,
        "policy": named.said(named.POLICIES, visit.lang)[policy],
        "step": step,
        "last": last,
        "rows": [row for row in rows if row["hop"] == step],
        "roles": {name: roles[control[name]["role"]] for name in reached},
        "services": {name: control[name]["service"] for name in reached},
        "guilty": frozenset(name for name in reached if control[name]["guilty"]),
        "svg": _picture(visit, public, truth, step),
    }


def _picture(visit: Visit, public: Public, truth: dict[str, Any], step: int) -> Markup:
    """The expected trace up to a hop, drawn with what each service is."""
    names = named.said(named.ROLES, visit.lang)
    stops = {row["payee"] for row in truth["hops"] if row["stop"]}
    control = {each["address"]: each["role"] for each in truth["control"]}
    services = {name: names[control[name]] for name in stops if name in control}
    places = [(each.transaction.block, each.transaction.index) for each in public.reports]
    rows = (each for each in public.transactions if each.ledger == "kgst")
    seeds = [row for row, each in enumerate(rows) if (each.block, each.index) in places]
    stop = Stop(services=services, hops=step)
    found = trace(public.ledger("kgst"), truth["recipe"]["policy"], seeds, stop=stop)
    drawn = graph(found, language=visit.lang, asset=named.assets(visit.lang)["kgst"])
    return Markup(drawn.svg)  # noqa: S704  escaped by the drawing
