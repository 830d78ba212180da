"""An exam's pages at phone and desk width, in the reader's words, and a start by keyboard."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import node_modules
from tests.web import sweep
from tests.web.exam_desk import EXAM, EXAMS, opened, planned, rooms, started
from tests.web.full_world import Full
from tests.web.served import served
from tests.web.test_every_page import Found, _browser, _look
from tests.web.test_in_a_browser import chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url):
        planned(desk)
        started(desk, "lira")
        teacher, room = desk.browser("kanat"), rooms(desk)[0]
        for path, fields in (
            ("pause", {"for": f"room.{room}", "reason": "Өрт коңгуроосу."}),
            ("extra", {"student": "lira", "minutes": "200", "reason": "Ооруп калды."}),
            ("incidents", {"about": "student.lira", "text": "Телефон шыңгырады."}),
        ):
            assert teacher.post(f"{EXAM}/{path}", fields).status_code == 303
        yield Found(Full(desk, {}), url)


def pages(world):
    """Each page of an exam with its reader."""
    code = f"{EXAM}/rooms/{rooms(world.full.desk)[0]}"
    return [
        *(("kanat", each) for each in (EXAMS, EXAM, f"{EXAM}/plan", code, f"{code}/attendance")),
        *(("lira", each) for each in (EXAMS, EXAM)),
        ("marat", EXAM),
    ]


def test_every_page_is_in_its_readers_language_with_a_title_of_its_own(world):
    desk, found, titles = world.full.desk, [], {}
    typed = sweep.typed_words(desk)
    for name, path in pages(world):
        seen = sweep.read(desk.browser(name, "ky").client.get(path).text)
        assert seen.lang == "ky"
        found += sweep.wrong_words(path, seen, typed) + sweep.wrong_frame(seen)
        if name == "kanat":
            titles[path] = seen.title
    assert found + sweep.same_titles(titles) == []


@pytest.mark.parametrize(("width", "scheme", "lang"), [(360, "dark", "ky"), (1280, "light", "ru")])
def test_the_pages_have_no_findings(world, chromium, width, scheme, lang):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    found = []
    for name, path in pages(world):
        page = _browser(world, chromium, name, width=width, scheme=scheme, lang=lang)
        found += _look(page, path, axe)
        page.context.close()
    assert found == []


def test_a_student_starts_with_the_keyboard_on_a_phone(world, chromium):
    code = opened(world.full.desk, rooms(world.full.desk)[0])
    page = _browser(world, chromium, "marat", width=360, scheme="light", lang="en")
    page.goto(EXAM)
    page.focus("#code")
    page.keyboard.type(code.lower())
    page.keyboard.press("Enter")
    page.wait_for_selector("#time")
    assert "60 min left" in page.inner_text("#time")
    page.context.close()
