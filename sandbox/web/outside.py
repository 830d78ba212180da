"""Signing in with an account elsewhere, and linking one to an account that is signed in.

A sign-in, in steps:

1. ``/desk/outside/<provider>`` seals the flow into a short-lived cookie and sends the browser away;
2. the provider sends it back to its own callback, where state, code and token are checked
   (``services.oidc``);
3. somebody who is known gets a ticket in a cookie, and the hub signs them in by it;
4. somebody who is not is told whom to ask; a slip's code binds the account here;
5. somebody who came from their own page goes back there and confirms the link.

The desk signs nobody in itself: one sign-in, the hub's, for notebooks and desk alike.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.domain.outside_accounts import Outsider
from sandbox.kit.errors import (
    Conflict,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    SynakError,
)
from sandbox.kit.local import is_local
from sandbox.services import outside_accounts
from sandbox.services.oidc import Came, Flow, Oidc
from sandbox.services.short_codes import Typed
from sandbox.web.customer_visit import CustomerVisit, Guest, GuestForm
from sandbox.web.outside_acts import came_back
from sandbox.web.outside_steps import (
    FLOW,
    OUTSIDER,
    OWN,
    UNKNOWN,
    drop,
    go_on,
    keep,
    kept,
    named,
    to_hub,
)
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Anybody, Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
LONGEST_WANTED: Final = 1500
log = structlog.get_logger("desk")


@router.get(UNKNOWN)
def unknown(visit: Guest) -> Response:
    """Somebody came whom the desk does not know: whom to ask, and the way with a slip's code."""
    outsider, _ = _kept(visit)
    return visit.finish(_unknown(visit, outsider))


@router.post(UNKNOWN)
def by_code(visit: GuestForm) -> Response:
    """Bind the account that somebody came with by a slip's code, and sign them in."""
    outsider, wanted = _kept(visit)
    typed = Typed(visit.form.get("code", ""), visit.address, visit.at)
    try:
        with visit.parts.store.unit() as u:
            account = outside_accounts.link_by_code(u, typed, outsider, keyed=visit.keyed)
            u.commit()
    except (NotAllowed, Conflict) as error:
        return _unknown(visit, outsider, Problem(error))
    if account is None:
        return _unknown(visit, outsider, Problem(NotAuthenticated("sign_in.wrong_code")))
    log.info("account.outside_bound", account=account, provider=outsider.provider)
    return to_hub(visit, account, wanted)


@router.get("/desk/outside/{provider}")
def start(visit: Anybody, provider: str, next: str = "", link: str = "") -> Response:  # noqa: A002
    """Send the browser to the provider.

    Raises:
        NotFound: ``web.not_found``.
        Unavailable: ``outside.unreachable``, ``outside.not_configured``.
    """
    found = _provider(visit, provider)
    session = visit.session.id_hash if visit.session is not None and link else ""
    flow = Flow.new(provider, _local(next), session)
    answer = RedirectResponse(found.authorize_url(flow), 303)
    keep(visit, answer, FLOW, json.dumps(asdict(flow)))
    return answer


@router.get("/desk/outside/{provider}/callback")
def callback(request: Request, visit: Anybody, provider: str) -> Response:
    """Take the provider's answer.

    A flow that another browser began, or that was begun with another provider, is none of this
    browser's; one that was to link an account, or to confirm an act, goes on in the session that
    began it alone.

    Raises:
        NotAuthenticated: ``login.state_unknown``, ``outside.refused``, ``outside.token``.
        NotAllowed: ``outside.closed``.
        Conflict: ``outside.has_another``.
        NotFound: ``web.not_found``.
        Unavailable: ``outside.unreachable``, ``outside.not_configured``.
    """
    found = _provider(visit, provider)
    sealed = kept(visit, FLOW)
    flow = Flow(**json.loads(sealed)) if sealed else None
    if flow is None or flow.provider != provider:
        raise NotAuthenticated("login.state_unknown")
    session = visit.session.id_hash if visit.session is not None else ""
    if flow.session and flow.session != session:
        raise NotAuthenticated("login.state_unknown")
    said = request.query_params
    came = Came(
        said.get("state", ""),
        said.get("code", ""),
        said.get("iss", ""),
        "yes" if "error" in said else "",
    )
    if flow.act:
        return came_back(visit, found, flow, came)
    try:
        outsider = found.identify(flow, came)
        answer = go_on(visit, outsider, flow.wanted, session=flow.session)
    except SynakError as error:
        log.warning("outside.refused", code=error.code, **{**error.params, "provider": provider})
        raise
    drop(visit, answer, FLOW)
    return answer


