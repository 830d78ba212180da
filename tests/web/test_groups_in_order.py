"""Academic groups stand in the order that people count in: ЭК-2 before ЭК-10, on every page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.departments import Coordinator, Department
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.store.classroom import Courses, Members
from tests.web.course_world import COURSE, PAGE
from tests.web.exam_desk import EXAM, EXAMS, TERM, typed
from tests.web.test_course_assignment import CLASS, more_students
from tests.web.test_course_time import DUE, TIME, course

__all__ = ["course"]
GROUPS = ["ЭК-1", "ЭК-2", "ЭК-10"]


@pytest.fixture
def grouped(course):
    """A student in each group; by name they come in another order."""
    names = more_students(course, 3)
    with course.parts.store.unit() as u:
        members = Members(u.session)
        for name, group in zip(names, ["ЭК-10", "ЭК-1", "ЭК-2"], strict=True):
            members.save(replace(members.get(COURSE, name), group=group, term=TERM))
        u.commit()
    assert course.browser("kanat").post(f"{PAGE}/lab/due", {"due": DUE}).status_code == 303
    return course


def groups(page):
    """The groups on a page, each where it stands first."""
    assert page.status_code == 200, page.text
    return list(dict.fromkeys(re.findall(r"ЭК-\d+", page.text)))


@pytest.mark.parametrize(
    "path",
    [TIME, f"{PAGE}/bookings", f"{PAGE}/sheets", f"{PAGE}/people", f"{CLASS}?order=group"],
)
def test_a_page_lists_groups_by_their_numbers(grouped, path):
    assert groups(grouped.browser("kanat").get(path)) == GROUPS


def test_an_exam_lists_rooms_that_open_together_by_their_groups(grouped):
    kanat, at = grouped.browser("kanat"), grouped.clock.now()
    assert kanat.post(EXAMS, {"assignment": "lab", "minutes": "60"}).status_code == 303
    when = {"opens": typed(at), "closes": typed(at + timedelta(hours=3))}
    for group in ("ЭК-10", "ЭК-2", "ЭК-1"):
        fields = {"group": f"{group}|{TERM}", "invigilator.kanat": "yes", **when}
        assert kanat.post(f"{EXAM}/rooms", fields).status_code == 303
    assert groups(kanat.get(EXAM)) == GROUPS


def test_a_department_lists_the_groups_of_a_course_by_their_numbers(grouped):
    at = grouped.clock.now()
    with grouped.parts.store.unit() as u:
        u.organisations.add(Organisation("uni9", "University", OrganisationKind.UNIVERSITY, at))
        u.accounts.add(
            Account("burul9", "Burul", "p-burul9", "uni9", (Seat.COORDINATOR,), "en", True, at)
        )
        u.departments.add(Department("finance9", "uni9", {"en": "Finance"}, at))
        u.coordinators.add(Coordinator("finance9", "burul9", at))
        courses = Courses(u.session)
        courses.save(replace(courses.get(COURSE), department="finance9"))
        u.commit()
    assert groups(grouped.browser("burul9").get("/desk/departments")) == GROUPS
