"""Permits: the list, the start-up's page with keys and customers, and what is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.key_scope import KeyScope, read_key_scope
from sandbox.domain.lifecycle import FileState
from sandbox.domain.listing import Search
from sandbox.domain.residence import HOME
from sandbox.domain.seats import Right
from sandbox.domain.server_limits import context_of
from sandbox.gateway import methods
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import CHAIN_IDS, PersonId, permit_number
from sandbox.services import (
    authorities,
    complaint_figures,
    customers,
    keys,
    known_people,
    permits,
    requirements,
    usage,
)
from sandbox.services.customers import InviteCustomers
from sandbox.services.keys import CreateKey, RevokeKey
from sandbox.services.known_people import DescribePerson
from sandbox.web.exports import FORMS, table_answer
from sandbox.web.files import in_parts, pages_of, search_of
from sandbox.web.limits import terms_rows
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.usage_lines import bars
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed)
MOST_DAYS: Final = 366
PEOPLE: Final = 100
"""Invited people on one page of a permit."""
STATES: Final = tuple(
    each.value
    for each in (
        FileState.ACTIVATING,
        FileState.ACTIVE,
        FileState.SUSPENDED,
        FileState.HALTED,
        FileState.EXPIRED,
        FileState.REVOKED,
    )
)
"""The states in which a file has a permit."""


@router.get("/desk/permits")
def register(
    visit: Reader, q: str = "", state: str = "", start: str = "", form: str = ""
) -> Response:
    """The permits that the reader may see: searched and filtered by the store; CSV."""
    search = search_of(q=q, state=state, start=start)
    if form in FORMS:
        return _export(visit, search, form)
    with visit.parts.store.unit(read_only=True) as u:
        found = permits.found_permits(u, visit.known, search)
    return page(
        visit,
        "permits.html",
        found=found,
        search=search,
        states=STATES,
        pages=pages_of("/desk/permits", search, found.total),
        supervises=visit.has(Right.SEE_ALL_FILES),
    )


def _export(visit: Visit, search: Search, form: str) -> Response:
    header = ("number", "title", "organisation", "sponsor", "state", "version", "start", "end")

    with visit.parts.store.unit(read_only=True) as u:
        numbers = permits.every_number(u, visit.known, search)
    rows = (
        (
            each.number,
            each.title,
            each.org_name,
            each.sponsor_name,
            name_of(visit.lang, each.state),
            each.version,
            each.terms.start,
            each.terms.end,
        )
        for each in in_parts(visit, numbers, permits.permits_of)
    )
    return table_answer(visit, form, "permits", header, rows)


@router.get("/desk/permits/{number}")
def show(visit: Reader, number: str) -> Response:
    """One permit."""
    return show_permit(visit, number)


def show_permit(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    """The permit's page; its team also sees keys and customers."""
    wanted = permit_number(number)
    team = visit.has(Right.RUN_TRIAL)
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, wanted, at=visit.at)
        used = usage.usage(u, visit.known, wanted, at=visit.at, ports=visit.parts.ports)
        required = requirements.requirements_of(u, visit.known, view.file, at=visit.at)
        competent = authorities.file_authority(u, visit.known, view.file, at=visit.at)
        people = customers.list_customers(u, visit.known, wanted, at=visit.at) if team else ()
        known = known_people.known(u, wanted) if team else {}
        own_keys = (
            keys.list_keys(u, visit.known, wanted, at=visit.at)
            if visit.has(Right.MANAGE_KEYS)
            else None
        )
        complained = complaint_figures.figures(u, visit.known, view.number)
        stopped = u.orders.in_force(view.number)
    context = context_of(wanted)
    typed = visit.request.query_params.get("people", "")
    first = start_of(typed)
    first = first if first < len(people) else 0
    return page(
        visit,
        "permit.html",
        stopped=stopped,
        status=problem.error.status if problem else 200,
        permit=view,
        bars=bars(visit.lang, used),
        usage=used,
        rows=terms_rows(visit.lang, view.terms, unset=False),
        people=people[first : first + PEOPLE],
        invited=len(people),
        parts=_parts(view.number, first, len(people)),
        keys=own_keys,
        team=team,
        complaint_figures=complained,
        authority=competent,
        required=required,
        known=known,
        server=f"{visit.parts.public_url}/hub/spawn/{visit.known.account}/{context}",
        rpc=f"{for_tools(visit.parts.public_url)}/rpc/",
        problem=problem,
    )


