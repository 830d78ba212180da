"""A course whose student's work is marked, so that certificates can be issued."""

from __future__ import annotations

import re

import httpx

from sandbox.domain.classroom import ActionKind
from sandbox.services.classroom_room import Room, act
from tests.web.course_world import LAB, PAGE, enter
from tests.web.world import World

CERTIFICATES = f"{PAGE}/certificates"


def marked(desk: World, who: str, score: float, submission: str = "") -> None:
    """Kanat releases somebody's feedback: so many of two points."""

    def work(room: Room) -> None:
        detail = {"submission": submission, "notebooks": {}, "score": score, "points": 2.0}
        act(room, ActionKind.FEEDBACK_RELEASED, LAB, student=who, detail=detail)

    enter(desk, "kanat", work)


def issue(desk: World, mark: str = "60") -> httpx.Response:
    """Kanat looks who gets one, and issues just that."""
    teacher = desk.browser("kanat")
    seen = re.search(
        r'name="seen" value="([0-9a-f]{64})"', teacher.get(f"{CERTIFICATES}?mark={mark}").text
    )
    return teacher.post(CERTIFICATES, {"mark": mark, "seen": seen[1] if seen else ""})


def own_page(desk: World, who: str) -> str:
    """Where somebody's newest certificate is."""
    return re.findall(
        r'href="(/desk/certificates/[0-9a-f]{32})"',
        desk.browser(who).get("/desk/certificates").text,
    )[0]
