"""The explorer in a real Chromium: axe, no sideways scrolling, without JavaScript, live."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from sandbox.contracts.compiler import compiler_version
from sandbox.toolchain.layout import node_modules
from tests.gateway.support import transfer
from tests.web.explorer_world import fill, standard_input, system
from tests.web.served import served

pytestmark = pytest.mark.slow
AXE = "axe.run(document, {resultTypes: ['violations']})"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with system() as running, served(tmp_path_factory.mktemp("desk")) as (desk, url):
        ledger = fill(desk, running)
        fields = {"input": standard_input(), "name": "Factory", "compiler": compiler_version()}
        place = f"{ledger.base}/addresses/{ledger.factory}/verify"
        assert desk.browser("bakyt").post(place, fields).status_code == 303
        yield ledger, url


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def _page(site, chromium, who, lang, width, **options):
    ledger, url = site
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        base_url=url,
        locale=lang,
        extra_http_headers={"Accept-Language": lang},
        reduced_motion="reduce",
        **options,
    )
    desk = ledger.desk
    value, _ = desk.sessions.open(who, desk.hub.token_for(who), desk.clock.now())
    context.add_cookies([{"name": desk.sessions.cookie, "value": value, "url": f"{url}/desk/"}])
    return context.new_page()


@pytest.mark.parametrize(
    ("lang", "width", "who"), [("ky", 390, "omar"), ("ru", 390, "bakyt"), ("ru", 1280, "bakyt")]
)
def test_every_page_fits_and_can_be_read_by_everybody(site, chromium, lang, width, who):
    page = _page(site, chromium, who, lang, width)
    axe = (node_modules() / "axe-core/axe.min.js").read_text("utf-8")
    for path in site[0].pages:
        assert page.goto(path).status == 200
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, path
        page.evaluate(axe)
        found = page.evaluate(AXE)["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.context.close()


def test_the_first_page_shows_a_payment_without_a_reload(site, chromium):
    ledger, _ = site
    page = _page(site, chromium, "lira", "en", 1280)
    page.goto(ledger.base)
    page.wait_for_timeout(1500)
    sent = ledger.system.ok(
        ledger.permit,
        "eth_sendTransaction",
        {"from": ledger.wallet, "to": ledger.permit.token, "data": transfer(ledger.shop, 1)},
        token=f"sct_{ledger.number.lower()}-0",
    )
    ledger.system.receipt(ledger.permit, sent)
    ledger.follow()
    page.wait_for_selector(f"#tx-{sent}", timeout=40_000)
    page.context.close()


def test_the_search_works_without_javascript(site, chromium):
    ledger, _ = site
    page = _page(site, chromium, "lira", "ky", 390, java_script_enabled=False)
    page.goto(ledger.base)
    page.fill("#q", ledger.paid)
    page.click("form[role=search] button")
    page.wait_for_url(f"**/transactions/{ledger.paid}")
    assert page.locator("h1").inner_text() == "transfer"
    page.context.close()


def test_a_function_is_read_without_javascript_and_a_wrong_argument_is_said(site, chromium):
    ledger, _ = site
    page = _page(site, chromium, "lira", "ru", 390, java_script_enabled=False)
    page.goto(f"{ledger.base}/addresses/{ledger.permit.token}")
    page.click("#functions > summary")
    balance = page.locator("#functions details", has=page.locator("text=/^balanceOf$/"))
    balance.locator("summary").click()
    balance.locator("input[name=a1]").fill("nobody")
    balance.locator("button").click()
    assert "не подходит к типу address" in page.inner_text("#functions")
    assert balance.locator("input[name=a1]").input_value() == "nobody"
    balance.locator("input[name=a1]").fill(ledger.shop)
    balance.locator("button").click()
    assert page.locator("#functions .answer dd").inner_text().isdigit()
    page.context.close()


def test_an_address_is_copied_whole_by_its_button(site, chromium):
    ledger, _ = site
    page = _page(site, chromium, "lira", "en", 1280)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{ledger.base}/addresses/{ledger.permit.token}")
    page.locator(".head .copy").click()
    page.wait_for_selector(".head .copy:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == ledger.permit.token
    page.context.close()
