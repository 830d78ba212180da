"""A student's variant on the student's page: for the teachers of the course, and nobody else."""

from __future__ import annotations

import json

from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.domain.marking import MarkingRules
from sandbox.services import classroom_exchange
from sandbox.services.classroom_marking_rules import set_rules
from sandbox.services.classroom_variants import values_of
from tests.web.course_world import COURSE, LAB, PAGE, TITLES, enter, notebook
from tests.web.test_course_time import course, seat
from tests.web.world import World

__all__ = ["course", "seat"]

DECLARED = b"variants: {SUM: {from: 1000, to: 1000000}}\n"
CELL = {
    "cell_type": "code",
    "metadata": {"nbgrader": {"grade_id": "variant", "locked": True}},
    "source": "SUM = 1000",
}


def varied(desk: World) -> None:
    """Kanat releases the lab with a variant."""

    def made(answer: str) -> bytes:
        found = json.loads(notebook("Pay {{SUM}} som.", answer))
        return json.dumps({**found, "cells": [CELL, *found["cells"]]}).encode()

    files = {"lab.ipynb": made("2 * 2"), "course.yaml": DECLARED}
    student = Bundle.of({"lab.ipynb": made("raise NotImplementedError")})
    master = Bundle.of(files, AUTHORS_SUFFIXES)
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room, LAB, student_version=student, master=master, titles=TITLES, note="Own sums."
        ),
    )


def test_teachers_see_each_students_values_and_students_no_such_page(course: World) -> None:
    varied(course)
    shown = {}
    for who in ("lira", "marat"):
        page = course.browser("kanat").get(f"{PAGE}/lab/students/{who}")
        values = enter(course, "kanat", lambda room, who=who: values_of(room.u, COURSE, LAB, who))
        shown[who] = f"SUM = {values['SUM']}"
        assert shown[who] in page.text
    assert shown["lira"] != shown["marat"]
    assert shown["lira"] not in course.browser("kanat").get(f"{PAGE}/lab/students/marat").text
    assert course.browser("marat").get(f"{PAGE}/lab/students/lira").status_code == 404
    assert shown["lira"] not in course.browser("marat").get(PAGE).text


def test_without_variants_the_page_says_nothing_of_them(course: World) -> None:
    assert "Variant" not in course.browser("kanat").get(f"{PAGE}/lab/students/lira").text


def test_values_stand_beside_no_name_while_work_is_marked_anonymously(course: World) -> None:
    varied(course)
    place = f"{PAGE}/lab/students/lira"
    assert "SUM = " in course.browser("kanat").get(place).text
    rules = MarkingRules(anonymous=True)
    enter(course, "kanat", lambda room: set_rules(room, LAB, rules, ()))
    assert "SUM = " not in course.browser("kanat").get(place).text


def test_marking_and_similar_works_read_the_release_before_anybodys_values(course: World) -> None:
    varied(course)
    kanat = course.browser("kanat")
    assert kanat.get(f"{PAGE}/lab/marking").status_code == 200
    assert kanat.post(f"{PAGE}/lab/similarity").status_code == 303
