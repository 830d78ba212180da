"""A whole trial by people who have a keyboard and nothing else: applied for, signed, decided, an
alert closed, stopped. Once with scripts and once without any.

Nothing here clicks or sets a focus: each step presses Tab from where the page left the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.alert_desk import look_at_payments, with_ledger
from tests.web.seams import PASSWORD
from tests.web.served import served
from tests.web.test_in_a_browser import chromium, context  # noqa: F401 - the browser
from tests.web.world import ANSWERS, LIMITS, World

pytestmark = pytest.mark.slow
FURTHEST = 200
"""A reader who presses Tab more often has lost the way."""
SECTIONS = ("product", "applicant", "test", "rules", "documents", "limits", "check")
NUMBER = "SB-2026-0001"


class Keys:
    """Somebody's hands on a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, selector: str, said: str = "") -> Keys:
        """Press Tab until what is wanted has the focus."""
        matches = "([selector, said]) => document.activeElement.matches(selector)"
        matches += " && document.activeElement.innerText.includes(said)"
        for _ in range(FURTHEST):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(matches, [selector, said]):
                return self
        raise AssertionError(f"no way by Tab to {selector} {said} on {self.page.url}")

    def press(self, key: str = "Enter") -> Keys:
        """One key."""
        self.page.keyboard.press(key)
        return self

    def write(self, text: str) -> Keys:
        """Type over what a field holds."""
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        return self

    def follow(self, selector: str, said: str = "") -> Keys:
        """Press Enter on a link or button, and wait for the page that it leads to."""
        self.to(selector, said)
        with self.page.expect_navigation():
            self.press()
        return self

    def act(self, selector: str, said: str = "") -> Keys:
        """The same for an act of law; where the password is asked for, its field has the focus."""
        self.follow(selector, said)
        if self.page.locator("#password").count():
            expect(self.page.locator("#password")).to_be_focused(timeout=30_000)
            self.page.keyboard.type(PASSWORD)
            with self.page.expect_navigation():
                self.press()
        assert "said=" in self.page.url, self.page.inner_text("main")
        return self


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, str, bool]]:
    with served(tmp_path_factory.mktemp("desk")) as (desk, url):
        yield desk, url, request.param


def test_a_trial_from_the_application_to_its_stop_by_keyboard_alone(
    site: tuple[World, str, bool],
    chromium: Browser,  # noqa: F811
) -> None:
    desk, url, scripts = site

    def keys(name: str, path: str) -> Keys:
        people = context((desk, url), chromium, name, lang="en", java_script_enabled=scripts)
        page = people.new_page()
        page.goto(path)
        return Keys(page)

    file_id = _apply(keys("aigul", "/desk/"))
    sponsor = keys("damira", "/desk/").follow("a.row-link", ANSWERS["product"])
    sponsor.to("#understood").press("Space").act("button", "Sign")
    assert "Signed" in sponsor.page.inner_text("[role=status]")

    author = keys("ermek", "/desk/").follow("a.row-link", ANSWERS["product"])
    author.act("button", "Take up")
    author.to("#grant-reasons").write("Small, capped, with a sponsor.")
    author.act("button", "Propose the grant")
    second = keys("feruza", "/desk/").follow("a.row-link", ANSWERS["product"])
    second.act("button", "Countersign")
    assert desk.in_force(file_id) == NUMBER

    _close_an_alert(desk, keys("ermek", "/desk/"))

    stop = keys("ermek", "/desk/").follow("a", "Live console")
    stop.to("#acts summary", "Suspend").press()
    stop.to("#suspend-reasons").write("Payments that nobody can explain.")
    stop.to("#suspend-understood").press("Space").act("button", "Suspend")
    assert "suspended" in stop.page.inner_text("[role=status]")


def _apply(keys: Keys) -> str:
    keys.follow("button", "New application")
    for section in SECTIONS[:-1]:
        typed = ANSWERS | {each: value for each, value in LIMITS.items() if value != "yes"}
        fields = keys.page.evaluate(
            "[...document.querySelectorAll('main form [name]')].map(each => each.name)"
        )
        if "asset.KGST" in fields and not keys.page.is_checked("[name='asset.KGST']"):
            keys.to("[name='asset.KGST']").press("Space")
        for name in (each for each in fields if each in typed):
            keys.to(f"[name='{name}']")
            if name == "sponsor":
                keys.page.keyboard.type("Ala-Too")
            else:
                keys.write(typed[name])
        if section == "documents":
            keys.follow("a", "Limits")
        else:
            keys.follow("button", "Save and go on")
    keys.act("button", "Submit the application")
    return re.search(r"F-\d{4}-\d{4}", keys.page.url)[0]


def _close_an_alert(desk: World, keys: Keys) -> None:
    desk.granted = lambda: NUMBER  # type: ignore[method-assign]
    with_ledger(desk)
    look_at_payments(desk)
    keys.follow("a", "Supervision").follow("a", "Alerts").follow("a.row-link")
    keys.to("#close-closing").page.keyboard.type("False")
    keys.to("#close-text").write("One shop's evening.")
    keys.follow("button", "Close the alert")
    assert "False alarm" in keys.page.inner_text("main .head")
