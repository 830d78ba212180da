"""A launch from another site in a real Chromium: which cookies come along; what a frame does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from sandbox.domain.lti import LtiPlatform
from sandbox.services.keyed import Keyed
from sandbox.services.lti import Lti
from tests.support.lti import DEPLOYMENT, Platform
from tests.support.oidc import CLIENT
from tests.support.oidc import served as provided
from tests.web.served import served
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser
from tests.web.world import World

pytestmark = pytest.mark.slow


class Site(Platform):
    """The platform with its pages: a course with the link, and one with the link in a frame."""

    desk = ""

    def answer(self, method: str, path: str, form: dict[str, str], basic: str) -> tuple[int, Any]:
        begin = f"{self.desk}/desk/lti/moodle/login?{urlencode(self.hints())}"
        if path == "/course":
            return 200, f'<a href="{begin}">Go</a>'.encode()
        if path == "/frame":
            return 200, f'<iframe src="{begin}"></iframe>'.encode()
        if path.startswith("/authorize?"):
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{value}">'
                for name, value in self.form(self.url + path).items()
            )
            action = f"{self.desk}/desk/lti/moodle/launch"
            posted = f'<form method="post" action="{action}">{fields}</form>'
            return 200, f"{posted}<script>document.forms[0].submit()</script>".encode()
        return super().answer(method, path, form, basic)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, Site]]:
    with (
        served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url),
        provided(Site()) as moodle,
    ):
        moodle.desk, moodle.target = url, f"{url}/desk/courses"
        entry = LtiPlatform(
            *("moodle", "Moodle", moodle.url, CLIENT, (DEPLOYMENT,)),
            *(f"{moodle.url}/keys", f"{moodle.url}/authorize"),
        )
        desk.parts = replace(desk.parts, lti={"moodle": Lti(entry, url, Keyed("session-secret"))})
        desk.app.state.parts = desk.parts
        desk.app.state.reception.parts = desk.parts
        yield desk, url, moodle


def named(browser: BrowserContext) -> set[str]:
    return {each["name"] for each in browser.cookies()}


def test_a_launch_from_another_site_comes_with_the_cookie_of_its_beginning(
    site: tuple[World, str, Site],
    chromium: Browser,  # noqa: F811
) -> None:
    desk, url, moodle = site
    browser = context((desk, url), chromium, None, lang="en", width=360)
    page = browser.new_page()
    page.goto(f"{moodle.url}/course")
    page.get_by_role("link", name="Go").click()
    expect(page.get_by_role("heading", name="Not known here yet")).to_be_visible()
    assert page.url == f"{url}/desk/outside"
    assert "synak_lti" not in named(browser), "used up"
    assert look(page, "/desk/outside") == []
    page.get_by_label("Code").fill("AAAA-AAA-AAA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("sign_in.wrong_code")


def test_who_is_signed_in_links_and_comes_again(
    site: tuple[World, str, Site],
    chromium: Browser,  # noqa: F811
) -> None:
    desk, url, moodle = site
    browser = context((desk, url), chromium, "lira", lang="en", width=360)
    page = browser.new_page()
    page.goto(f"{moodle.url}/course")
    page.get_by_role("link", name="Go").click()
    page.get_by_role("button", name="Link the account").wait_for()
    assert look(page, "/desk/me/outside") == []
    page.get_by_role("button", name="Link the account").click()
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Confirm and go on").click()
    expect(page.get_by_role("button", name="Take back Moodle")).to_be_visible()
    assert look(page, "/desk/me/outside") == []
    fresh = context((desk, url), chromium, None, lang="en").new_page()
    fresh.goto(f"{moodle.url}/course")
    fresh.get_by_role("link", name="Go").click()
    fresh.wait_for_url(f"{url}/hub/outside?next=%2Fdesk%2Fcourses")
    assert "synak_arrival" in named(fresh.context)


def test_in_a_frame_nobody_is_signed_in(
    site: tuple[World, str, Site],
    chromium: Browser,  # noqa: F811
) -> None:
    _, url, moodle = site
    browser = chromium.new_context()
    page = browser.new_page()
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(f"{answer.status} {answer.url}"))
    page.goto(f"{moodle.url}/frame")
    page.wait_for_timeout(3000)
    assert any(" " + url + "/desk/lti/moodle/login" in each for each in asked), asked
    assert "synak_arrival" not in named(browser)
    browser.close()
