"""Limits that the desk watches, as people set them, see their use and decide on a suspension."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.services.desk_limits import watch_limits
from tests.services.alert_world import add_customers, complain
from tests.web.alert_desk import watcher
from tests.web.seams import START
from tests.web.world import World


def state_of(desk: World) -> str:
    with desk.parts.store.unit(read_only=True) as u:
        return u.files.get(u.permits.get(desk.number).file).state.value


def look(desk: World) -> str:
    watch_limits(watcher(desk))
    return state_of(desk)


@pytest.fixture
def limited(desk: World) -> World:
    """A permit whose complaint rate a regulator has just limited to 30."""
    desk.number = desk.granted()
    add_customers(desk.parts.store, desk.number, 12)
    lower = {"field": "complaint_rate", "value": "30", "reasons": "As elsewhere."}
    done = desk.browser("ermek").act(
        f"/desk/permits/{desk.number}/tighten", lower | {"understood": "yes"}
    )
    assert done.status_code == 303, done.text
    return desk


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "name", "unit"),
    [
        ("en", "Complaint rate in 30 days", "for each 10,000 payments"),
        ("ru", "Доля жалоб за 30 дней", "на каждые 10 000 платежей"),
        ("ky", "30 күндөгү даттануулардын үлүшү", "ар бир 10 000 төлөмгө"),
    ],
)
def test_the_limit_and_its_use_are_on_the_permits_pages(
    limited: World, lang: str, name: str, unit: str
) -> None:
    complain(limited.parts.store, 2, permit=limited.number, at=START)
    for who in ("aigul", "ermek"):
        for page in ("", "/console"):
            text = limited.browser(who, lang).get(f"/desk/permits/{limited.number}{page}").text
            assert name in text, (who, page)
            said = text.replace("&nbsp;", " ").replace("\u00a0", " ")
            assert f"30 {unit}" in said, (who, page)


def test_three_who_complain_change_nothing_and_a_fourth_suspends_until_the_officer_lifts(
    limited: World,
) -> None:
    complain(limited.parts.store, 3, permit=limited.number, at=START)
    assert look(limited) == "active"
    complain(limited.parts.store, 1, first=4, permit=limited.number, at=START)
    assert look(limited) == "suspended"
    with limited.parts.store.unit(read_only=True) as u:
        path = f"/desk/files/{u.permits.get(limited.number).file}"
    own = limited.browser("aigul").get(path).text
    assert "Suspended: a limit was passed" in own
    damira = limited.browser("damira")
    assert damira.act(f"{path}/sponsor-leaves", {"reasons": "A new board."}).status_code == 303
    assert damira.act(f"{path}/sponsor-stays").status_code == 303
    assert state_of(limited) == "suspended"
    begins, ends = START - timedelta(hours=1), START + timedelta(days=2)
    form = "%Y-%m-%dT%H:%M"
    duty = {"account": "feruza", "starts": begins.strftime(form), "ends": ends.strftime(form)}
    limited.clock.forward(timedelta(hours=12))
    assert limited.browser("ermek").act("/desk/duty", duty).status_code == 303
    feruza = limited.browser("feruza")
    assert "A limit that the desk watches is passed" in feruza.get(path).text
    lifted = feruza.act(f"{path}/automatic/lift", {"reasons": "They answered everybody."})
    assert lifted.status_code == 303, lifted.text
    assert (state_of(limited), look(limited), look(limited)) == ("active",) * 3
    assert "Coming back within the limit" in limited.browser("aigul").get(path).text


@pytest.mark.slow
def test_a_limit_is_asked_for_and_one_above_its_range_is_refused_by_name(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    place = f"/desk/files/{file_id}/form?section=limits"
    page = aigul.get(place).text
    assert "Complaint rate in 30 days" in page
    assert "for each 10,000 payments" in page
    revision = re.search(r'id="revision" value="(\d+)"', page)[1]
    aigul.post(place, {"revision": revision, "complaint_rate": "10001"})
    check = aigul.get(f"/desk/files/{file_id}/form?section=check").text
    assert "Complaint rate in 30 days" in check
    revision = re.search(r'id="revision" value="(\d+)"', aigul.get(place).text)[1]
    fields = {"revision": revision, "complaint_rate": "30", "KGST.loss_cap": "9 000"}
    assert aigul.post(place, fields).status_code == 303
    page = aigul.get(place).text
    assert re.search(r'name="complaint_rate"[^>]*value="30"', page)
    assert re.search(r'name="KGST.loss_cap"[^>]*value="9,000', page)
