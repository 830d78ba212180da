"""What signing in by a provider and launching from a platform have in common.

Sealed cookies, the account that is found, the way to the hub.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from sandbox.domain.lti import LtiPlatform
from sandbox.domain.outside_accounts import OidcProvider, Outsider
from sandbox.kit.cookies import only_value
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import AccountName
from sandbox.services import outside_accounts
from sandbox.web.session import Sessions, StateCookie
from sandbox.web.visit import Reception, Visit

UNKNOWN: Final = "/desk/outside"
OWN: Final = "/desk/me/outside"
AGE: Final = timedelta(minutes=10)
OUTSIDER, ARRIVAL, FLOW = "synak_outsider", "synak_arrival", "synak_outside"


def go_on(visit: Visit, outsider: Outsider, wanted: str, *, session: str = "") -> Response:
    """After somebody was named: to the hub, or to a page that says what can be done.

    Args:
        visit: of the browser.
        outsider: who was named.
        wanted: where they wanted to go.
        session: digest of the session that is to be linked with, and then nobody is looked for.

    Raises:
        NotAllowed: ``outside.closed``.
        Conflict: ``outside.has_another``.
    """
    account = None
    if not session:
        found = named(visit, outsider.provider)
        with visit.parts.store.unit() as u:
            account = outside_accounts.account_of(u, found, outsider, at=visit.at)
            u.commit()
    if account is not None:
        return to_hub(visit, account, wanted)
    answer = RedirectResponse(f"{OWN}#confirm" if session else UNKNOWN, 303)
    keep(visit, answer, OUTSIDER, json.dumps([astuple(outsider), wanted, session]))
    return answer


def to_hub(visit: Visit, account: AccountName, wanted: str) -> Response:
    """On to the hub, which asks whose the ticket is."""
    with visit.parts.store.unit() as u:
        ticket = outside_accounts.give_ticket(u, account, at=visit.at)
        u.commit()
    answer = RedirectResponse(f"/hub/outside?next={quote(wanted or '/hub/home', safe='')}", 303)
    secure = sessions_of(visit).secure
    answer.set_cookie(
        f"__Host-{ARRIVAL}" if secure else ARRIVAL,
        ticket,
        max_age=int(outside_accounts.TICKET_AGE.total_seconds()),
        path="/" if secure else "/hub/",
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    drop(visit, answer, OUTSIDER)
    return answer


def named(visit: Visit, name: str) -> OidcProvider | LtiPlatform:
    """A provider or a platform.

    Raises:
        NotFound: ``web.not_found``.
    """
    if name in visit.parts.outside:
        return visit.parts.outside[name].provider
    if name in visit.parts.lti:
        return visit.parts.lti[name].platform
    raise NotFound("web.not_found")


def sessions_of(visit: Visit) -> Sessions:
    """What seals."""
    reception: Reception = visit.request.app.state.reception
    return reception.sessions


def sealed(visit: Visit, name: str, text: str) -> str:
    """A text that only this desk can have sealed, for one purpose."""
    return sessions_of(visit).seal(f"{name} {text}")


def opened(visit: Visit, name: str, text: str) -> str | None:
    """What :func:`sealed` closed for the same purpose; None for anything else, or too old."""
    found = sessions_of(visit).unseal(text, AGE) if text else None
    kind, _, said = (found or "").partition(" ")
    return said if kind == name else None


def kept(visit: Visit, name: str) -> str | None:
    """What one of our cookies holds; two of a name count as none."""
    cookie = StateCookie.of(sessions_of(visit), name)
    return opened(visit, name, only_value(visit.request.headers.get("cookie", ""), cookie.name))


def keep(visit: Visit, answer: Response, name: str, text: str) -> None:
    """Seal a text into a cookie for ten minutes."""
    cookie = StateCookie.of(sessions_of(visit), name)
    answer.set_cookie(
        cookie.name,
        sealed(visit, name, text),
        max_age=int(AGE.total_seconds()),
        path=cookie.path,
        httponly=True,
        samesite="lax",
        secure=sessions_of(visit).secure,
    )


def drop(visit: Visit, answer: Response, name: str) -> None:
    """Take one of our cookies away."""
    cookie = StateCookie.of(sessions_of(visit), name)
    answer.delete_cookie(cookie.name, path=cookie.path, secure=sessions_of(visit).secure)
