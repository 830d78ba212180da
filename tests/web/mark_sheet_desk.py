"""Mark sheets by the forms of the desk; students' work by the services."""

from __future__ import annotations

import html
import re

import httpx

from sandbox.services.classroom_grading import set_teacher_mark
from tests.services.mark_world import marked, shown
from tests.web.course_world import LAB, PAGE, enter
from tests.web.world import Browser, World


def fields_of(page: str) -> dict[str, str]:
    """What the fields of a page's forms hold, by name."""
    found = {}
    for tag in re.findall(r"<input[^>]+>", page):
        said = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" in said and not said["name"].startswith("_"):
            found[said["name"]] = html.unescape(said.get("value", ""))
    choices = re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    for name, options in choices:
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', options)[1]
    return found


def set_scale(teacher: Browser, do: str = "set", **changes: str) -> httpx.Response:
    """The scale's form as it stands, with changes (``band__0__most``), tried or set."""
    fields = fields_of(teacher.get(f"{PAGE}/scale").text)
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return teacher.post(f"{PAGE}/scale", {**fields, **changed, "do": do})


def given(desk: World, who: str, mark: float, of: float = 2.0) -> str:
    """Handed in, graded, released; the submission."""
    submission = enter(desk, who, lambda room: marked(room, LAB, (mark, of)))
    enter(desk, "kanat", lambda room: shown(room, LAB, who))
    return submission


def marked_again(desk: World, who: str, submission: str, mark: float) -> None:
    """A teacher's own mark for its one task, released."""
    enter(
        desk,
        "kanat",
        lambda room: set_teacher_mark(room, submission, ("n", "q0"), mark=mark, comment=""),
    )
    enter(desk, "kanat", lambda room: shown(room, LAB, who))


def seen_on(browser: Browser, path: str) -> str:
    """What a page says would be signed."""
    return fields_of(browser.get(path).text)["seen"]


def signed_sheet(browser: Browser, which: dict[str, str]) -> httpx.Response:
    """A draft looked at and signed."""
    query = "&".join(f"{name}={value}" for name, value in which.items())
    seen = seen_on(browser, f"{PAGE}/sheets/draft?{query}")
    return browser.post(f"{PAGE}/sheets", {**which, "seen": seen})


def corrected(browser: Browser, sheet: str, reason: str) -> httpx.Response:
    """A signed sheet looked at and signed once more. ``sheet``: its address."""
    path = sheet.partition("?")[0]
    return browser.post(f"{path}/correct", {"reason": reason, "seen": seen_on(browser, path)})
