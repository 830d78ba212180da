"""The self-check on a student's course page: asked for, shown, refused with the reason."""

from __future__ import annotations

import pytest

from sandbox.domain.self_checks import AN_HOUR
from sandbox.services.classroom_self_check_queue import SelfChecking
from tests.web.course_world import PAGE, hand_in, worker
from tests.web.test_course_time import course, said, seat
from tests.web.world import World

__all__ = ["course", "seat"]
CHECK = f"{PAGE}/lab/self-check"


class Passed:
    """The launcher's seam: every visible test passes."""

    def grade(self, _job):
        row = {"cell": "q1", "title": "<b>Doubling", "points": 2.0, "mark": 2.0,
               "status": "passed", "reason": None}  # fmt: skip
        return {"notebooks": [{"notebook": "lab", "cells": [row]}], "autograded": {}}


def work(desk: World) -> bool:
    queue = worker(desk, {})
    object.__setattr__(queue, "grader", Passed())
    return SelfChecking(queue).work_once()


def test_student_asks_waits_and_reads_what_was_found(course):
    hand_in(course, "lira", "2 * 2")
    browser = course.browser("lira")
    assert "Check what I handed in last" in browser.get(PAGE).text
    assert browser.post(CHECK).status_code == 303
    assert "Waiting; before it: 0." in said(browser.get(PAGE))
    assert work(course)
    page = browser.get(PAGE)
    assert "The visible tests pass." in page.text
    assert "&lt;b&gt;Doubling" in page.text
    assert "No feedback yet." in page.text, "it is no grading"
    for other in ("marat", "kanat"):
        assert "Doubling" not in course.browser(other).get(PAGE).text


def test_refusals_are_shown_on_the_page(course):
    browser = course.browser("marat")
    refused = browser.post(CHECK)
    assert refused.status_code == 404
    assert "You have handed nothing in here yet." in said(refused)
    for number in range(AN_HOUR):
        hand_in(course, "marat", f"{number} * 2")
        assert browser.post(CHECK).status_code == 303
        work(course)
    hand_in(course, "marat", "99")
    refused = browser.post(CHECK)
    assert refused.status_code == 409
    assert "The next is free at" in said(refused)


@pytest.mark.parametrize(("who", "status"), [("kanat", 403), ("aigul", 404)])
def test_nobody_but_students_of_the_course_asks(course, who, status):
    assert course.browser(who).post(CHECK).status_code == status
    assert "Check what I handed in last" not in course.browser("kanat").get(PAGE).text


def test_who_looks_as_the_student_is_offered_no_check(course):
    hand_in(course, "lira", "2 * 2")
    page = course.browser("kanat").post(f"{PAGE}/lab/students/lira/as-student")
    assert page.status_code == 200
    assert "Self-check" not in page.text