@router.get(OWN)
def own(visit: Reader) -> Response:
    """The reader's own outside accounts, and one that waits to be linked."""
    return _own(visit)


@router.post(OWN)
def link(visit: Poster) -> Response:
    """Link the account that waits; needs the password, or a passkey, just now."""
    outsider = _waiting(visit)
    if outsider is None:
        return _own(visit, Problem(NotAuthenticated("login.state_unknown"), "confirm"))
    try:
        with visit.parts.store.unit() as u:
            outside_accounts.link(u, visit.known, outsider, at=visit.at)
            u.commit()
    except Conflict as error:
        return _own(visit, Problem(error, "confirm"))
    answer = RedirectResponse(f"{OWN}?said=outside_linked", 303)
    drop(visit, answer, OUTSIDER)
    return answer


@router.post(OWN + "/{outside}/remove")
def take_back(visit: Poster, outside: str) -> Response:
    """Take one back; the desk's sessions of the account end."""
    with visit.parts.store.unit() as u:
        outside_accounts.take_back(u, visit.known, outside, at=visit.at)
        u.commit()
    return RedirectResponse("/desk/", 303)


def _own(visit: Visit, problem: Problem | None = None) -> Response:
    with visit.parts.store.unit(read_only=True) as u:
        bound = outside_accounts.own(u, visit.known)
    return page(
        visit,
        "outside.html",
        status=problem.error.status if problem else 200,
        bound=bound,
        waiting=_waiting(visit),
        titles=titles(visit),
        linkable=tuple(visit.parts.outside),
        problem=problem,
    )


def _unknown(visit: CustomerVisit, outsider: Outsider, problem: Problem | None = None) -> Response:
    return page(
        visit,
        "outside_unknown.html",
        launched=outsider.provider in visit.parts.lti,
        status=problem.error.status if problem else 403,
        outsider=outsider,
        provider=named(visit, outsider.provider),
        problem=problem,
    )


def titles(visit: Visit) -> dict[str, str]:
    """What providers and platforms are called, by name."""
    platforms = {name: each.platform.title for name, each in visit.parts.lti.items()}
    return platforms | {name: each.provider.title for name, each in visit.parts.outside.items()}


def _provider(visit: Visit, name: str) -> Oidc:
    found = visit.parts.outside.get(name)
    if found is None:
        raise NotFound("web.not_found")
    return found


def _kept(visit: Visit) -> tuple[Outsider, str]:
    """Who came and is not known yet, and where they wanted to go.

    Raises:
        NotAuthenticated: ``login.state_unknown``.
    """
    sealed = kept(visit, OUTSIDER)
    fields, wanted, session = json.loads(sealed) if sealed else (None, "", "")
    if fields is None or session:
        raise NotAuthenticated("login.state_unknown")
    return Outsider(*fields), wanted


def _waiting(visit: Visit) -> Outsider | None:
    """The account that waits to be linked in this very session."""
    sealed = kept(visit, OUTSIDER)
    fields, _, session = json.loads(sealed) if sealed else (None, "", "")
    mine = visit.session is not None and session == visit.session.id_hash
    return Outsider(*fields) if fields is not None and mine else None


def _local(wanted: str) -> str:
    ours = wanted.startswith(("/desk/", "/hub/")) and len(wanted) <= LONGEST_WANTED
    return wanted if ours and is_local(wanted) else ""
