"""The pages in a real Chromium: axe without serious findings, no sideways scrolling, live.

Both widths, both schemes; JavaScript errors and CSP violations fail the test too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from sandbox.toolchain.layout import node_modules
from tests.web.served import served
from tests.web.world import PASSWORD, World

PERMIT = "SB-2026-0001"
REQUIREMENT = {"kind": "fee", "what": "Paid.", "expected": "A receipt.", "due": "2099-01-01"}
AXE = "axe.run(document, {resultTypes: ['violations']})"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        number = desk.granted()
        desk.refuse(number, 1)
        bakyt = desk.browser("bakyt")
        bakyt.post(f"/desk/permits/{number}/customers", {"count": "2", "kind": "customer"})
        bakyt.post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": "30"})
        desk.browser("ermek").act("/desk/files/F-2026-0001/requirements", REQUIREMENT)
        desk.draft()
        desk.proposed()
        asked = desk.under_review()
        desk.browser("ermek").act(f"/desk/files/{asked}/questions", {"text": "Who answers?"})
        desk.under_review()
        desk.submitted()
        yield desk, url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def context(
    site: tuple[World, str],
    chromium: Browser,
    name: str | None,
    *,
    lang: str = "ky",
    width: int = 1280,
    **options: Any,
) -> BrowserContext:
    """A browser of a person, signed in by a session of the session layer."""
    desk, url = site
    found = chromium.new_context(
        viewport={"width": width, "height": 900},
        base_url=url,
        locale=lang,
        extra_http_headers={"Accept-Language": lang},
        reduced_motion="reduce",
        **options,
    )
    if name is not None:
        value, _ = desk.sessions.open(name, desk.hub.token_for(name), desk.clock.now())
        found.add_cookies([{"name": desk.sessions.cookie, "value": value, "url": f"{url}/desk/"}])
    return found


PAGES = [
    (None, "/desk/"),
    (None, "/desk/about"),
    (None, "/desk/audit"),
    (None, "/desk/public/permits"),
    (None, f"/desk/public/permits/{PERMIT}"),
    ("aigul", "/desk/"),
    ("aigul", "/desk/files/F-2026-0002/form"),
    ("aigul", "/desk/files/F-2026-0002/form?section=test"),
    ("aigul", "/desk/files/F-2026-0002/form?section=limits"),
    ("aigul", "/desk/files/F-2026-0002/form?section=check"),
    ("aigul", "/desk/files/F-2026-0004"),
    ("aigul", "/desk/nothing"),
    ("aigul", "/desk/notices"),
    ("aigul", "/desk/me"),
    ("ermek", "/desk/complaints"),
    ("bakyt", f"/desk/permits/{PERMIT}"),
    ("damira", "/desk/files/F-2026-0006"),
    ("ermek", "/desk/"),
    ("ermek", "/desk/files"),
    ("ermek", "/desk/files/F-2026-0005"),
    ("ermek", "/desk/permits"),
    ("ermek", "/desk/cohort"),
    ("ermek", f"/desk/permits/{PERMIT}/console"),
    ("ermek", "/desk/files/F-2026-0001/requirements"),
    ("feruza", "/desk/files/F-2026-0003"),
    ("ermek", "/desk/calendar?year=2026"),
    ("ermek", "/desk/duty"),
    ("damira", "/desk/files/F-2026-0001"),
    ("jyldyz", "/desk/audit"),
    ("jyldyz", "/desk/evidence"),
]


def look(page: Page, path: str) -> list[str]:
    """Open a page with every fold open; what axe and the eye would object to."""
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    found = [f"{path}: {wide} px too wide"] if wide > 0 else []
    page.evaluate((node_modules() / "axe-core" / "axe.min.js").read_text("utf-8"))
    for each in page.evaluate(AXE)["violations"]:
        if each["impact"] in ("serious", "critical"):
            places = [node["target"][0] for node in each["nodes"][:3]]
            found.append(f"{path}: {each['id']} {places}")
    return found


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        pytest.param(1280, "light", marks=pytest.mark.slow),
        pytest.param(390, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
    ],
)
def test_no_page_has_serious_findings_or_scrolls_sideways(
    site: tuple[World, str], chromium: Browser, width: int, scheme: str
) -> None:
    found = []
    lang = "ky" if width == 390 else "ru"
    for name in dict.fromkeys(name for name, _ in PAGES):
        people = context(
            site, chromium, name, lang=lang, width=width, color_scheme=scheme, bypass_csp=True
        )
        page = people.new_page()
        for path in [path for who, path in PAGES if who == name]:
            found += look(page, path)
        people.close()
    assert found == []


@pytest.mark.slow
def test_360_and_1920_pixels_do_not_scroll_sideways(
    site: tuple[World, str], chromium: Browser
) -> None:
    found = []
    for width in (360, 1920):
        people = context(site, chromium, "ermek", lang="ky", width=width)
        page = people.new_page()
        for path in ("/desk/", "/desk/files", f"/desk/permits/{PERMIT}/console"):
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            found += [(width, path, wide)] if wide > 0 else []
        people.close()
    assert found == []


def test_no_page_breaks_the_content_policy(site: tuple[World, str], chromium: Browser) -> None:
    complaints: list[str] = []
    for name in ("aigul", "ermek"):
        people = context(site, chromium, name)
        page = people.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in [p for who, p in PAGES if who == name and "nothing" not in p]:
            page.goto(path)
            page.wait_for_load_state()
        people.close()
    assert [text for text in complaints if "preload" not in text] == []


def test_writing_saves_by_itself(site: tuple[World, str], chromium: Browser) -> None:
    people = context(site, chromium, "aigul", lang="en")
    page = people.new_page()
    page.goto("/desk/files/F-2026-0002/form")
    page.fill("#money_flow", "Written without pressing any button.")
    page.wait_for_selector("#saved:has-text('Saved at')", timeout=10_000)
    page.fill("#summary", "And once more, on the next revision.")
    page.wait_for_timeout(1500)
    page.wait_for_selector("#saved:has-text('Saved at')", timeout=10_000)
    page.reload()
    assert page.input_value("#money_flow") == "Written without pressing any button."
    assert page.input_value("#summary") == "And once more, on the next revision."
    people.close()


def test_the_form_works_without_javascript(site: tuple[World, str], chromium: Browser) -> None:
    people = context(site, chromium, "aigul", lang="en", java_script_enabled=False)
    page = people.new_page()
    page.goto("/desk/files/F-2026-0002/form?section=test")
    page.fill("#risks", "Saved by the button alone.")
    page.click("button[name=go] >> nth=1")
    page.wait_for_url(re.compile("said=saved"))
    page.goto("/desk/files/F-2026-0002/form?section=test")
    assert page.input_value("#risks") == "Saved by the button alone."
    people.close()


def test_the_console_shows_a_refusal_without_a_reload(
    site: tuple[World, str], chromium: Browser
) -> None:
    desk, _ = site
    people = context(site, chromium, "ermek", lang="en")
    page = people.new_page()
    page.goto(f"/desk/permits/{PERMIT}/console")
    page.wait_for_timeout(1500)
    before = page.locator("tr[id^=refusal]").count()
    desk.refuse(PERMIT, 50, "window_volume")
    page.wait_for_selector("#refusal-kgst-50", timeout=8_000)
    assert page.locator("tr[id^=refusal]").count() == before + 1
    desk.gateway.volume = 499_000 * 10**18
    page.wait_for_selector("text=499,000.00", timeout=8_000)
    people.close()


def test_the_console_comes_alive_after_a_first_answer_that_was_an_error(
    site: tuple[World, str], chromium: Browser
) -> None:
    """The extension alone never asks again, and puts the error page into the live part."""
    desk, _ = site
    people = context(site, chromium, "ermek", lang="en")
    page = people.new_page()
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.continue_()
            return
        failed.append(route.request.url)
        route.fulfill(status=503, content_type="text/html", body="<h1>Not now</h1>")

    page.route("**/live", fail_once)
    page.goto(f"/desk/permits/{PERMIT}/console")
    page.wait_for_selector("#live.is-stale", timeout=8_000)
    assert "Not now" not in page.inner_text("#live")
    desk.gateway.volume = 498_000 * 10**18
    page.wait_for_selector("text=498,000.00", timeout=8_000)
    page.wait_for_selector("#live:not(.is-stale)", timeout=8_000)
    people.close()


def test_the_console_comes_alive_however_late_a_script_comes(
    site: tuple[World, str], chromium: Browser
) -> None:
    """What begins the page may not begin before the extension is there: it would never ask."""
    desk, _ = site
    people = context(site, chromium, "ermek", lang="en")
    page = people.new_page()

    def late(route: Route) -> None:
        time.sleep(0.7)
        route.continue_()

    page.route("**/hx-sse.min.js", late)
    page.goto(f"/desk/permits/{PERMIT}/console")
    desk.gateway.volume = 497_000 * 10**18
    page.wait_for_selector("text=497,000.00", timeout=8_000)
    people.close()


def test_what_is_unfolded_in_the_live_part_stays_unfolded(
    site: tuple[World, str], chromium: Browser
) -> None:
    desk, _ = site
    for number, clause in enumerate(("customer_cap", "merchant_cap", "outstanding", "state"), 60):
        desk.refuse(PERMIT, number, clause)
    desk.refuse(PERMIT, 64, "deployments")
    desk.refuse(PERMIT, 65, "contract_scope")
    people = context(site, chromium, "ermek", lang="en")
    page = people.new_page()
    page.goto(f"/desk/permits/{PERMIT}/console")
    page.click("#more-refusals > summary")
    desk.gateway.volume = 497_000 * 10**18
    page.wait_for_selector("text=497,000.00", timeout=8_000)
    assert page.get_attribute("#more-refusals", "open") is not None
    people.close()


def test_an_act_of_law_by_hand_with_the_keyboard_alone(
    site: tuple[World, str], chromium: Browser
) -> None:
    people = context(site, chromium, "feruza", lang="en")
    page = people.new_page()
    page.goto("/desk/files/F-2026-0003")
    button = page.locator("form[action$='/countersign'] button")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#password")
    expect(page.locator("#password")).to_be_focused(timeout=30_000)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("said=signed_grant"))
    assert "Being put in force" in page.inner_text("main")
    people.close()
