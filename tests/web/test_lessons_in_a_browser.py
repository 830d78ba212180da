"""Lessons and quizzes on a phone: no findings at 360 px, and a whole quiz without JavaScript."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import node_modules
from tests.web.course_world import PAGE
from tests.web.full_world import Full
from tests.web.lesson_world import LESSON, release_real, school
from tests.web.served import served
from tests.web.test_every_page import Found, _browser, _look
from tests.web.test_in_a_browser import chromium, context
from tests.web.test_quizzes import QUIZ, taken

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url):
        school(desk, "asan")
        release_real(desk)
        yield Found(Full(desk, {}), url), taken(desk, "asan", right=False)


@pytest.mark.parametrize(("width", "scheme", "lang"), [(360, "dark", "ky"), (1280, "light", "ru")])
def test_the_pages_have_no_findings(world, chromium, width, scheme, lang):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    found, result = world
    seen = (("lira", LESSON), ("lira", PAGE), ("lira", QUIZ), ("kanat", QUIZ), ("asan", result))
    for who, path in (*seen, *(("asan", f"{result}/{number}") for number in range(1, 6))):
        page = _browser(found, chromium, who, width=width, scheme=scheme, lang=lang)
        assert _look(page, path, axe) == []
        page.context.close()


def test_a_quiz_is_taken_on_a_phone_without_javascript(world, chromium):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    found, _ = world
    place = (found.full.desk, found.url)
    phone = context(place, chromium, "lira", lang="ky", width=360, java_script_enabled=False)
    page = phone.new_page()
    page.goto(QUIZ)
    page.click('form[action$="/quiz"] button')
    for _number in range(5):
        other = _browser(found, chromium, "lira", width=360, scheme="light", lang="ky")
        assert _look(other, page.url, axe) == [], "a question before its answer"
        other.context.close()
        answer(page)
        page.click('form[action*="/quiz/"] button')
        page.click(".lesson-page .actions a")
    assert "ичинен" in page.inner_text("h1")
    phone.close()


def answer(page):
    """Some answer to whatever is asked."""
    if page.locator("#number").count():
        page.fill("#number", "6")
    elif page.locator(".quiz-choice select").count():
        for place in range(page.locator(".quiz-choice select").count()):
            page.select_option(f"#step-{place}", str(place + 1))
    else:
        page.click("label[for=choice-1]")
