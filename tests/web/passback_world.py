"""For tests of marks that go back: a course, a platform with a grade book, the worker's part."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from sandbox.domain.lti import LtiPlatform
from sandbox.services.passback_delivery import Passback
from sandbox.services.passback_wire import GradeBook
from sandbox.services.publication import Desk
from sandbox.services.tool_keys import ToolKey, new_key, public_half
from sandbox.store.passback_tables import OutsideMarks
from tests.support.grade_book import GradePlatform
from tests.web.course_world import COURSE, LAB, grade, hand_in, release
from tests.web.test_lti import come, configured
from tests.web.test_outside import STUDENT
from tests.web.world import URL, World

CLASS = f"/desk/courses/{COURSE}/{LAB}"
PAGE = f"{CLASS}/passback"
SUBJECT = "m-77"
FULL, HALF = {"q1": 2.0, "q2": 2.0}, {"q1": 2.0, "q2": 0.0}
LONG = timedelta(hours=7)


@lru_cache(maxsize=2)
def key(name: str = "first") -> ToolKey:
    """A key pair of ours; made once."""
    assert name
    return ToolKey(new_key().decode())


def set_up(desk: World, moodle: GradePlatform) -> None:
    """The platform takes marks; its link leads to the lab, and has a column of its own."""
    configured(desk, moodle, university="uni", token=f"{moodle.url}/token")
    publish(desk, "first")
    moodle.keys = lambda: desk.browser(None).get("/desk/lti/keys.json").json()
    moodle.claims |= {"sub": SUBJECT}
    moodle.claims["https://purl.imsglobal.org/spec/lti/claim/lis"] = {
        "person_sourcedid": "2026-001"
    }
    moodle.target = f"{URL}{CLASS}/open"
    moodle.link("lab")


def publish(desk: World, *names: str) -> None:
    """What the desk says of our keys."""
    halves = tuple(public_half(key(name).pem.encode()) for name in names)
    desk.parts = replace(desk.parts, lti_keys=halves)
    desk.app.state.parts = desk.parts
    desk.app.state.reception.parts = desk.parts


def platform(desk: World) -> LtiPlatform:
    return desk.parts.lti["moodle"].platform


def worker(desk: World, signs: str = "first") -> Passback:
    """The worker's part, as after a start."""
    parts = desk.parts
    books = {"moodle": GradeBook(platform(desk), key(signs))}
    return Passback(
        Desk(parts.store, parts.ports.gateway, parts.clock), books, "en", chance=lambda: 0.5
    )


def go(desk: World) -> None:
    """Send all that is due."""
    worker(desk).settle()


def later(desk: World, by: timedelta = LONG) -> None:
    """Let pauses pass, and send."""
    desk.clock.forward(by)
    go(desk)


def came(desk: World, moodle: GradePlatform) -> None:
    """The student follows the platform's link."""
    assert come(desk.browser(None), moodle).headers["location"].startswith("/hub/outside?")


def graded(desk: World, marks: dict[str, float | None] = FULL, who: str = STUDENT) -> None:
    hand_in(desk, who, "1")
    grade(desk, {who: marks})


def released(desk: World) -> None:
    """Kanat releases the feedback, whether or not all answers are marked."""
    answer = desk.browser("kanat").post(f"{CLASS}/feedback", {"unmarked": "yes"})
    assert answer.status_code == 303


def sent(desk: World, moodle: GradePlatform, marks: dict[str, float | None] = FULL) -> None:
    """A mark that went: the student came, handed in, was graded and given the feedback."""
    release(desk)
    came(desk, moodle)
    graded(desk, marks)
    released(desk)
    go(desk)


def given(moodle: GradePlatform) -> list[tuple[str, float, float]]:
    """What the platform has taken: line item, score, of how much."""
    return [(item, each["scoreGiven"], each["scoreMaximum"]) for item, each in moodle.scores]


def mark(desk: World) -> tuple[str, str | None]:
    """The state of the only mark, and what came of the last try."""
    with desk.parts.store.unit(read_only=True) as u:
        (found,) = OutsideMarks(u.session).of(COURSE)
    return found.state.value, found.outcome.value if found.outcome else None


def none(desk: World) -> bool:
    """Whether no mark is to be sent."""
    with desk.parts.store.unit(read_only=True) as u:
        return OutsideMarks(u.session).of(COURSE) == ()


def row(desk: World, who: str = "kanat", name: str = "Ыдырыс") -> str:
    """The student's line on the teachers' page, as text."""
    text = desk.browser(who).get(PAGE).text
    (found,) = [each for each in re.findall("<tr>.*?</tr>", text, re.DOTALL) if name in each]
    return html.unescape(" ".join(re.sub("<[^>]+>", " ", found).split()))
