"""What is seen of a grading whose canary passed: a failure with its name, never a mark."""

from __future__ import annotations

import re

from sandbox.kit.errors import IntegrityFailure
from tests.web import course_world
from tests.web.course_world import PAGE, hand_in
from tests.web.test_course_time import seat

CLASS = f"{PAGE}/lab"
TOLD = "A check that must fail has passed"


def test_a_canary_that_passed_is_told_to_the_teacher_and_is_no_mark(desk, monkeypatch):
    seat(desk)
    hand_in(desk, "lira", "1")

    def grade(_self, _job):
        raise IntegrityFailure("grading.canary_passed")

    with monkeypatch.context() as lying:
        lying.setattr(course_world.SetGrader, "grade", grade)
        course_world.grade(desk, {})
    teacher, student = desk.browser("kanat"), desk.browser("lira")
    for place in (CLASS, f"{CLASS}/students/lira"):
        assert TOLD in teacher.get(place).text, place
    assert not re.search(r"\b0 / 2|\b0 of 2", teacher.get(CLASS).text)
    assert not re.search(r"\b0 / 2|\b0 of 2", student.get(PAGE).text)
    course_world.grade(desk, {"lira": {"q1": 2.0}})
    assert TOLD not in teacher.get(CLASS).text
    assert re.search(r"\b2 / 2", teacher.get(CLASS).text)
