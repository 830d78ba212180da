"""Permit alerts, next steps, drills and limits that suspend, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox.services.standing import DayBook, watch_standing
from tests.services.alert_world import Ledger, add_customers, complain
from tests.web.alert_desk import newest_alert, watcher
from tests.web.served import served
from tests.web.test_in_a_browser import context, look
from tests.web.test_steps import STEPS
from tests.web.world import LIMITS, World

pytestmark = pytest.mark.slow
WATCHED = {"complaint_rate": "40", "KGST.loss_cap": "9,000"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        begin = desk.clock.now()
        file_id = desk.under_review()
        told = LIMITS | STEPS | WATCHED | {"reasons": "Small at first."}
        assert desk.browser("ermek").act(f"/desk/files/{file_id}/grant", told).status_code == 303
        with desk.parts.store.unit(read_only=True) as u:
            (decision,) = u.decisions.proposed(file_id)
        desk.number = desk.grant(file_id, decision.id)
        add_customers(desk.parts.store, desk.number, 12)
        ledger = Ledger(desk.parts.store, at=begin)
        ledger.block((0, 1, 20_000), (1, 12, 4_000))
        ledger.block(*[(1 + n, 1 + (n * 5 + 1) % 12, 100 + 40 * n) for n in range(11)])
        complain(desk.parts.store, 3, permit=desk.number, at=begin)
        desk.clock.forward(timedelta(days=11))
        while DayBook(watcher(desk), "kgst").turn():
            pass
        assert watch_standing(watcher(desk)) == 1
        drill = desk.browser("ermek").act(
            f"/desk/permits/{desk.number}/drills", {"reasons": "Once in a month."}
        )
        assert drill.status_code == 303
        yield desk, url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def _paths(desk: World) -> dict[str, str]:
    permit = f"/desk/permits/{desk.number}"
    return {
        "permit": permit,
        "steps": f"{permit}/steps",
        "drills": f"{permit}/drills",
        "network": f"{permit}/network?days=30",
        "list": "/desk/cohort/steps",
        "alert": f"/desk/cohort/alerts/{newest_alert(desk)}",
    }


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("ru", 390), ("ky", 390), ("ky", 1280)])
def test_the_pages_hold_on_a_desk_and_on_a_phone(
    site: tuple[World, str], chromium: Browser, lang: str, width: int
) -> None:
    named = SimpleNamespace(**_paths(site[0]))
    with context(site, chromium, "ermek", width=width, lang=lang) as seen:
        page = seen.new_page()
        said: list[str] = []
        page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
        page.on("pageerror", lambda each: said.append(str(each)))
        for name, path in vars(named).items():
            assert look(page, path) == [], path
            if name == "network":
                assert page.locator(".network.is-drawn canvas").count() > 0
        assert said == []
