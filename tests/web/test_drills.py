"""The page of drills: begun and ended by hand, told to the firm, read by those who supervise."""

from __future__ import annotations

import re

import pytest

from sandbox.services.notices import follow
from tests.web.alert_desk import watcher
from tests.web.world import World

pytestmark = pytest.mark.slow


def test_a_regulator_drills_a_second_ends_it_and_the_firm_is_told(desk: World) -> None:
    number = desk.granted()
    path = f"/desk/permits/{number}/drills"
    ermek, feruza = desk.browser("ermek"), desk.browser("feruza")
    assert path in ermek.get(f"/desk/permits/{number}/console").text
    assert ermek.act(path, {"reasons": " "}).status_code == 400
    assert ermek.act(path, {"reasons": "Once in a month."}).status_code == 303
    page = feruza.get(path).text
    drill = re.search(r"DR-\d{4}-\d{4}", page)[0]
    assert "A drill runs" in page
    assert ermek.act(path, {"reasons": "Again."}).status_code == 409
    assert feruza.act(f"{path}/{drill}/end").status_code == 303
    page = feruza.get(path).text
    assert "nothing after the answer" in page
    assert "none after the click" in page
    assert "A drill runs" not in page
    follow(watcher(desk), public_url="http://desk.test", mail=False)
    for who in ("aigul", "damira"):
        told = desk.browser(who).get("/desk/notices").text
        assert "Drill: the permit is stopped for some seconds" in told, who
        assert "Drill ended: the permit goes on" in told, who


@pytest.mark.parametrize("who", ["aigul", "cholpon", "damira", "operator"])
def test_for_others_there_is_no_such_page_and_no_drill(desk: World, who: str) -> None:
    number = desk.granted()
    path = f"/desk/permits/{number}/drills"
    browser = desk.browser(who)
    assert browser.get(path).status_code == 404
    assert browser.act(path, {"reasons": "For fun."}).status_code == 404
    assert browser.act(f"{path}/DR-2027-0001/end").status_code == 404
    with desk.parts.store.unit(read_only=True) as u:
        assert u.drills.of_permit(number, 9) == ()


@pytest.mark.parametrize(
    ("lang", "title"),
    [("ru", "Учения аварийной остановки"), ("ky", "Авариялык токтотуу машыгуулары")],
)
def test_an_auditor_reads_it_in_each_language_and_begins_none(
    desk: World, lang: str, title: str
) -> None:
    number = desk.granted()
    path = f"/desk/permits/{number}/drills"
    jyldyz = desk.browser("jyldyz", lang)
    page = jyldyz.get(path)
    assert (page.status_code, title in page.text) == (200, True)
    assert f'action="{path}"' not in page.text
    assert jyldyz.act(path, {"reasons": "x"}).status_code == 403
    suspended = desk.browser("ermek").act(
        f"/desk/permits/{number}/suspend", {"reasons": "An incident.", "understood": "yes"}
    )
    assert suspended.status_code == 303
    refused = desk.browser("ermek").act(path, {"reasons": "x"})
    assert (refused.status_code, "drill.not_active" in refused.text) == (409, True)
