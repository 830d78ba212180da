"""The pages of own wallets in a real Chromium, on a phone and a desk, in three languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from playwright.sync_api import Browser

from tests.web.served import served
from tests.web.test_in_a_browser import PERMIT, chromium, context, look  # noqa: F401
from tests.web.world import World

PLACE = f"/desk/permits/{PERMIT}/wallets"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        assert desk.granted() == PERMIT
        yield desk, url


@pytest.mark.parametrize(
    "lang", ["ky", *(pytest.param(each, marks=pytest.mark.slow) for each in ("ru", "en"))]
)
def test_a_wallet_joins_by_the_pages_alone(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
    lang: str,
) -> None:
    account = Account.create()
    width = {"ky": 390, "ru": 1280, "en": 390}[lang]
    browser = context(site, chromium, "bakyt", lang=lang, width=width, java_script_enabled=True)
    page = browser.new_page()
    assert look(page, PLACE) == []
    page.fill('[name="address"]', account.address)
    page.fill('[name="name"]', "deployer")
    page.locator('main form[action$="/wallets"] button').click()
    page.wait_for_selector("#challenge-text")
    assert look(page, page.url) == []
    _shot(page, f"challenge-{lang}")
    text = page.evaluate("document.querySelector('#challenge-text').textContent")
    signed = account.sign_message(encode_defunct(text=text)).signature.hex()
    page.fill('[name="signature"]', "0x" + signed.removeprefix("0x"))
    page.locator('main form[action$="/answer"] button').click()
    page.wait_for_url(f"**{PLACE}")
    assert account.address in page.locator("main").inner_text()
    assert look(page, PLACE) == []
    _shot(page, f"wallets-{lang}")
    browser.close()


def _shot(page, name: str) -> None:
    folder = os.environ.get("SYNAK_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
