"""Passkeys in a real Chromium with its virtual authenticator: add one, confirm with it, fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.web.served import served
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser
from tests.web.world import PASSWORD, World

pytestmark = pytest.mark.slow
MINE = "/desk/me/passkeys"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, host="localhost", passkeys=True) as (desk, url):
        desk.under_review()
        yield desk, url


def _device(page: Page, *, verified: bool = True) -> None:
    """A platform authenticator of Chromium's own, as its developer tools make it."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _ask(page: Page, text: str) -> None:
    page.goto("/desk/files/F-2026-0001")
    form = page.locator("form[action$='/questions']").first
    box = form.locator("textarea[name=text]")
    if not box.is_visible():
        form.locator("xpath=ancestor::details/summary").first.click()
    box.fill(text)
    form.locator("button[type=submit]").first.click()


def _asked(desk: World) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        return [each.text for each in u.questions.select()]


def test_a_person_adds_a_passkey_and_decides_with_it(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
) -> None:
    page = context(site, chromium, "ermek", lang="en").new_page()
    _device(page)
    page.goto(MINE)
    page.get_by_label("What it is called").fill("Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm and go on").click()
    page.get_by_role("row", name="Work laptop").wait_for()
    fresh = context(site, chromium, "ermek", lang="en").new_page()
    _device(fresh)
    _ask(fresh, "Asked with another device?")
    fresh.get_by_role("button", name="Confirm with a passkey").click()
    fresh.get_by_text("The browser gave no passkey").wait_for()
    assert _asked(site[0]) == []
    page.context.clear_cookies()
    value, _ = site[0].sessions.open("ermek", site[0].hub.token_for("ermek"), site[0].clock.now())
    page.context.add_cookies(
        [{"name": site[0].sessions.cookie, "value": value, "url": f"{site[1]}/desk/"}]
    )
    _ask(page, "Asked\nin two lines?")
    page.get_by_role("button", name="Confirm with a passkey").click()
    page.wait_for_url("**/desk/files/F-2026-0001*")
    assert [each.split() for each in _asked(site[0])] == [["Asked", "in", "two", "lines?"]]


@pytest.mark.parametrize(("width", "scheme", "lang"), [(1280, "light", "ru"), (360, "dark", "ky")])
def test_the_pages_have_no_serious_findings(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
    width: int,
    scheme: str,
    lang: str,
) -> None:
    people = context(
        site, chromium, "feruza", lang=lang, width=width, color_scheme=scheme, bypass_csp=True
    )
    assert look(people.new_page(), MINE) == []
    people.close()


def test_without_a_script_the_page_says_so(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
) -> None:
    people = context(site, chromium, "feruza", lang="en", java_script_enabled=False)
    page = people.new_page()
    page.goto(MINE)
    assert page.get_by_text("A passkey needs JavaScript in this browser").is_visible()
    assert not page.get_by_role("button", name="Add a passkey").is_visible()
    people.close()
