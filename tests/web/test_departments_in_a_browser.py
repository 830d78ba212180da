"""A course created, given to another lead and archived by hand on a phone of 360 px."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.served import served
from tests.web.test_departments import DESK, PLACE, faculty
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser
from tests.web.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[World, str]]:
    with served(tmp_path) as found:
        faculty(found[0])
        yield found


def test_a_course_changes_hands_on_a_phone(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
) -> None:
    phone = {"lang": "ky", "width": 360, "color_scheme": "dark", "bypass_csp": True}
    people = context(site, chromium, "burul", **phone)
    page = people.new_page()
    found = look(page, DESK)
    page.fill("[name=leads]", "nobody")
    page.click("form[action$='/courses'] button")
    assert "department.no_teacher" in page.inner_text("#problem")
    assert page.input_value("[name=leads]") == "nobody"
    page.fill("[name=leads]", "olga")
    page.click("form[action$='/courses'] button")
    assert "said=course_created" in page.url
    found += look(page, PLACE)
    page.fill("#leads input[type=text]", "olga")
    page.click("#leads button")
    assert "said=course_reassigned" in page.url
    assert "Olga Kim" in page.inner_text("#leads")
    page.click("#archive button")
    assert "said=course_archived" in page.url
    found += look(page, PLACE)
    found += look(page, DESK)
    assert found == []
