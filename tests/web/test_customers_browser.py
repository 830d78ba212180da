"""The customer's page in a real Chromium on a small phone: axe, widths, a live bill, no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sandbox.toolchain.layout import node_modules
from tests.web.customers_world import KGST, code_for, invite, register, with_ledger
from tests.web.served import served

AXE = "axe.run(document, {resultTypes: ['violations']})"
NUMBER = "SB-2026-0001"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        desk.granted()
        ledger = with_ledger(desk)
        customer, merchant, newcomer = invite(desk), invite(desk, "merchant"), invite(desk)
        wallets = register(desk, customer), register(desk, merchant)
        ledger.balances = {wallets[0]: 12_500_50 * KGST // 100, wallets[1]: 0}
        yield SimpleNamespace(
            desk=desk,
            url=url,
            ledger=ledger,
            customer=customer,
            merchant=merchant,
            newcomer=newcomer,
            wallets=wallets,
        )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def phone(site: SimpleNamespace, chromium: Browser, **options: object) -> BrowserContext:
    return chromium.new_context(
        **{
            "viewport": {"width": 360, "height": 740},
            "base_url": site.url,
            "locale": "ky-KG",
            "extra_http_headers": {"Accept-Language": "ky"},
            "reduced_motion": "reduce",
            **options,
        }
    )


def joined(site: SimpleNamespace, page: Page, person: str, **fields: str) -> Page:
    """By the QR's address, as a camera opens it."""
    page.goto(f"/desk/c/join/{code_for(site.desk, person, **fields)}")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/desk/c/$"))
    return page


def wrong_with(page: Page) -> list[str]:
    """What axe and the eye would object to on an open page; small targets too."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    found = [f"{page.url}: {wide} px too wide"] if wide > 0 else []
    low = page.evaluate(
        "[...document.querySelectorAll('main button, main .button, main select,"
        " main input:not([type=hidden]):not([type=checkbox]):not([tabindex])')]"
        ".filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"
    )
    found += [f"{page.url}: low target {each}" for each in low]
    page.evaluate((node_modules() / "axe-core" / "axe.min.js").read_text("utf-8"))
    for each in page.evaluate(AXE)["violations"]:
        if each["impact"] in ("serious", "critical"):
            places = [node["target"][0] for node in each["nodes"][:3]]
            found.append(f"{page.url}: {each['id']} {places}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_page_is_fit_for_a_small_phone(
    site: SimpleNamespace, chromium: Browser, scheme: str
) -> None:
    people = phone(site, chromium, bypass_csp=True, color_scheme=scheme)
    page, found = people.new_page(), []
    page.goto("/desk/c/")
    found += wrong_with(page)
    joined(site, page, site.newcomer)
    found += wrong_with(page)
    page = joined(site, page, site.customer)
    link = f"/desk/c/pay?to={site.wallets[1]}&amount=125.50&asset=KGST&ref=Нан"
    for path in (
        "/desk/c/",
        "/desk/c/pay",
        link,
        "/desk/c/redeem",
        "/desk/c/complaint",
        "/desk/c/leave",
        "/desk/c/bills",
        "/desk/c/acts/none",
        "/desk/c/left",
        "/desk/c/out",
        "/desk/public/complaint",
        "/desk/public/complaint/state",
    ):
        page.goto(path)
        found += wrong_with(page)
    people.close()
    assert found == []


@pytest.mark.slow
def test_a_till_sees_by_itself_that_it_was_paid_by_a_phone_without_javascript(
    site: SimpleNamespace, chromium: Browser
) -> None:
    till, payer = phone(site, chromium), phone(site, chromium, java_script_enabled=False)
    shop = joined(site, till.new_page(), site.merchant, label="«Ак-Буура» наабайканасы")
    complaints: list[str] = []
    shop.on("console", lambda message: complaints.append(message.text))
    shop.goto("/desk/c/bills")
    shop.fill("#amount", "80,25")
    shop.fill("#ref", "Эки нан")
    shop.click("main form button[type=submit]")
    shop.wait_for_selector("#bill svg.qr-drawing")
    shop.click("summary")
    link = shop.inner_text("#link")
    page = joined(site, payer.new_page(), site.customer)
    page.goto(link)
    asked = page.inner_text("main").replace("\u00a0", " ")
    assert "«Ак-Буура» наабайканасы" in asked
    assert "80,25 сом" in asked
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile("/desk/c/acts/"))
    assert "Төлөндү" in page.inner_text("h1")
    shop.wait_for_selector("#bill .verdict-good", timeout=15_000)
    assert [each for each in complaints if "preload" not in each] == []
    till.close()
    payer.close()
