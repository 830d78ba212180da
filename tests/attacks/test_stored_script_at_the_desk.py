"""Script that people store in what they type, hand in, are called and teach, on the desk's pages.

Everything that is typed while a course lives (`tests.web.school_world`) ends with a text that
breaks out of whatever it stands in; then every page that somebody of the course reaches is opened
in a real browser.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.attacks.scripts import RAN, SHORT, TEXTS, Watch
from tests.web import course_world, full_world, school_world, sweep
from tests.web.served import served
from tests.web.test_every_page import OPEN
from tests.web.test_in_a_browser import chromium, context
from tests.web.world import Browser as Forms
from tests.web.world import World

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
READERS = ("kanat", "sultan", "burul", "lira", "operator", None)
LESSON = "\n\n".join(TEXTS)
QUIZ = f"""
draw: 1
questions:
  - {{id: key, outcome: keys, ask: {json.dumps(LESSON)}, why: {json.dumps(LESSON)},
     one: [{{right: {json.dumps(SHORT)}}}, {{wrong: {json.dumps(TEXTS[1])}}}]}}
"""


class Attacker(Forms):
    """Ends every sentence that is typed with a script, where the desk takes it."""

    taken = 0

    def post(self, path: str, fields: dict[str, str] | None = None, **options: Any) -> Any:
        """Post a form with scripts; as it was meant, when those are refused."""
        hostile = {
            name: f"{value} {SHORT}" if " " in value and not name.startswith("_") else value
            for name, value in (fields or {}).items()
        }
        if hostile != (fields or {}):
            answer = super().post(path, hostile, **options)
            if answer.status_code < 400:
                Attacker.taken += 1
                return answer
        return super().post(path, fields, **options)


def graded_with_scripts(monkey: pytest.MonkeyPatch) -> None:
    """What the tests of a hostile submission say: its own words, in titles, names and messages."""
    honest = course_world.SetGrader.grade

    def grade(self: Any, job: str) -> dict[str, Any]:
        found = honest(self, job)
        for each in found["notebooks"][0]["cells"]:
            each["title"] += SHORT
            each["reason"] |= {"message": SHORT, "name": SHORT}
        return found

    monkey.setattr(course_world.SetGrader, "grade", grade)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with (
        served(tmp_path_factory.mktemp("desk"), host="localhost") as (found, url),
        pytest.MonkeyPatch.context() as monkey,
    ):
        called = {
            name: (f"{shown} {SHORT}", *more)
            for name, (shown, *more) in full_world.MORE_PEOPLE.items()
        }
        monkey.setattr(full_world, "MORE_PEOPLE", called)
        full_world._people(found)
        found.browser = lambda name, lang="en": Attacker(found, name, lang)
        graded_with_scripts(monkey)
        school_world.fill(found)
        course_world.release(found, LESSON, SHORT, QUIZ)
        course_world.hand_in(found, "lira", f'"""{LESSON}"""')
        del found.browser
        yield found, url


def pages_of(desk: World, reader: str | None) -> list[str]:
    """One address of each kind that somebody reaches by links."""
    return list(sweep.walk(desk.browser(reader).client, ["/desk/"], 3))


@pytest.mark.parametrize("reader", READERS)
def test_nothing_that_was_typed_runs(desk, chromium: Browser, reader):
    world, url = desk
    people = context(desk, chromium, reader)
    watch, page, armed, seen = Watch(people), people.new_page(), [], 0
    for path in pages_of(world, reader):
        page.goto(url + path)
        page.evaluate(OPEN)
        armed += [f"{path}: {each}" for each in watch.look(page)]
        seen += RAN in page.content()
    people.close()
    assert armed == []
    assert watch.all == []
    assert seen > 0 or reader is None, "no script was on any page"
