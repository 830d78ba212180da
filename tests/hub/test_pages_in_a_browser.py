"""The hub's pages as people see them: readable, not too wide, and they lead on."""

import re

import pytest

from tests.support.browser import browsers

PAGES = (
    "/hub/login",
    "/hub/home",
    "/hub/nonsense",
    "/hub/token",
    "/hub/spawn/aigul/permit-sb-2099-0001",
)


@pytest.fixture(scope="module")
def people(running_system):
    """Ends with this file: an open Playwright holds the event loop that others need."""
    with browsers(running_system) as everybody:
        yield everybody


@pytest.mark.parametrize(
    ("language", "phone"),
    [("ky", True), ("ru", False), pytest.param("ru", True, marks=pytest.mark.slow)],
)
def test_pages_are_accessible_and_fit(people, language, phone):
    visitor = people.fresh("aigul", language=language, phone=phone)
    visitor.open("/hub/login")
    _well(visitor, f"hub-login-{language}-{'phone' if phone else 'desktop'}")
    visitor.sign_in()
    for path in PAGES[1:]:
        visitor.open(path)
        name = path.strip("/").replace("/", "-")
        _well(visitor, f"{name}-{language}-{'phone' if phone else 'desktop'}")


def _well(person, name):
    person.shot(name)
    assert person.serious_findings() == [], name
    assert person.too_wide() <= 0, name
    assert person.errors == [], name


def test_from_the_hubs_menu_to_the_desk_and_signed_in_there(people):
    person = people.fresh("ermek").sign_in()
    person.page.click('nav a[href="/desk/sign-in"]')
    person.page.wait_for_url(re.compile(r"/desk/"))
    person.page.wait_for_selector('form[action="/desk/sign-out"]')


def test_workspace_is_started_and_stopped_from_the_page(people):
    person = people.fresh("marat").sign_in()
    person.page.locator('section[data-server-name=""] a').click()
    person.page.wait_for_url(re.compile(r"marat\.synak\.localhost.*/lab"), timeout=60_000)
    person.open("/hub/home")
    person.page.locator('button[data-stop=""]').click()
    person.page.wait_for_selector('section[data-server-name=""] a[href*="/spawn/"]', timeout=40_000)