def _parts(number: str, first: int, invited: int) -> dict[str, Any]:
    """Where the shown part of a permit's people stands, and the ways to those beside it."""
    here = f"/desk/permits/{number}?people="
    return {"start": first} | beside(
        lambda place: f"{here}{place}#customers",
        start=first,
        most=PEOPLE,
        more=invited > first + PEOPLE,
    )


def for_tools(url: str) -> str:
    """The public address as command-line tools reach it.

    Browsers take every name below ``localhost`` for this machine, other programs often do not
    (RFC 6761 section 6.3 asks it of resolvers, not all do it).

    >>> for_tools("http://synak.localhost:8000"), for_tools("https://synak.example")
    ('http://127.0.0.1:8000', 'https://synak.example')
    """
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://127.0.0.1{port}"


@router.post("/desk/permits/{number}/keys")
def create_key(visit: Poster, number: str) -> Response:
    """A new permit key; its secret is in this one answer and nowhere else."""
    try:
        command = CreateKey(
            permit=permit_number(number),
            name=visit.form.get("name", ""),
            days=_days(visit.form.get("days", "30")),
            scope=_scope(visit.form),
            key=visit.key,
        )
        with visit.parts.store.unit() as u:
            view = keys.create_key(u, visit.known, command, at=visit.at, ports=visit.parts.ports)
            chains = permits.permit_view(u, visit.known, view.permit, at=visit.at).chains
            u.commit()
    except SHOWN as error:
        return show_permit(visit, number, Problem(error, "keys"))
    rpc = f"{for_tools(visit.parts.public_url)}/rpc/"
    usable = [each for each in chains if view.scope is None or view.scope.allows_chain(each)]
    return page(visit, "key.html", number=number, key=view, rpc=rpc, chains=usable)


def _scope(form: Mapping[str, str]) -> KeyScope | None:
    """What a key is limited to.

    Raises:
        InvalidInput: ``key.scope_malformed``, ``key.method_unknown``, ``address.malformed``.
    """
    scope = read_key_scope(
        methods=form.get("methods", ""),
        chains=tuple(name for name in CHAIN_IDS if form.get(f"chain.{name}")),
        addresses=form.get("addresses", ""),
    )
    for name in (scope.methods if scope else None) or ():
        row = methods.find(name)
        if row is None or row.kind not in methods.OFFERED:
            raise InvalidInput("key.method_unknown", method=name)
    return scope


def _days(text: str) -> int:
    if not is_digits(text.strip()) or not 1 <= int(text) <= MOST_DAYS:
        raise InvalidInput("key.days_out_of_range", most=MOST_DAYS)
    return int(text)


@router.post("/desk/permits/{number}/keys/{key_id}/revoke")
def revoke_key(visit: Poster, number: str, key_id: str) -> Response:
    """A key stops working at once."""
    try:
        with visit.parts.store.unit() as u:
            keys.revoke_key(u, visit.known, RevokeKey(key_id), at=visit.at, ports=visit.parts.ports)
            u.commit()
    except SHOWN as error:
        return show_permit(visit, number, Problem(error, "keys"))
    return RedirectResponse(f"/desk/permits/{number}?said=revoked#keys", 303)


@router.post("/desk/permits/{number}/customers")
def invite(visit: Poster, number: str) -> Response:
    """Invite people; their tokens are in this one answer and nowhere else."""
    try:
        command = InviteCustomers(
            permit=permit_number(number),
            count=_count(visit.form.get("count", "")),
            kind=visit.form.get("kind", "customer"),
            residence=visit.form.get("residence") or HOME,
            level=visit.form.get("level") or "none",
            key=visit.key,
        )
        with visit.parts.store.unit() as u:
            people = customers.invite(u, visit.known, command, at=visit.at, ports=visit.parts.ports)
            u.commit()
    except SHOWN as error:
        return show_permit(visit, number, Problem(error, "customers"))
    return page(visit, "invited.html", number=number, people=people)


@router.post("/desk/permits/{number}/customers/describe")
def describe(visit: Poster, number: str) -> Response:
    """Say where a person lives and how well it is identified."""
    command = DescribePerson(
        permit=permit_number(number),
        customer=PersonId(visit.form.get("customer", "")),
        residence=visit.form.get("residence", ""),
        level=visit.form.get("level", ""),
        key=visit.key,
    )
    try:
        with visit.parts.store.unit() as u:
            known_people.describe(u, visit.known, command, at=visit.at)
            u.commit()
    except SHOWN as error:
        return show_permit(visit, number, Problem(error, "describe"))
    return RedirectResponse(f"/desk/permits/{number}?said=described#customers", 303)


def _count(text: str) -> int:
    if not is_digits(text.strip()):
        raise InvalidInput("customers.count_out_of_range", text=text[:20], most=200)
    return int(text)
