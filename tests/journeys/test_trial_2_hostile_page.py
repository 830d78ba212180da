"""A regulator opens a hostile page at a user's own address: it can neither read nor post.

The attacker's page lies on another host name of the same site, so that the browser
sends the regulator's cookies along: everything depends on what the desk checks. No server
lets its user's program answer there (``tests/hub/test_own_configuration.py``); here the page
comes from the same host name by a port of its own, which to cookies is the same.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from tests.journeys import hostile_page
from tests.journeys.stage import DEVELOPER, REGULATOR

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def attacked(stage):
    """The regulator, signed in at the desk, has opened the hostile page.

    Returns:
        The regulator, what the page's script found, and the desk's answers meanwhile.
    """
    system = stage.system
    permit, file = stage.permit or "SB-2026-0001", stage.file or "F-2026-0001"
    regulator = stage.people.fresh(REGULATOR).sign_in()
    regulator.open("/desk/sign-in")
    regulator.open("/desk/files")
    before = len(system.log("desk").splitlines())
    standing = stage.public() if stage.permit else None
    host = urlsplit(system.server_url(DEVELOPER)).hostname
    with hostile_page.served(system.url, permit, file) as port:
        regulator.page.goto(f"http://{host}:{port}/prize")
        assert regulator.page.locator("h1").inner_text() == "You have won"
        regulator.page.evaluate("window.done")
        found = regulator.page.evaluate("window.found")
    answers = []
    for line in system.log("desk").splitlines()[before:]:
        if line.startswith("{"):
            entry = json.loads(line)
            if entry.get("event") == "desk.answered":
                answers.append(entry)
    return regulator, found, answers, standing


def test_nothing_of_the_desk_or_the_hub_can_be_read(attacked):
    _, found, _, _ = attacked
    readings = {name: said for name, said in found.items() if name.startswith("read ")}
    assert len(readings) >= 8
    opaque = readings.pop("read opaque")
    assert opaque in {"opaque:", "stopped: TypeError"}, opaque
    for name, said in readings.items():
        assert said.startswith("stopped: "), (name, said)


def test_no_answer_to_a_post_can_be_read(attacked):
    _, found, _, _ = attacked
    for name, said in found.items():
        if name.startswith("post cors"):
            assert said.startswith("stopped: "), (name, said)
        if name.startswith("post opaque"):
            assert said in {"opaque:", "stopped: TypeError"}, (name, said)


def test_the_posts_reached_the_desk_and_every_one_was_refused(attacked):
    _, _, answers, _ = attacked
    posts = [each for each in answers if each["method"] == "POST"]
    assert len(posts) >= 10, "the attack did not reach the desk: the test would prove nothing"
    assert {each["status"] for each in posts} <= {403}, posts


def test_the_permit_stands_as_before(attacked, stage):
    *_, standing = attacked
    if standing is not None:
        now = stage.public()
        assert (now["standing"], now["version"]) == (standing["standing"], standing["version"])


def test_the_desk_cannot_be_framed(attacked, stage):
    regulator, *_ = attacked
    framed = [frame.url for frame in regulator.page.frames if frame.name != "hole"][1:]
    assert framed, "the frame was not even tried"
    for url in framed:
        assert not url.startswith(stage.system.url), url


def test_a_tossed_cookie_makes_nobody_else_of_the_regulator(attacked, stage):
    regulator, *_ = attacked
    planted = [each for each in regulator.context.cookies() if each["value"] == "tossed"]
    assert planted, "no cookie was planted: the test would prove nothing"
    page = regulator.open("/desk/files")
    shown = page.locator(".top").inner_text()
    assert DEVELOPER.lower() not in shown.lower()
    regulator.context.clear_cookies(name="synak_desk")
    for each in planted:
        regulator.context.clear_cookies(name=each["name"], domain=each["domain"], path=each["path"])
    regulator.open("/desk/sign-in")
    assert "Ermek" in regulator.open("/desk/").locator(".top").inner_text()
