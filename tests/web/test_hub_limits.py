"""Limits of a permit's workspaces: on the form, the permit's page, and in what the hub is told."""

from __future__ import annotations

import html
import re

import pytest
from httpx import Response

from sandbox.kit.errors import Unavailable
from sandbox.services.ports import WorkspaceUse
from tests.web.world import World

pytestmark = pytest.mark.slow
NAMES = {
    "en": (
        *("Cores of each workspace", "Memory of each workspace", "Workspace hours in a day"),
        "Disk of each workspace",
    ),
    "ru": (
        *("Ядра каждого рабочего места", "Память каждого рабочего места", "Часы рабочих мест"),
        "Диск каждого рабочего места",
    ),
    "ky": (
        *("Ар бир иш ордунун ядролору", "Ар бир иш ордунун эс тутуму", "Иш орундарынын бир күн"),
        "Ар бир иш ордунун диски",
    ),
}
LIMITS = {
    "server_cores": "2",
    "server_memory": "1024",
    "server_hours_per_day": "12",
    "server_disk": "5000",
}


@pytest.mark.parametrize("lang", NAMES)
def test_the_limits_are_on_the_permits_page(desk: World, lang: str) -> None:
    desk.number = desk.granted()
    for field, value in LIMITS.items():
        lower = {"field": field, "value": value, "reasons": "Too much.", "understood": "yes"}
        done = desk.browser("ermek").act(f"/desk/permits/{desk.number}/tighten", lower)
        assert done.status_code == 303, done.text
    page = desk.browser("aigul", lang).get(f"/desk/permits/{desk.number}").text
    for name in NAMES[lang]:
        assert name in page
    assert re.search(r"1.024.(MB|МБ)", page.replace("&nbsp;", " "))
    contexts = (
        desk.browser(None)
        .client.get(
            "/desk/api/v1/internal/contexts?user=bakyt",
            headers={"Authorization": "Bearer hub-secret"},
        )
        .json()
    )
    mine = next(each for each in contexts if each["kind"] == "permit")
    assert mine["limits"] == {name: int(value) for name, value in LIMITS.items()}


def test_a_limit_is_asked_for_and_one_above_its_range_is_refused_by_name(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    place = f"/desk/files/{file_id}/form?section=limits"
    page = aigul.get(place).text
    assert all(f'name="{name}"' in page for name in LIMITS)
    revision = re.search(r'id="revision" value="(\d+)"', page)[1]
    aigul.post(place, {"revision": revision, "server_cores": "65"})
    check = aigul.get(f"/desk/files/{file_id}/form?section=check").text
    assert "from 1 to 64" in check
    revision = re.search(r'id="revision" value="(\d+)"', aigul.get(place).text)[1]
    assert aigul.post(place, {"revision": revision, **LIMITS}).status_code == 303
    page = aigul.get(place).text
    assert re.search(r'name="server_hours_per_day"[^>]*value="12"', page)
    check = aigul.get(f"/desk/files/{file_id}/form?section=check").text
    assert "from 1 to 64" not in check


class Counted:
    """A launcher that has counted; None: it is out of reach."""

    found: WorkspaceUse | None = WorkspaceUse(seconds=12_600, disks={"aigul": 40, "bakyt": 3000})

    def use(self, permit: str) -> WorkspaceUse:
        assert permit == "SB-2026-0001"
        if self.found is None:
            raise Unavailable("launcher.unreachable")
        return self.found


@pytest.mark.parametrize(
    ("lang", "hours", "disk"),
    [
        ("en", "3.5 of 12 hours · 29.1 %", "3,000 of 5,000 MB · 60 %"),
        ("ru", "3,5 из 12 часов · 29,1 %", "3 000 из 5 000 МБ · 60 %"),
        ("ky", "3,5 / 12 саат · 29,1 %", "3 000 / 5 000 МБ · 60 %"),
    ],
)
def test_what_is_used_stands_on_the_permits_page_and_the_console(
    desk: World, lang: str, hours: str, disk: str
) -> None:
    counted = Counted()
    object.__setattr__(desk.parts.ports, "workspaces", counted)
    desk.number = desk.granted()
    places = (f"/desk/permits/{desk.number}", f"/desk/permits/{desk.number}/console")
    for place in places:
        assert hours not in text(desk.browser("ermek", lang).get(place)), "no limit, no line"
    for field, value in LIMITS.items():
        lower = {"field": field, "value": value, "reasons": "Too much.", "understood": "yes"}
        done = desk.browser("ermek").act(f"/desk/permits/{desk.number}/tighten", lower)
        assert done.status_code == 303, done.text
    for name, place in (("aigul", places[0]), ("ermek", places[0]), ("ermek", places[1])):
        page = text(desk.browser(name, lang).get(place))
        assert hours in page
        assert disk in page
    counted.found = None
    for place in places:
        page = text(desk.browser("ermek", lang).get(place))
        assert hours not in page
        assert "workspaces" in page, "out of reach is said"


def text(answer: Response) -> str:
    """A page's words with plain blanks."""
    assert answer.status_code == 200
    words = re.sub(r"<[^>]+>", "", html.unescape(answer.text))
    return re.sub(r"\s+", " ", words)
