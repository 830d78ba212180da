"""Errors as pages: the same code as everywhere, in the reader's words, with what to do next.

Rules: a known error shows its wording; an unknown one shows "internal" and the
request's id, and only the log learns more; a missing sign-in goes to sign in; an
act of law without a recent password asks for it and keeps the form.
"""

from __future__ import annotations

from typing import Final

import anyio.to_thread
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.api import problems as api_problems
from sandbox.api.parts import DeskParts
from sandbox.domain.kept_acts import KeptAct
from sandbox.kit.errors import NotAuthenticated, SynakError
from sandbox.locale import language
from sandbox.web.pages import fragment, page
from sandbox.web.passkey_asking import Act
from sandbox.web.visit import (
    LANGUAGE_COOKIE,
    PasswordNeeded,
    Reception,
    SignInNeeded,
    Visit,
    act_of,
)

API: Final = "/desk/api/"
NEEDS_PASSWORD: Final = "seat.needs_reauthentication"  # noqa: S105
BY_STATUS: Final = {
    400: "web.bad_request",
    404: "web.not_found",
    405: "web.wrong_method",
    413: "form.too_large",
    422: "web.bad_request",
}
CUSTOMERS: Final = ("/desk/c/", "/desk/public/complaint")
"""Below these nobody signs in at the hub."""
COMING_IN: Final = ("/desk/oauth_callback", "/desk/outside", "/desk/lti/", *CUSTOMERS)
"""Errors of these are shown: sending the browser to sign in would hide why it could not."""
log = structlog.get_logger("desk")


def install(app: FastAPI) -> None:
    """Give an application these handlers."""
    app.add_exception_handler(SynakError, on_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(SignInNeeded, on_sign_in)
    app.add_exception_handler(PasswordNeeded, on_password)
    app.add_exception_handler(Exception, on_surprise)


def _visit(request: Request) -> Visit:
    """The visit as far as it got; enough for an error page."""
    found = getattr(request.state, "visit", None)
    if isinstance(found, Visit):
        return found
    parts: DeskParts = request.app.state.parts
    lang = language(request.headers.get("accept-language"), request.cookies.get(LANGUAGE_COOKIE))
    return Visit(request, parts, lang, parts.clock.now())


async def on_error(request: Request, error: Exception) -> Response:
    """One of our own errors."""
    assert isinstance(error, SynakError)
    visit = _visit(request)
    if error.code == NEEDS_PASSWORD and visit.actor is not None and request.method == "POST":
        return await anyio.to_thread.run_sync(ask_password, visit, None)
    stranger = isinstance(error, NotAuthenticated) and visit.actor is None
    wants_page = request.method == "GET" and not _is_partial(request)
    elsewhere = request.url.path.startswith(COMING_IN)
    if stranger and wants_page and not elsewhere:
        return RedirectResponse(SignInNeeded(visit.here).location, 303)
    if error.status >= 500:
        log.error("desk.failed", code=error.code)
    if _is_partial(request):
        return _partial(visit, error)
    return page(visit, _template(request), status=error.status, error=error)


async def on_http(request: Request, error: Exception) -> Response:
    """An error of the framework: no such page, wrong method.

    An address with a line end in it never reaches the JSON interface below which it seems to lie;
    its caller gets a problem all the same.
    """
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(API):
        return await api_problems.on_http(request, error)
    code = BY_STATUS.get(error.status_code, "internal")
    return page(
        _visit(request), _template(request), status=error.status_code, error=SynakError(code)
    )


async def on_validation(request: Request, error: Exception) -> Response:
    """An address whose parameters cannot be read."""
    del error
    return page(
        _visit(request), _template(request), status=400, error=SynakError("web.bad_request")
    )


async def on_sign_in(request: Request, error: Exception) -> Response:
    """Somebody must sign in first; a part of a page is told so instead of being sent away."""
    assert isinstance(error, SignInNeeded)
    if _is_partial(request):
        return _partial(_visit(request), NotAuthenticated("session.needed"))
    return RedirectResponse(error.location, 303)


async def on_password(request: Request, error: Exception) -> Response:
    """The password was wrong, or could not be checked."""
    del request
    assert isinstance(error, PasswordNeeded)
    return await anyio.to_thread.run_sync(ask_password, error.visit, error.problem)


def ask_password(
    visit: Visit,
    problem: SynakError | None,
    act: Act | None = None,
    *,
    kept: KeptAct | None = None,
    status: int = 0,
) -> Response:
    """The page that asks who is there, and carries every field of the form on.

    Args:
        visit: with the form.
        problem: what was wrong with an answer.
        act: what is asked about; else what the visit sends.
        kept: the same where it waits already.
        status: of the page; else the problem's.
    """
    reception: Reception = visit.request.app.state.reception
    asked = act or act_of(visit)
    assert asked is not None
    password = reception.asking.password_will_do(asked.actor.account, asked.path)
    return page(
        visit,
        "password.html",
        status=status or (problem.status if problem else 401),
        error=problem,
        place=asked.path,
        asked=reception.asking.ask(asked, visit.at),
        elsewhere=reception.elsewhere.offer(asked, visit.key, visit.at, kept) if password else None,
        platforms=reception.elsewhere.platforms_alone(asked.actor),
        password=password,
    )


def _is_partial(request: Request) -> bool:
    """Whether a part of a page asks (autosave, the live part), not a person's navigation."""
    return request.headers.get("hx-request") == "true"


def _partial(visit: Visit, error: SynakError) -> Response:
    """An error as a part of a page."""
    return HTMLResponse(
        fragment(visit, "saved.html", saved=None, error=error), status_code=error.status
    )


async def on_surprise(request: Request, error: Exception) -> Response:
    """Something nobody thought of."""
    log.error("desk.surprise", exc_info=error)
    if _is_partial(request):
        return _partial(_visit(request), SynakError("internal"))
    return page(_visit(request), _template(request), status=500, error=SynakError("internal"))


def _template(request: Request) -> str:
    """The problem page of whoever reads: customers have a page of their own."""
    own = request.url.path.startswith(CUSTOMERS)
    return "c_problem.html" if own else "problem.html"
