"""An exam of the course of pages: planned, opened, started through the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from sandbox.domain.classroom import CourseRole, Duty, Member
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.locale.forms import ZONE
from sandbox.services.classroom_people import seed_course
from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, PAGE, release

EXAMS = f"{PAGE}/exams"
EXAM = f"{EXAMS}/lab"
TERM = "2026/27-1"


def people(desk) -> None:
    """Kanat teaches, Olga assists, Lira and Marat are of ПИ-1, Nurlan of ПИ-2."""
    at = desk.clock.now()
    seats = {
        "kanat": Seat.TEACHER,
        "olga": Seat.TEACHER,
        "lira": Seat.STUDENT,
        "marat": Seat.STUDENT,
        "nurlan": Seat.STUDENT,
    }
    with desk.parts.store.unit() as u:
        for name, seat in seats.items():
            if u.accounts.find(name) is None:
                shown = name.title()
                u.accounts.add(Account(name, shown, f"p-{name}", None, (seat,), "en", True, at))
        seed_course(u, at, teachers=["kanat"], students=["lira", "marat", "nurlan"])
        members = Members(u.session)
        for name, group in (("lira", "ПИ-1"), ("marat", "ПИ-1"), ("nurlan", "ПИ-2")):
            members.save(replace(members.find(COURSE, name), group=group, term=TERM))
        until = at + timedelta(days=2)
        members.add(Member(COURSE, "olga", CourseRole.TEACHER, at, until, duty=Duty.ASSISTANT))
        u.commit()


def typed(at) -> str:
    """A moment as the form has it."""
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}"


def plan(desk, group="ПИ-1", hours=(0, 3), who="kanat"):
    """A room of the exam, from now."""
    opens, closes = (desk.clock.now() + timedelta(hours=each) for each in hours)
    fields = {"group": f"{group}|{TERM}", "opens": typed(opens), "closes": typed(closes)}
    return desk.browser("kanat").post(f"{EXAM}/rooms", fields | {f"invigilator.{who}": "yes"})


def planned(desk) -> None:
    """An exam of an hour, released, with a room for each group."""
    people(desk)
    posted = desk.browser("kanat").post(EXAMS, {"assignment": "lab", "minutes": "60", "own": "yes"})
    assert posted.status_code == 303, posted.text
    assert plan(desk).status_code == 303
    assert plan(desk, "ПИ-2", (1, 4), "olga").status_code == 303
    release(desk)


def rooms(desk, name: str = "lab") -> list[str]:
    """Ids of the rooms of an exam, by when they open."""
    page = desk.browser("kanat").get(f"{EXAMS}/{name}").text
    return list(dict.fromkeys(re.findall(r'id="room-(\w{32})"', page)))


def opened(desk, room: str, who="kanat") -> str:
    """The code of a room that is opened now."""
    browser = desk.browser(who)
    assert browser.post(f"{EXAM}/rooms/{room}/open").status_code == 303
    return re.search(r'class="exam-code">(\w+)<', browser.get(f"{EXAM}/rooms/{room}").text)[1]


def started(desk, *students) -> str:
    """The first room is open, and some have started; its code."""
    code = opened(desk, rooms(desk)[0])
    for each in students:
        assert desk.browser(each).post(f"{EXAM}/start", {"code": code}).status_code == 303
    return code
