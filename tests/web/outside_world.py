"""Signing in with an account elsewhere: a provider that is configured, the ways there and back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx

from sandbox.domain.outside_accounts import OidcProvider
from sandbox.domain.seats import Seat
from sandbox.services.oidc import Oidc
from tests.support.oidc import CLIENT, SECRET, Provider
from tests.web.test_class_lists import PEOPLE
from tests.web.world import URL, Browser, World

STUDENT = "omurbekovy"
START, BACK = "/desk/outside/uni", "/desk/outside/uni/callback"
ASK = "the help desk, room 12"


def configured(desk: World, found: Provider, **more: Any) -> None:
    entry = OidcProvider("uni", "Kyrgyz University", found.url, CLIENT, ask=ASK, **more)
    desk.parts = replace(desk.parts, outside={"uni": Oidc(entry, SECRET, URL)})
    desk.app.state.parts = desk.parts
    desk.app.state.reception.parts = desk.parts


def by_number(desk: World, found: Provider) -> None:
    configured(desk, found, university="uni", number="student_number")
    found.claims |= {"student_number": "2026-001", "name": "Ydyrys"}


def begin(browser: Browser, wanted: str = "", more: str = "") -> str:
    """Where the provider is reached."""
    answer = browser.get(f"{START}?next={wanted}{more}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come(browser: Browser, uni: Provider, wanted: str = "", more: str = "") -> httpx.Response:
    """There and back."""
    return browser.get(uni.log_in(begin(browser, wanted, more)))


def whose(desk: World, browser: Browser) -> str | None:
    """Whom the hub is told that the browser's ticket stands for."""
    ticket = browser.client.cookies.get("synak_arrival", path="/hub/")
    return told(desk, ticket or "")


def told(desk: World, ticket: str) -> str | None:
    answer = desk.browser(None).client.post(
        "/desk/api/v1/internal/tickets",
        json={"ticket": ticket},
        headers={"Authorization": "Bearer hub-secret"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["account"]


def code_of(kanat: Browser) -> str:
    slips = kanat.post(PEOPLE.replace("people", "slips"), {f"who-{STUDENT}": "yes"}).text
    return re.search(r"[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}", slips)[0]


def by_code(browser: Browser, code: str) -> httpx.Response:
    token = re.search(r'name="_csrf" value="([^"]+)"', browser.get("/desk/outside").text)[1]
    headers = {"origin": URL, "sec-fetch-site": "same-origin"}
    return browser.client.post(
        "/desk/outside", data={"_csrf": token, "code": code}, headers=headers
    )


def entries(desk: World) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.scan()]
    return [kind for kind in kinds if kind.startswith("account.outside")]


def closed(desk: World, account: str = STUDENT) -> None:
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get(account), active=False))
        u.commit()


def coordinator(desk: World, account: str = STUDENT) -> None:
    """The student coordinates a department from now on."""
    with desk.parts.store.unit() as u:
        found = u.accounts.get(account)
        u.accounts.save(replace(found, seats=(*found.seats, Seat.COORDINATOR)))
        u.commit()
