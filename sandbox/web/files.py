"""The register of files and the page of one file, as its reader may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.limits_form import write_terms
from sandbox.domain.listing import Order, Search, Waiting
from sandbox.domain.seats import Actor
from sandbox.kit.ids import FileId
from sandbox.services import authorities, committee_views, experts, files, listing, requirements
from sandbox.services.views import DecisionView, FileView
from sandbox.store import UnitOfWork
from sandbox.web.exports import CSV_PART, FORMS, table_answer
from sandbox.web.home import file_href
from sandbox.web.life_panel import life_of
from sandbox.web.limits import ASSETS, GENERAL, TECHNICAL, asset_of, requested, terms_rows
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.papers import papers_of
from sandbox.web.proposals import look
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
N = TypeVar("N")
T = TypeVar("T")
PAGE: Final = 25
STEPS: Final = (
    ("draft", ("draft",)),
    ("submitted", ("submitted",)),
    ("sponsor_signed", ("sponsor_signed",)),
    ("under_review", ("under_review", "question_open")),
    ("committee", ("committee",)),
    ("decided", ("decided", "activating")),
    (
        "active",
        (
            *("active", "suspended", "halted", "expired", "revoked"),
            *("surrendered", "revocation_appealed", "completed", "graduated"),
        ),
    ),
)
"""The way of a file, for the picture on top of it: name and the states that belong to it."""


@router.get("/desk/files")
def register(  # noqa: PLR0913, PLR0917 - each is a part of the page's address
    visit: Reader,
    q: str = "",
    state: str = "",
    waits: str = "",
    order: str = "",
    start: str = "",
    form: str = "",
) -> Response:
    """The files the reader may see: searched, filtered and ordered by the store; CSV."""
    search = search_of(q=q, state=state, waits=waits, order=order, start=start)
    if form in FORMS:
        return _export(visit, search, form)
    with visit.parts.store.unit(read_only=True) as u:
        found = listing.found_files(u, visit.known, search)
    return page(
        visit,
        "files.html",
        found=found,
        search=search,
        pages=pages_of("/desk/files", search, found.total),
        href=partial(file_href, visit),
    )


def search_of(
    *,
    q: str = "",
    state: str = "",
    waits: str = "",
    order: str = "",
    start: str = "",
    limit: int = PAGE,
) -> Search:
    """What an address asks of a list; what it asks for in vain is left out."""
    return Search(
        text=q,
        state=state[:40],
        waiting=Waiting(waits) if waits in set(Waiting) else Waiting.ALL,
        order=Order(order) if order in set(Order) else Order.CHANGED,
        start=start_of(start),
        limit=limit,
    )


def pages_of(path: str, search: Search, total: int) -> dict[str, str]:
    """Addresses of the list's other parts: ``newer``, ``older`` where there are any; exports."""
    kept = {
        "q": search.text,
        "state": search.state,
        "waits": search.waiting.value,
        "order": "" if search.order is Order.CHANGED else search.order.value,
    }
    kept = {name: value for name, value in kept.items() if value}

    def at(**more: object) -> str:
        query = urlencode(kept | {name: str(value) for name, value in more.items() if value})
        return f"{path}?{query}" if query else path

    more = search.start + search.limit < total
    return {form: at(form=form) for form in FORMS} | beside(
        lambda place: at(start=place), start=search.start, most=search.limit, more=more
    )


def _export(visit: Visit, search: Search, form: str) -> Response:
    header = ("id", "title", "organisation", "sponsor", "state", "permit", "updated_at")

    with visit.parts.store.unit(read_only=True) as u:
        numbers = listing.every_number(u, visit.known, search)
    rows = (
        (
            line.id,
            line.title,
            line.org_name,
            line.sponsor_name,
            name_of(visit.lang, line.state),
            line.permit,
            line.updated_at,
        )
        for line in in_parts(visit, numbers, listing.lines_of)
    )
    return table_answer(visit, form, "applications", header, rows)


def in_parts(
    visit: Visit,
    numbers: Sequence[N],
    read: Callable[[UnitOfWork, Actor, Sequence[N]], Iterable[T]],
) -> Iterator[T]:
    """Read many things part by part, so that a slow reader holds no transaction open."""
    for start in range(0, len(numbers), CSV_PART):
        with visit.parts.store.unit(read_only=True) as u:
            part = tuple(read(u, visit.known, numbers[start : start + CSV_PART]))
        yield from part


@router.get("/desk/files/{file_id}")
def show(visit: Reader, file_id: FileId) -> Response:
    """One file."""
    return show_file(visit, file_id)


def show_file(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    """The page of a file, also after a form on it could not be accepted."""
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        open_proposals = look(u, visit, view)
        before = committee_views.file_committee(u, visit.known, file_id, at=visit.at)
        called_in, candidates = experts.file_experts(u, visit.known, file_id, at=visit.at)
        life = life_of(u, visit, view)
        papers = papers_of(u, visit, view)
        competent = authorities.file_authority(u, visit.known, file_id, at=visit.at)
        required = requirements.requirements_of(u, visit.known, file_id, at=visit.at)
    asked = requested(visit.lang, view.answers, visit.at)
    answer = page(
        visit,
        "file.html",
        status=problem.error.status if problem else 200,
        file=view,
        steps=_steps(view, demanded=before is not None and before.demanded),
        committee=before,
        authority=competent,
        experts=called_in,
        candidates=candidates,
        proposals=open_proposals,
        required=required,
        rows=lambda decision: _rows(visit, decision),
        requested=asked,
        asked=asked,
        values=_conditions(view),
        chosen=asset_of(view.answers) or ("KGST",),
        assets=ASSETS,
        general=GENERAL,
        technical=TECHNICAL,
        prefix="conditions-",
        problem=problem,
        supervises=view.my_seat == "regulator" or "take_up" in view.possible,
        **life,
        usual=usual_ranges(visit.lang),
        **papers,
    )
    if problem and problem.form and b'id="problem"' not in bytes(answer.body):
        return show_file(visit, file_id, Problem(problem.error))  # its form is not on the page
    return answer


def _steps(view: FileView, *, demanded: bool) -> list[tuple[str, str]]:
    """The file's way: each step is done, now or to come; the Committee's where it is one."""
    considered = any(entry.kind == "file.put_on_agenda" for entry in view.timeline)
    way = [each for each in STEPS if each[0] != "committee" or considered or demanded]
    places = [index for index, (_, states) in enumerate(way) if view.state in states]
    now = places[0] if places else len(way)
    finished = view.state in ("refused", "refusal_appealed", "withdrawn", "lapsed")
    return [
        (
            view.state if index == now == len(way) - 1 else name,
            "done" if index < now and not finished else "now" if index == now else "todo",
        )
        for index, (name, _) in enumerate(way)
    ]


def _rows(visit: Visit, decision: DecisionView) -> list[object]:
    return list(terms_rows(visit.lang, decision.terms, unset=False)) if decision.terms else []


def _conditions(view: FileView) -> dict[str, str]:
    """What the conditions form starts with: the last decision's terms, else what was asked."""
    for decision in reversed(view.decisions):
        if decision.terms is not None:
            form = write_terms(decision.terms)
            days = (decision.terms.end - decision.terms.start).days
            return {**form, "term_days": str(days)}
    return dict(view.answers)
