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

from sandbox.domain.coursework import Bundle
from sandbox.domain.receipts import receipt_text
from sandbox.services import classroom_exchange
from tests.attacks.scripts import RAN, SHORT, TEXTS, Watch
from tests.web import course_world, full_world, marking_world, school_world, sweep
from tests.web.served import served
from tests.web.test_every_page import OPEN
from tests.web.test_in_a_browser import chromium, context
from tests.web.world import Browser as Forms
from tests.web.world import World

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
READERS = ("kanat", "sultan", "burul", "lira", "operator", None)
MEANT = {
    "kanat": (
        "/marking/lab/",
        "/similarity/",
        "/students/",
        "/lesson",
        "/sheets/",
        "/people",
        "/exams/",
    ),
    "lira": ("/lesson", "/quiz", "/similarity/"),
}
"""Pages that have to be among those looked at, by a part of their address."""
ODD = "; RAN() (1) [x](y) {7} #a=b!@, алма.txt"
"""As odd as a file's name may be."""
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
        monkey.setattr(school_world, "ALIKE", f"{school_world.ALIKE}\nsaid = {LESSON!r}\n")
        graded_with_scripts(monkey)
        school_world.fill(found)
        course_world.release(found, LESSON, SHORT, QUIZ)
        marking_world.write(found, "lira", LESSON, "essay")
        marking_world.graded(found, "essay", again=True)
        del found.browser
        yield found, url


def pages_of(desk: World, reader: str | None) -> list[str]:
    """One address of each kind that somebody reaches by links."""
    return list(sweep.walk(desk.browser(reader).client, ["/desk/"], 3))


@pytest.mark.parametrize("reader", READERS)
def test_nothing_that_was_typed_runs(desk, chromium: Browser, reader):
    world, url = desk
    people, paths = context(desk, chromium, reader), pages_of(world, reader)
    assert [each for each in MEANT.get(reader, ()) if not any(each in path for path in paths)] == []
    watch, page, armed, seen = Watch(people), people.new_page(), [], 0
    for path in paths:
        page.goto(url + path)
        page.evaluate(OPEN)
        armed += [f"{path}: {each}" for each in watch.look(page)]
        seen += RAN in page.content()
    people.close()
    assert armed == []
    assert watch.all == []
    assert seen > 0 or reader is None, "no script was on any page"


def test_forms_took_scripts(desk):
    assert Attacker.taken >= 6


@pytest.mark.parametrize("said", ["as it was given", "with other names"])
def test_nothing_runs_when_a_receipt_is_checked(desk, chromium: Browser, tmp_path, said):
    world, url = desk
    files = {"lab.ipynb": course_world.notebook("Double a number.", "1"), ODD: b"text"}
    receipt = course_world.enter(
        world,
        "lira",
        lambda room: classroom_exchange.submit(room, course_world.LAB, Bundle.of(files)),
    )
    text = receipt_text(receipt)
    if said == "with other names":
        text = text.replace(ODD, SHORT.replace('"', "'")).replace("digital-money", "<svg onload=1>")
    kept = tmp_path / "receipt.json"
    kept.write_text(text)
    people = context(desk, chromium, "lira", lang="en")
    watch, page = Watch(people), people.new_page()
    page.goto(f"{url}/desk/receipts")
    page.set_input_files("#receipt", kept)
    page.click("text=Check the receipt >> nth=-1")
    page.wait_for_selector("#result, #problem")
    assert (ODD in page.inner_text("main")) == (said == "as it was given")
    assert watch.look(page) == []
    people.close()
    assert watch.all == []
