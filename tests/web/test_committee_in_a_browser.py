"""The Committee's pages in a real Chromium: axe, widths, and a vote recorded by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.web.served import served
from tests.web.test_committee_pages import BASE, ballot_path, constitute, signed, sitting_with
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser
from tests.web.world import PASSWORD, World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        first = desk.under_review()
        constitute(desk)
        place = sitting_with(desk, first)
        feruza = desk.browser("feruza")
        votes = {"vote.ermek": "for", "vote.gulnara": "abstain", "opinion.gulnara": "I doubt it."}
        form = {"motion": "recommend_grant", "text": "At most 20 customers."} | votes
        feruza.act(ballot_path(feruza.get(place).text), form)
        feruza.act(f"{place}/end")
        signed(desk, place)
        second = desk.under_review()
        form = {"account": "timur", "subject": "Is the plan sound?", "until": "2026-12-10"}
        desk.browser("ermek").act(f"/desk/files/{second}/experts", form)
        sitting_with(desk, second)
        yield desk, url


def _pages(desk: World) -> list[tuple[str, str]]:
    invitation = re.search(r"/desk/expert/[0-9a-f]+", desk.browser("timur").get("/desk/").text)[0]
    return [
        ("feruza", BASE),
        ("feruza", f"{BASE}/sittings/S-2026-0001"),
        ("feruza", f"{BASE}/sittings/S-2026-0002"),
        ("feruza", f"{BASE}/minutes/M-2026-0001"),
        ("feruza", "/desk/files/F-2026-0001"),
        ("feruza", "/desk/files/F-2026-0002"),
        ("timur", "/desk/"),
        ("timur", "/desk/expert"),
        ("timur", invitation),
    ]


@pytest.mark.parametrize(
    ("width", "scheme", "lang"), [(1280, "light", "ru"), (390, "dark", "ky"), (360, "light", "en")]
)
def test_no_page_has_serious_findings_or_scrolls_sideways(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
    width: int,
    scheme: str,
    lang: str,
) -> None:
    found = []
    for name, path in _pages(site[0]):
        people = context(
            site, chromium, name, lang=lang, width=width, color_scheme=scheme, bypass_csp=True
        )
        found += look(people.new_page(), path)
        people.close()
    assert found == []


def test_a_vote_is_recorded_by_keyboard_alone_and_followed_live(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
) -> None:
    path = f"{BASE}/sittings/S-2026-0002"
    reader = context(site, chromium, "jyldyz", lang="en").new_page()
    reader.goto(path)
    assert reader.get_by_text("Vote 1:").count() == 0
    page = context(site, chromium, "feruza", lang="en", java_script_enabled=False).new_page()
    page.goto(path)
    page.locator("select[name=motion]").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("No advertising.")
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.fill("input[name=_password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The vote is recorded.")
    assert page.get_by_text("No advertising.").count() == 1
    reader.wait_for_selector("text=Vote 1:", timeout=15_000)
