"""Who sits at the customer's page: a session of its own kind, forms that only our pages can send.

Rules:

- the cookie holds 32 random bytes; the store holds their SHA-256; two cookies of our name count as
  none; it opens the customer's page and nothing else of the desk, and no sign-in of the desk opens
  the customer's page;
- a form of somebody without a session carries a token made from a cookie of its own, so that no
  other site (nor a notebook on a sister host) can send it; the origin is checked as everywhere;
- the network address is the last one that our own proxy wrote: what a caller writes before it is
  not believed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final

import anyio.to_thread
from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.api.parts import DeskParts
from sandbox.domain.customer_page import SESSION_LONGEST, CustomerSession
from sandbox.domain.seats import Actor
from sandbox.kit.cookies import cookie_values
from sandbox.kit.errors import NotAuthenticated
from sandbox.locale import language
from sandbox.services import customer_codes
from sandbox.services.keyed import Keyed
from sandbox.store import UnitOfWork
from sandbox.web.form_reading import read_form
from sandbox.web.guard import check_origin, check_token
from sandbox.web.visit import LANGUAGE_COOKIE, Reception, Visit

HOME: Final = "/desk/c/"
FORM_COOKIE_SECONDS: Final = 12 * 3600
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "testclient"})


class JoinNeeded(Exception):
    """Send the browser to the page where a code is typed."""


@dataclass(frozen=True)
class CustomerVisit(Visit):
    """A visit of the customer's page or of a public form.

    Attributes:
        own_session: None for somebody who has not joined.
        form_name: the value of the form cookie.
        new_form_name: whether the answer has to set that cookie.
    """

    own_session: CustomerSession | None = None
    form_name: str = ""
    new_form_name: bool = False

    @property
    def csrf(self) -> str:
        """The token for forms: the session's, else made from the form cookie."""
        if self.own_session is not None:
            return self.own_session.csrf
        return self.keyed.of("form", self.form_name)

    @property
    def keyed(self) -> Keyed:
        """Keyed hashes with the desk's secret."""
        return keyed_of(self.parts)

    @property
    def customer(self) -> Actor:
        """The customer.

        Raises:
            JoinNeeded: nobody has joined in this browser.
        """
        if self.own_session is None:
            raise JoinNeeded
        return customer_codes.actor_of_session(self.own_session)

    @property
    def address(self) -> str:
        """The network address that the request came from."""
        client = self.request.client.host if self.request.client else ""
        if client not in LOOPBACK:
            return client
        forwarded = self.request.headers.getlist("x-forwarded-for")
        return ",".join(forwarded).rpartition(",")[2].strip() or client

    def finish(self, answer: Response) -> Response:
        """Set the form cookie on an answer when it is new."""
        if self.new_form_name:
            secure = self.parts.public_url.startswith("https://")
            answer.set_cookie(
                _form_cookie(secure=secure),
                self.form_name,
                max_age=FORM_COOKIE_SECONDS,
                path="/" if secure else "/desk/",
                httponly=True,
                samesite="lax",
                secure=secure,
            )
        return answer


def keyed_of(parts: DeskParts) -> Keyed:
    """The desk's keyed hashes."""
    return Keyed(parts.session_secret)


def session_cookie(*, secure: bool) -> str:
    """The name of the session's cookie."""
    return "__Host-synak_customer" if secure else "synak_customer"


