"""Confirming an act at a provider, in a real Chromium: without scripts, and looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.domain.outside_accounts import How, OidcProvider, OutsideAccount
from sandbox.services.oidc import Oidc
from tests.support.oidc import CLIENT, SECRET, Provider
from tests.support.oidc import served as provided
from tests.web.served import served
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser
from tests.web.world import World

pytestmark = pytest.mark.slow


class Site(Provider):
    """The provider with its page: a way to sign in, and one to cancel."""

    def answer(self, method: str, path: str, form: dict[str, str], basic: str) -> tuple[int, Any]:
        if path.startswith("/authorize?"):
            back = self.log_in(self.url + path)
            cancel = back.replace("code=", "error=access_denied&was=")
            return 200, f'<a href="{back}">Let me in</a> <a href="{cancel}">Cancel</a>'.encode()
        return super().answer(method, path, form, basic)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, str]]:
    with (
        served(tmp_path_factory.mktemp("desk"), host="localhost", passkeys=True) as (desk, url),
        provided(Site(claims={"sub": "u-ermek"})) as uni,
    ):
        file_id = desk.under_review()
        entry = OidcProvider("uni", "Kyrgyz University", uni.url, CLIENT)
        desk.parts = replace(desk.parts, outside={"uni": Oidc(entry, SECRET, url)})
        desk.app.state.parts = desk.app.state.reception.parts = desk.parts
        with desk.parts.store.unit() as u:
            at = desk.clock.now()
            u.outside.add(
                OutsideAccount("one", "uni", uni.url, "u-ermek", "ermek", How.OWN, bound_at=at)
            )
            u.commit()
        yield desk, url, file_id


def asked(page: Page, file_id: str, text: str) -> None:
    """A regulator asks the applicant something, and is asked who is there."""
    page.goto(f"/desk/files/{file_id}")
    form = page.locator(f'form[action="/desk/files/{file_id}/questions"]')
    for fold in page.locator("details:not([open])", has=form).all():
        fold.locator("summary").first.click()
    form.locator('[name="text"]').fill(text)
    form.locator('[name="due"]').fill("2026-12-10")
    form.get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()


def questions(desk: World) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        return [each.text for each in u.questions.select()]


def test_an_act_is_confirmed_without_scripts(
    site: tuple[World, str, str],
    chromium: Browser,  # noqa: F811
) -> None:
    desk, url, file_id = site
    browser = context((desk, url), chromium, "ermek", lang="en", java_script_enabled=False)
    page = browser.new_page()
    asked(page, file_id, "Who holds the keys?")
    page.get_by_role("link", name="Sign in again: Kyrgyz University").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("outside.refused")
    page.get_by_role("link", name="Sign in again: Kyrgyz University").click()
    page.get_by_role("link", name="Let me in").click()
    expect(page.get_by_role("heading", name="Confirmed: now do it")).to_be_visible()
    assert questions(desk) == []
    page.get_by_role("button", name="Do it now").click()
    page.wait_for_url(re.compile(rf"/desk/files/{file_id}"))
    assert questions(desk) == ["Who holds the keys?"]
    page.go_back()
    expect(page.get_by_role("heading", name="Sent already")).to_be_visible()
    page.get_by_role("button", name="Send once more").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert questions(desk) == ["Who holds the keys?"]
    browser.close()


def test_its_pages_have_no_findings(
    site: tuple[World, str, str],
    chromium: Browser,  # noqa: F811
) -> None:
    desk, url, file_id = site
    browser = context((desk, url), chromium, "ermek", lang="en", width=360, color_scheme="dark")
    page = browser.new_page()
    asked(page, file_id, "And who signs?")
    way = page.get_by_role("link", name="Sign in again: Kyrgyz University").get_attribute("href")
    waiting = way.removesuffix("/uni")
    assert look(page, waiting) == []
    page.get_by_role("link", name="Sign in again: Kyrgyz University").click()
    page.get_by_role("link", name="Let me in").click()
    expect(page.get_by_role("heading", name="Confirmed: now do it")).to_be_visible()
    assert page.url == url + waiting, "nothing of the provider stays in the address"
    assert look(page, waiting) == []
    page.get_by_role("button", name="Do it now").press("Enter")
    page.wait_for_url(re.compile(rf"/desk/files/{file_id}"))
    assert look(page, waiting) == []
    expect(page.get_by_role("heading", name="Sent already")).to_be_visible()
    assert "And who signs?" in questions(desk)
    browser.close()
