"""Launches from a learning platform.

1. ``/desk/lti/<platform>/login``: the platform sends the browser; it is sent back there with a
   sealed state, and a cookie that belongs to it.
2. ``/desk/lti/<platform>/launch``: the platform's page posts a token. This post comes from another
   site, so browsers send no ``SameSite=Lax`` cookie with it; the token is checked, the state used
   up.
3. ``/desk/lti/<platform>/open``: the browser was sent on by an ordinary redirect, with which the
   cookie comes. Only the browser that began goes on, by the hub's sign-in, to the page wanted.

Platforms have to open it in a window of its own: our pages are never framed, and browsers keep
cookies from frames. A launch in a frame ends at step 1 or 3 with nothing done.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import astuple
from typing import Final

import anyio.to_thread
import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.domain.outside_accounts import Outsider
from sandbox.kit.errors import NotAuthenticated, NotFound, SynakError
from sandbox.services import lti, outside_accounts, passback
from sandbox.services.lti import Lti
from sandbox.web.form_reading import read_form
from sandbox.web.outside_steps import drop, go_on, keep, kept, opened, sealed
from sandbox.web.visit import Anybody, Visit

router = APIRouter(include_in_schema=False)
BEGAN, STATE, CAME = "synak_lti", "lti-state", "lti-came"
LONGEST: Final = 16_384
log = structlog.get_logger("desk")


@router.get("/desk/lti/{platform}/login")
def begin(request: Request, visit: Anybody, platform: str) -> Response:
    """Send a browser that a platform sent back to it, with a state.

    Raises:
        NotFound: ``web.not_found``.
        NotAuthenticated: ``outside.token``.
    """
    return _begin(visit, platform, request.query_params)


@router.post("/desk/lti/{platform}/login")
async def begin_by_form(request: Request, visit: Anybody, platform: str) -> Response:
    """The same by a form, which platforms may choose."""
    form = _texts(await read_form(request))
    return await anyio.to_thread.run_sync(_begin, visit, platform, form)


@router.post("/desk/lti/{platform}/launch")
async def launch(request: Request, visit: Anybody, platform: str) -> Response:
    """Check what a platform posted, and have the browser come with its cookie.

    Raises:
        NotFound: ``web.not_found``.
        NotAuthenticated: ``login.state_unknown``, ``outside.token``.
        Unavailable: ``outside.unreachable``.
    """
    form = _texts(await read_form(request))
    return await anyio.to_thread.run_sync(_launch, visit, platform, form)


@router.get("/desk/lti/{platform}/open")
def open_(visit: Anybody, platform: str, launch: str = "") -> Response:
    """Sign in whom the launch named, in the browser that began it.

    Somebody who is signed in and not yet linked is asked whether to link the two, unless the
    university's number says that they are this very student.

    Raises:
        NotFound: ``web.not_found``.
        NotAuthenticated: ``lti.another_browser``.
        NotAllowed: ``outside.closed``.
        Conflict: ``outside.has_another``.
    """
    found = _platform(visit, platform)
    said = opened(visit, CAME, launch)
    name, began, fields, wanted = json.loads(said) if said else ("", "", (), "")
    own = kept(visit, BEGAN) or ""
    if name != platform or not began or not hmac.compare_digest(began.encode(), own.encode()):
        raise NotAuthenticated("lti.another_browser")
    outsider, session = Outsider(*fields), ""
    if visit.session is not None:
        with visit.parts.store.unit(read_only=True) as u:
            known = u.outside.of(outsider.issuer, outsider.subject)
            named = outside_accounts.numbered(u, found.platform, outsider)
        session = "" if known or named == visit.session.account else visit.session.id_hash
    answer = go_on(visit, outsider, wanted, session=session)
    drop(visit, answer, BEGAN)
    return answer


def _begin(visit: Visit, platform: str, asked: Mapping[str, str]) -> Response:
    found, began = _platform(visit, platform), secrets.token_urlsafe(32)
    state = sealed(visit, STATE, json.dumps([platform, began]))
    try:
        answer = RedirectResponse(found.begin(asked, state), 303)
    except SynakError as error:
        log.warning("lti.refused", platform=platform, **error.params)
        raise
    keep(visit, answer, BEGAN, began)
    return answer


def _launch(visit: Visit, platform: str, form: Mapping[str, str]) -> Response:
    found, state = _platform(visit, platform), form.get("state", "")[:LONGEST]
    said = opened(visit, STATE, state)
    name, began = json.loads(said) if said else ("", "")
    if name != platform:
        raise NotAuthenticated("login.state_unknown")
    try:
        if "error" in form:
            raise NotAuthenticated("outside.refused", provider=found.platform.title)
        here = found.came(state, form.get("id_token", ""))
        with visit.parts.store.unit() as u:
            lti.use_up(u, state, at=visit.at)
            passback.note_launch(u, here.outsider, here.service, here.wanted, at=visit.at)
            u.commit()
    except SynakError as error:
        log.warning("lti.refused", platform=platform, code=error.code, **error.params)
        raise
    said = json.dumps([platform, began, astuple(here.outsider), here.wanted])
    came = sealed(visit, CAME, said)
    return RedirectResponse(f"/desk/lti/{platform}/open?launch={came}", 303)


def _platform(visit: Visit, name: str) -> Lti:
    found = visit.parts.lti.get(name)
    if found is None:
        raise NotFound("web.not_found")
    return found


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
