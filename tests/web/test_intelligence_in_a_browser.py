"""The pages of reports, requests and orders in a real Chromium: wide, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.services.alert_world import wallet
from tests.web.alert_desk import look_at_payments, newest_alert, with_ledger
from tests.web.served import served
from tests.web.test_in_a_browser import context, look
from tests.web.test_inquiries import asked
from tests.web.test_orders import confirmed
from tests.web.test_suspicion import REPORT, begin, submitted, write
from tests.web.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        desk.number = with_ledger(desk)
        look_at_payments(desk)
        desk.alert = newest_alert(desk)
        told = {"closing": "referred", "text": "To the service."}
        place = f"/desk/cohort/alerts/{desk.alert}/close"
        assert desk.browser("ermek").post(place, told).status_code == 303
        desk.draft = begin(desk.browser("cholpon"), desk.number)
        write(desk.browser("cholpon"), desk.draft, REPORT, "collect")
        desk.report = submitted(desk)
        submitted(desk, "nazgul")
        desk.inquiry = asked(desk, to="reporter", report=desk.report)
        desk.order = confirmed(desk, wallet=wallet(1), report=desk.report)
        yield desk, url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def places(desk: World) -> dict[str, list[str]]:
    """The pages by who reads them."""
    own = "/desk/suspicion"
    service = "/desk/intelligence"
    return {
        "cholpon": [own, f"{own}/{desk.draft}", f"{own}/requests/{desk.inquiry}"],
        "meerim": [
            service,
            f"{own}/{desk.report}",
            f"{service}/requests",
            f"{service}/orders",
            f"{service}/orders/{desk.order}",
            f"{service}/alerts",
            f"{service}/alerts/{desk.alert}",
        ],
    }


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_hold_at_every_width_in_light_and_dark(site, chromium, width, scheme) -> None:
    for who, paths in places(site[0]).items():
        with context(
            site, chromium, who, width=width, color_scheme=scheme, bypass_csp=True
        ) as reader:
            page = reader.new_page()
            found = [wrong for path in paths for wrong in look(page, path)]
        assert found == [], who


def test_a_report_is_submitted_by_keyboard_and_without_scripts(site, chromium) -> None:
    desk = site[0]
    report = begin(desk.browser("cholpon"), desk.number)
    with context(site, chromium, "cholpon", java_script_enabled=False) as reader:
        page = reader.new_page()
        page.goto(f"/desk/suspicion/{report}")
        for name in ("noticed_at", "since", "until", "parties", "narrative", "actions"):
            page.fill(f"#{name}", REPORT[name])
        page.focus("#indicator-burst")
        page.keyboard.press("Space")
        page.focus('button[value="submit"]')
        page.keyboard.press("Enter")
        page.wait_for_selector('input[type="password"]')
        page.fill('input[type="password"]', "correct horse")
        page.keyboard.press("Enter")
        page.wait_for_selector(f'a[href$="{report}/report.pdf"]')
    with desk.parts.store.unit(read_only=True) as u:
        assert u.suspicions.get(report).submitted_at is not None
