"""Alerts and charts in a real Chromium: drawn from the tables, which stay without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.web.alert_desk import look_at_payments, look_at_refusals, tried_pack, with_ledger
from tests.web.served import served
from tests.web.test_in_a_browser import context, look
from tests.web.world import World

pytestmark = pytest.mark.slow
PAGES = [
    "/desk/cohort",
    "/desk/cohort/alerts",
    "/desk/cohort/alerts/AL-2026-000001",
    "/desk/cohort/rules",
    "/desk/cohort/rules/draft",
    "/desk/cohort/pack",
    "/desk/cohort/pack/draft",
    "/desk/cohort/pack/SV-2026-0001",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        with_ledger(desk)
        look_at_payments(desk)
        look_at_refusals(desk)
        tried_pack(desk)
        yield desk, url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def test_pages_hold_on_a_phone_in_the_dark_and_charts_are_drawn(site, chromium) -> None:
    with context(site, chromium, "ermek", width=390, color_scheme="dark") as phone:
        page = phone.new_page()
        said: list[str] = []
        page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
        page.on("pageerror", lambda each: said.append(str(each)))
        found = [wrong for path in PAGES for wrong in look(page, path)]
        page.goto("/desk/cohort")
        page.wait_for_selector(".chart canvas")
        widths = page.eval_on_selector_all(
            ".chart canvas", "all => all.map(each => each.getBoundingClientRect().right)"
        )
        drawn = page.eval_on_selector(
            ".chart canvas",
            "each => new Set(each.getContext('2d').getImageData(0, 0, each.width, each.height)"
            ".data).size",
        )
        assert (found, said) == ([], [])
        assert len(widths) == 3
        assert max(widths) <= 390
        assert drawn > 4


def test_without_javascript_the_tables_are_there(site, chromium) -> None:
    with context(site, chromium, "ermek", lang="ru", java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto("/desk/cohort")
        assert page.locator(".chart canvas").count() == 0
        page.locator("details summary").first.click()
        assert page.locator("#chart-kgst-held tbody tr").last.is_visible()
        assert "201\u00a0125,00" in page.locator("#chart-kgst-held").inner_text()