def keep_session(visit: CustomerVisit, answer: Response, name: str) -> Response:
    """Give the browser its session."""
    secure = visit.parts.public_url.startswith("https://")
    answer.set_cookie(
        session_cookie(secure=secure),
        name,
        max_age=int(SESSION_LONGEST.total_seconds()),
        path="/" if secure else HOME,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


def drop_session(visit: CustomerVisit, answer: Response) -> Response:
    """Take the browser's session away."""
    secure = visit.parts.public_url.startswith("https://")
    answer.delete_cookie(session_cookie(secure=secure), path="/" if secure else HOME, secure=secure)
    return answer


def install(app: FastAPI) -> None:
    """Send whoever has not joined to where a code is typed."""
    app.add_exception_handler(JoinNeeded, _on_join)


async def _on_join(request: Request, error: Exception) -> Response:
    del request, error
    return RedirectResponse(HOME, 303)


async def visiting(request: Request) -> CustomerVisit:
    """A visit of anybody; with the customer's session, if there is one."""
    reception: Reception = request.app.state.reception
    parts = reception.parts
    secure = parts.public_url.startswith("https://")
    cookies = request.headers.get("cookie", "")
    names = cookie_values(cookies, session_cookie(secure=secure))
    forms = cookie_values(cookies, _form_cookie(secure=secure))
    kept = forms[0] if len(forms) == 1 and 20 <= len(forms[0]) <= 64 else ""
    at = parts.clock.now()
    session = None
    if len(names) == 1 and names[0]:
        session = await anyio.to_thread.run_sync(_find, parts, names[0])
    if session is not None:
        store = parts.store.beginning_with(partial(_still, parts, names[0]))
        parts = replace(parts, store=store)
    visit = CustomerVisit(
        request=request,
        parts=parts,
        lang=language(request.headers.get("accept-language"), request.cookies.get(LANGUAGE_COOKIE)),
        at=at,
        own_session=session,
        form_name=kept or secrets.token_urlsafe(24),
        new_form_name=not kept and session is None,
    )
    request.state.visit = visit
    return visit


async def joined(request: Request) -> CustomerVisit:
    """A visit of a customer; others go to where a code is typed.

    Raises:
        JoinNeeded: nobody has joined in this browser.
    """
    visit = await visiting(request)
    if visit.own_session is None:
        raise JoinNeeded
    return visit


async def sent(request: Request) -> CustomerVisit:
    """A form of ours, with or without a session, checked as the desk's own forms are.

    Who sends it is who that is when all of it has come.

    Raises:
        NotAllowed: ``csrf.foreign_origin``, ``csrf.token_missing``.
        NotAuthenticated: ``session.ended``, ``customer.cookies_needed``.
        InvalidInput: ``form.too_large``, ``form.too_slow``, ``form.malformed``.
    """
    return await _sent(request, await visiting(request))


async def sent_joined(request: Request) -> CustomerVisit:
    """A customer's form.

    Raises:
        JoinNeeded: nobody has joined in this browser.
    """
    return await _sent(request, await joined(request))


async def _sent(request: Request, began: CustomerVisit) -> CustomerVisit:
    headers = request.headers
    check_origin(began.parts.public_url, headers.get("origin"), headers.get("sec-fetch-site"))
    form = await read_form(request)
    visit = await visiting(request)
    if began.own_session is not None and visit.own_session is None:
        raise NotAuthenticated("session.ended")
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if visit.own_session is None and visit.new_form_name:
        raise NotAuthenticated("customer.cookies_needed")
    check_token(visit.csrf, fields.get("_csrf"))
    own = {name: value for name, value in fields.items() if not name.startswith("_")}
    visit = _with_form(visit, own, fields.get("_key"))
    request.state.visit = visit
    return visit


def _with_form(visit: CustomerVisit, form: dict[str, str], key: str | None) -> CustomerVisit:
    return CustomerVisit(
        request=visit.request,
        parts=visit.parts,
        lang=visit.lang,
        at=visit.at,
        form=form,
        key=key or None,
        own_session=visit.own_session,
        form_name=visit.form_name,
        new_form_name=visit.new_form_name,
    )


def _find(parts: DeskParts, name: str) -> CustomerSession | None:
    at = parts.clock.now()
    with parts.store.unit(read_only=True) as u:
        found = customer_codes.find_session(u, name, at=at)
    if found is not None and customer_codes.needs_touch(found, at):
        with parts.store.unit() as u:
            u.pages.sessions.touch(found.id_hash, at)
            u.commit()
    return found


def _still(parts: DeskParts, name: str, u: UnitOfWork) -> None:
    """Refuse to write for a session that has ended.

    Raises:
        NotAuthenticated: ``session.ended``.
    """
    if customer_codes.find_session(u, name, at=parts.clock.now()) is None:
        raise NotAuthenticated("session.ended")


def _form_cookie(*, secure: bool) -> str:
    return "__Host-synak_form" if secure else "synak_form"


Guest = Annotated[CustomerVisit, Depends(visiting)]
Customer = Annotated[CustomerVisit, Depends(joined)]
GuestForm = Annotated[CustomerVisit, Depends(sent)]
CustomerForm = Annotated[CustomerVisit, Depends(sent_joined)]
