"""A student's variant on the student's page: for the teachers of the course, and nobody else."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.domain.marking import MarkingRules
from sandbox.services import classroom_exchange
from sandbox.services.classroom_grading import ask_grading
from sandbox.services.classroom_marking_rules import set_rules
from sandbox.services.classroom_variants import values_of
from tests.web import marking_world
from tests.web.course_world import COURSE, LAB, PAGE, TITLES, enter, hand_in, notebook, worker
from tests.web.marking_world import MARKING, QUESTION, essay
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


def test_the_marker_reads_the_task_as_whoever_handed_in_had_it(desk: World) -> None:
    marking_world.seat(desk)

    def made(answer: str) -> bytes:
        return json.dumps({**json.loads(essay(answer)), "cells": cells(answer)}).encode()

    def cells(answer: str) -> list[Any]:
        words = {"cell_type": "markdown", "metadata": {}, "source": "Why {{SUM}}, not {{OTHER}}?"}
        return [CELL, words, json.loads(essay(answer))["cells"][-1]]

    student = Bundle.of({"lab.ipynb": made("YOUR ANSWER HERE")})
    solved = made("### BEGIN SOLUTION\nOf {{SUM}}.\n### END SOLUTION")
    master = Bundle.of({"lab.ipynb": solved, "course.yaml": DECLARED}, AUTHORS_SUFFIXES)
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room, LAB, student_version=student, master=master, titles=TITLES
        ),
    )
    marking_world.write(desk, "lira", "Because.")
    enter(desk, "kanat", lambda room: ask_grading(room, LAB))
    worker(desk, {"lira": {"why": None}}).work_once()
    value = enter(desk, "kanat", lambda room: values_of(room.u, COURSE, LAB, "lira"))["SUM"]
    kanat = desk.browser("kanat")
    (place,) = set(re.findall(rf'href="({QUESTION}[^"#?]+)"', kanat.get(MARKING).text)) or ("",)
    text = kanat.get(unescape(place)).text
    assert f"Why {value}, not" in text
    assert f"Of {value}." in text
    assert ("{{SUM}}" in text, "{{OTHER}}" in text) == (False, True)


def test_works_with_variants_are_compared(course: World) -> None:
    varied(course)
    for who in ("lira", "marat"):
        hand_in(course, who, "2 * 2")
    assert course.browser("kanat").post(f"{PAGE}/lab/similarity").status_code == 303
