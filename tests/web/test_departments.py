"""Departments by their forms: created, given to another, archived; told, and hidden from others."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sandbox.domain.outside_accounts import Outsider
from sandbox.domain.records import Account
from sandbox.domain.seats import Channel, Seat
from sandbox.services import identity, outside_accounts
from sandbox.services.department_admin import (
    add_department,
    appoint_coordinator,
    give_to_department,
)
from tests.services.class_world import COURSE
from tests.web.course_world import hand_in, release
from tests.web.seams import START
from tests.web.test_class_lists import PEOPLE, school
from tests.web.test_notices import _follow
from tests.web.world import Browser, World

DESK = "/desk/departments"
PLACE = f"{DESK}/finance/courses/{COURSE}"
NAMES = {"ky": "Каржы", "ru": "Финансы", "en": "Department of Finance"}


def faculty(desk: World) -> None:
    """A university with two departments; the course is the first's."""
    school(desk)
    with desk.parts.store.unit() as u:
        for name, shown, seat in (
            ("burul", "Burul Sydykova", Seat.COORDINATOR),
            ("aida", "Aida Jumabaeva", Seat.COORDINATOR),
            ("olga", "Olga Kim", Seat.TEACHER),
        ):
            u.accounts.add(
                Account(name, shown, f"person-{name}", "uni", (seat,), "en", True, START)
            )
        for department, account in (("finance", "burul"), ("law", "aida")):
            add_department(u, department, "uni", NAMES, at=START)
            appoint_coordinator(u, department, account, at=START)
        give_to_department(u, COURSE, "finance", "2026/27-1", at=START)
        u.commit()


@pytest.fixture
def burul(desk: World) -> Browser:
    faculty(desk)
    return desk.browser("burul")


def leads(browser: Browser, text: str) -> str:
    return browser.post(f"{PLACE}/leads", {"leads": text}).text


def test_a_course_is_created_found_and_shown_to_its_teacher(desk: World, burul: Browser) -> None:
    form = {"material": COURSE, "term": "2026/27-2", "leads": "olga"}
    refused = burul.post(f"{DESK}/finance/courses", form | {"leads": "nobody"})
    assert refused.status_code == 400
    assert 'value="nobody"' in refused.text, "what was typed is still there"
    made = burul.post(f"{DESK}/finance/courses", form).headers["location"]
    assert made == f"{DESK}/finance/courses/digital-money-finance-2627-2?said=course_created"
    assert "Olga Kim" in burul.get(made).text
    assert burul.get(DESK).text.count("row-link") == 2
    assert burul.get(f"{DESK}?q=olga").text.count("row-link") == 1
    assert "row-link" not in burul.get(f"{DESK}?q=nothing").text
    olga = desk.browser("olga")
    assert "2026/27-2" in olga.get("/desk/courses").text
    people = olga.get("/desk/courses/digital-money-finance-2627-2/people").text
    assert "Department of Finance · 2026/27-2" in people
    assert 'name="term" value="2026/27-2"' in people
    assert olga.get(f"/desk/courses/{COURSE}").status_code == 404


def test_only_the_departments_coordinator_takes_accounts_elsewhere_back(
    desk: World, burul: Browser
) -> None:
    page, lira = f"/desk/courses/{COURSE}/outside", Outsider("uni", "https://uni.example", "u-1")
    with desk.parts.store.unit() as u:
        actor = identity.actor_of(u, "lira", channel=Channel.BROWSER)
        outside_accounts.link(u, replace(actor, reauthenticated_at=START), lira, at=START)
        u.commit()
    assert page in burul.get(PLACE).text
    found = re.search(rf"{page}/[0-9a-f]+/remove", burul.get(page).text)[0]
    other = desk.browser("aida")
    assert (other.get(page).status_code, other.post(found).status_code) == (404, 404)
    assert burul.post(found).status_code == 303
    assert "/remove" not in burul.get(page).text
    assert burul.post(found).status_code == 404


