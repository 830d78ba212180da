"""A teacher's pages of an assignment at phone and desk width, and progress that shows itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.toolchain.layout import node_modules
from tests.web.course_world import PAGE, grade, hand_in, worker
from tests.web.full_world import Full
from tests.web.served import served
from tests.web.test_course_assignment import CHANGES, CLASS, FULL, HALF, NONE, STUDENT, TASKS
from tests.web.test_course_assignment import more_students as enrolled
from tests.web.test_course_time import DUE, seat
from tests.web.test_every_page import Found, _browser, _look
from tests.web.test_in_a_browser import chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url):
        seat(desk)
        desk.browser("kanat").post(f"{CLASS}/due", {"due": DUE})
        names = enrolled(desk, 60)
        for name in ("lira", *names[:9]):
            hand_in(desk, name, name)
        first = {name: (FULL, HALF, NONE)[place % 3] for place, name in enumerate(names)}
        grade(desk, first | {"lira": HALF})
        grade(desk, first | {"lira": FULL, "s002": HALF}, "regrade")
        yield Found(Full(desk, {}), url)


@pytest.mark.parametrize("path", [PAGE, CLASS, TASKS, CHANGES, STUDENT])
@pytest.mark.parametrize(("width", "scheme", "lang"), [(360, "dark", "ky"), (1280, "light", "ru")])
def test_the_pages_have_no_findings(world, chromium, path, width, scheme, lang):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    page = _browser(world, chromium, "kanat", width=width, scheme=scheme, lang=lang)
    assert _look(page, path, axe) == []
    page.context.close()


def test_looking_as_a_student_has_no_findings(world, chromium):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    page = _browser(world, chromium, "kanat", width=360, scheme="light", lang="ky")
    page.goto(STUDENT)
    page.focus(f'form[action="{STUDENT}/as-student"] button')
    page.keyboard.press("Enter")
    page.wait_for_url("**/as-student")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_progress_shows_itself_until_grading_is_over(world, chromium):
    desk = world.full.desk
    desk.clock.forward(timedelta(minutes=1))
    for name in ("s020", "s021", "s022"):
        hand_in(desk, name, name)
    desk.browser("kanat").post(f"{CLASS}/grade")
    page = _browser(world, chromium, "kanat", width=1280, scheme="light", lang="en")
    page.goto(CLASS)
    assert "0 of 3" in page.inner_text("#progress")
    page.fill("#q", "half typed")
    queue = worker(desk, dict.fromkeys(("s020", "s021", "s022"), FULL))
    queue.work_once()
    queue.work_once()
    page.wait_for_function("document.querySelector('#progress').innerText.includes('2 of 3')")
    assert "min" in page.inner_text("#progress")
    queue.work_once()
    page.wait_for_selector("#progress a >> text=Show the marks")
    assert page.input_value("#q") == "half typed"
    page.context.close()
