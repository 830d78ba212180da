"""Signing in through the hub, signing out, choosing a language.

Sign-in, in steps:

1. ``/desk/sign-in`` seals state, PKCE verifier and the page wanted into a short-lived cookie;
2. the hub asks for the password and sends the browser back with a code;
3. ``/desk/oauth_callback`` compares the state, trades code and verifier for a token,
   asks whose it is, and opens a session under a fresh name;
4. the browser goes on to the page wanted.
"""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Final

import anyio.to_thread
import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.api.hub_door import Challenge
from sandbox.domain.seats import Channel
from sandbox.kit.cookies import cookie_values
from sandbox.kit.errors import NotAllowed, NotAuthenticated
from sandbox.kit.ids import account_name
from sandbox.locale import LANGUAGES
from sandbox.services import identity
from sandbox.web.form_reading import read_form
from sandbox.web.guard import check_origin, check_token, local_path
from sandbox.web.session import StateCookie
from sandbox.web.visit import LANGUAGE_COOKIE, Anybody, Reception

router = APIRouter(include_in_schema=False)
STATE_AGE: Final = timedelta(minutes=10)
YEAR: Final = 365 * 86_400


log = structlog.get_logger("desk")


def _reception(request: Request) -> Reception:
    found: Reception = request.app.state.reception
    return found


@router.get("/desk/sign-in")
async def sign_in(request: Request, visit: Anybody, next: str = "/desk/") -> Response:  # noqa: A002
    """Send the browser to the hub's sign-in page."""
    reception, wanted = _reception(request), local_path(next)
    if visit.actor is not None:
        return RedirectResponse(wanted, 303)
    challenge = Challenge.new()
    sealed = reception.sessions.seal(json.dumps([challenge.state, challenge.verifier, wanted]))
    answer = RedirectResponse(reception.parts.hub.authorize_url(challenge), 303)
    cookie = StateCookie.of(reception.sessions)
    answer.set_cookie(
        cookie.name,
        sealed,
        max_age=int(STATE_AGE.total_seconds()),
        path=cookie.path,
        httponly=True,
        samesite="lax",
        secure=reception.sessions.secure,
    )
    return answer


@router.get("/desk/oauth_callback")
async def oauth_callback(
    request: Request, visit: Anybody, code: str = "", state: str = "", error: str = ""
) -> Response:
    """Open a session for whom the hub sent back.

    A sign-in that somebody else began must not become this browser's: two cookies count as
    none, and a session that lives is never changed for another account's.

    Raises:
        NotAuthenticated: ``login.refused_by_hub``, ``login.state_unknown``.
        NotAllowed: ``login.other_account``.
    """
    reception = _reception(request)
    cookie = StateCookie.of(reception.sessions)
    if error or not code:
        raise NotAuthenticated("login.refused_by_hub")
    values = cookie_values(request.headers.get("cookie", ""), cookie.name)
    sealed = reception.sessions.unseal(values[0], STATE_AGE) if len(values) == 1 else None
    kept, verifier, wanted = json.loads(sealed) if sealed else ("", "", "/desk/")
    if not kept or not hmac.compare_digest(kept.encode(), state.encode()):
        raise NotAuthenticated("login.state_unknown")
    hub = reception.parts.hub
    token = await hub.token_for(code, verifier)
    user = await hub.user_of(token, fresh=True)
    account = account_name(user.name)
    if visit.session is not None and visit.session.account != account:
        raise NotAllowed("login.other_account", account=visit.session.account)

    def open_session() -> str:
        with reception.parts.store.unit(read_only=True) as u:
            identity.actor_of(u, account, channel=Channel.BROWSER)
        if visit.session is not None:
            reception.sessions.end(visit.session)
        return reception.sessions.open(account, token, visit.at)[0]

    name = await anyio.to_thread.run_sync(open_session)
    log.info("desk.signed_in", account=account)
    answer = RedirectResponse(local_path(wanted), 303)
    answer.delete_cookie(cookie.name, path=cookie.path, secure=reception.sessions.secure)
    answer.set_cookie(
        reception.sessions.cookie,
        name,
        path="/" if reception.sessions.secure else "/desk/",
        httponly=True,
        samesite="lax",
        secure=reception.sessions.secure,
    )
    return answer


@router.post("/desk/sign-out")
async def sign_out(request: Request, visit: Anybody) -> Response:
    """End the session here, then at the hub."""
    reception = _reception(request)
    check_origin(
        reception.parts.public_url,
        request.headers.get("origin"),
        request.headers.get("sec-fetch-site"),
    )
    if visit.session is not None:
        form = await read_form(request)
        check_token(visit.session.csrf, str(form.get("_csrf", "")))
        await anyio.to_thread.run_sync(reception.sessions.end, visit.session)
        log.info("desk.signed_out", account=visit.session.account)
    answer = RedirectResponse("/hub/logout", 303)
    path = "/" if reception.sessions.secure else "/desk/"
    answer.delete_cookie(reception.sessions.cookie, path=path, secure=reception.sessions.secure)
    return answer


@router.get("/desk/language/{lang}")
async def choose_language(lang: str, next: str = "/desk/") -> Response:  # noqa: A002
    """Remember a language for a year and go back."""
    answer = RedirectResponse(local_path(next), 303)
    if lang in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=YEAR, path="/", httponly=True, samesite="lax"
        )
    return answer