def test_a_reassignment_acts_at_once_is_told_and_is_undone(desk: World, burul: Browser) -> None:
    kanat, olga = desk.browser("kanat"), desk.browser("olga")
    assert kanat.get(f"/desk/courses/{COURSE}").status_code == 200
    for text, code in (("", "no_lead"), ("omar", "no_teacher"), ("lira", "no_teacher")):
        assert f"department.{code}" in leads(burul, text)
    leads(burul, "olga")
    assert kanat.get(f"/desk/courses/{COURSE}").status_code == 404
    assert kanat.get(PEOPLE).status_code == 404
    assert olga.get(PEOPLE).status_code == 200
    _follow(desk)
    for each in (kanat, olga):
        assert "Course given to another lead teacher" in each.get("/desk/notices").text
    leads(burul, "kanat")
    assert kanat.get(PEOPLE).status_code == 200
    assert olga.get(PEOPLE).status_code == 404


@pytest.mark.parametrize("who", ["aida", "kanat", "lira"])
def test_others_find_nothing_and_change_nothing(desk: World, burul: Browser, who: str) -> None:
    other = desk.browser(who)
    if who != "aida":
        assert other.get(DESK).status_code == 404
    assert other.get(PLACE).status_code == 404
    assert "row-link" not in other.get(DESK).text
    form = {"material": COURSE, "term": "2026/27-2", "leads": "olga"}
    days = {"account": "olga", "duty": "assistant", "since": "2026-11-21", "until": "2026-12-01"}
    for path, sent in (
        (f"{DESK}/finance/courses", form),
        (f"{PLACE}/leads", {"leads": "olga"}),
        (f"{PLACE}/helpers", days),
        (f"{PLACE}/helpers/olga/end", {}),
        (f"{PLACE}/archive", {}),
        (f"{PLACE}/open", {}),
    ):
        assert other.post(path, sent).status_code == 404, path
    assert desk.browser("olga").get(f"/desk/courses/{COURSE}").status_code == 404
    assert "Kanat Isakov" in burul.get(PLACE).text


def test_a_coordinator_appoints_for_a_time_and_sees_no_work(desk: World, burul: Browser) -> None:
    days = {"account": "olga", "duty": "assistant", "since": "2026-11-21", "until": "2026-12-01"}
    assert "staff.nobody" in burul.post(f"{PLACE}/helpers", days | {"account": "lira"}).text
    assert "staff.days" in burul.post(f"{PLACE}/helpers", days | {"until": "2026-11-20"}).text
    assert "limits.not_a_date" in burul.post(f"{PLACE}/helpers", days | {"until": ""}).text
    assert burul.post(f"{PLACE}/helpers", days).status_code == 303
    assert "Olga Kim" in burul.get(PLACE).text
    assert desk.browser("olga").get(f"/desk/courses/{COURSE}").status_code == 200
    assert burul.post(f"{PLACE}/helpers/olga/end").status_code == 303
    assert desk.browser("olga").get(f"/desk/courses/{COURSE}").status_code == 404
    for path in (f"/desk/courses/{COURSE}", PEOPLE):
        assert burul.get(path).status_code == 404


def test_an_archived_course_is_read_and_takes_nothing(desk: World, burul: Browser) -> None:
    release(desk)
    hand_in(desk, "lira", "1")
    kanat, lira = desk.browser("kanat"), desk.browser("lira")
    assert burul.post(f"{PLACE}/archive").status_code == 303
    assert "Archived" in lira.get("/desk/courses").text
    assert "Download the receipt" in lira.get(f"/desk/courses/{COURSE}").text
    assert "course.archived" in kanat.post(f"/desk/courses/{COURSE}/lab/grade").text
    page = kanat.get(PEOPLE).text
    assert "This course is archived" in page
    assert 'type="file"' not in page
    assert "course.archived" in leads(burul, "olga")
    assert "row-link" in burul.get(DESK).text.partition("<details")[2], "listed apart"
    assert burul.post(f"{PLACE}/open").status_code == 303
    assert "course.archived" not in kanat.post(f"/desk/courses/{COURSE}/lab/grade").text
    assert "department.grading_open" in burul.post(f"{PLACE}/archive").text


def test_the_hub_is_told_of_the_new_lead_at_once(desk: World, burul: Browser) -> None:
    hub = {"authorization": f"Bearer {desk.parts.hub_secret}"}

    def may_start(user: str) -> list[str]:
        address = f"/desk/api/v1/internal/contexts?user={user}"
        return [each["context"] for each in burul.client.get(address, headers=hub).json()]

    assert (may_start("kanat"), may_start("olga")) == ([f"course-{COURSE}"], [])
    leads(burul, "olga")
    assert (may_start("kanat"), may_start("olga")) == ([], [f"course-{COURSE}"])
    assert may_start("burul") == []
