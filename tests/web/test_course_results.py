"""What pages of a course say: what was done, points in the reader's form, which check is which."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.domain.coursework import Bundle
from sandbox.services import classroom_exchange
from sandbox.web import words
from tests.web import course_world
from tests.web.course_world import LAB, PAGE, TITLES, enter, hand_in
from tests.web.test_course_assignment import CLASS, FULL, STUDENT, TASKS, table
from tests.web.test_course_time import DUE, ILL, LATER, TIME, _follow, _kinds, course, said

__all__ = ["course"]
WEB = Path(words.__file__).parent
HIDDEN = "# Checks run here.\n### BEGIN HIDDEN TESTS\nassert double(2) == 4\n### END HIDDEN TESTS"


@dataclass
class Grader(course_world.SetGrader):
    """Of both checks of one task; the second failed in the student's own code."""

    def grade(self, job: str) -> dict[str, Any]:
        found = super().grade(job)
        reasons = ({}, {"kind": "raised", "name": "KeyError", "message": "'a'"})
        for cell, reason in zip(found["notebooks"][0]["cells"], reasons, strict=True):
            cell |= {"title": "Sums", "reason": reason}
        return found


def two_checks(desk, monkeypatch):
    """The lab has a task with a visible check and a hidden one; Lira's work is graded."""
    monkeypatch.setattr(course_world, "SetGrader", Grader)

    def notebook(second):
        about = {"grade": True, "solution": False, "points": 2, "locked": True}
        cells = [
            {
                "cell_type": "code",
                "metadata": {"nbgrader": {**about, "grade_id": name}},
                "source": source,
            }
            for name, source in (("q1", "assert double(1) == 2"), ("q2", second))
        ]
        book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        return Bundle.of({"lab.ipynb": json.dumps(book).encode()})

    student, master = notebook("# Checks run here."), notebook(HIDDEN)
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room, LAB, student_version=student, master=master, titles=TITLES, note="Two checks."
        ),
    )
    hand_in(desk, "lira", "1")
    course_world.grade(desk, {"lira": {"q1": 1.5, "q2": 0.0}})


def done(browser, path, form=None):
    """The page that an act leads to, in words."""
    answer = browser.post(path, form or {})
    assert answer.status_code == 303, answer.text
    return said(browser.get(answer.headers["location"]))


def test_the_page_says_in_which_language_an_assignment_is_fetched(course):
    student, comes = course.browser("lira"), "It comes in English, and so does its feedback."
    assert comes in said(student.get(PAGE))
    done(student, "/desk/me/language", {"language": "ru"})
    page = said(student.get(PAGE))
    assert comes.replace("English", "Русский") in page
    hand_in(course, "lira", "1")
    assert "It comes in" not in said(student.get(PAGE))


def test_who_gets_feedback_is_told_so_and_nobody_else(course):
    for who in ("lira", "marat"):
        hand_in(course, who, "1")
    course_world.grade(course, {"lira": FULL})
    done(course.browser("kanat"), f"{CLASS}/feedback")
    _follow(course)
    assert _kinds(course, "lira") == ["course.feedback_released"]
    assert _kinds(course, "marat") == []


def test_after_each_act_its_page_says_what_was_done(course):
    teacher = course.browser("kanat")
    assert "Nobody has handed in yet" in done(teacher, f"{CLASS}/grade")
    hand_in(course, "lira", "1")
    assert "Grading is asked for." in done(teacher, f"{CLASS}/grade")
    course_world.grade(course, {"lira": FULL})
    assert "graded or being graded already" in done(teacher, f"{CLASS}/grade")
    assert "The feedback is released" in done(teacher, f"{CLASS}/feedback")
    assert "Everything is being graded again." in done(teacher, f"{CLASS}/regrade")
    assert "There was no due date" in done(teacher, f"{PAGE}/lab/due", {"due": ""})
    assert "The due date is set" in done(teacher, f"{PAGE}/lab/due", {"due": DUE})
    assert "This is the due date already" in done(teacher, f"{PAGE}/lab/due", {"due": DUE})
    more = {"student.marat": "yes", "until": LATER, "reason": ILL}
    assert "More time is given" in done(teacher, f"{PAGE}/lab/extensions", more)
    extension = re.search(r'extensions/(\w+)/revoke"', teacher.get(TIME).text)[1]
    back = f"{PAGE}/lab/extensions/{extension}/revoke"
    assert "The extension is taken back" in done(teacher, back, {"reason": "No."})
    assert "There is no due date any more" in done(teacher, f"{PAGE}/lab/due", {"due": ""})
    student = course.browser("lira")
    assert "Your work is being checked." in done(student, f"{PAGE}/lab/self-check")


def test_an_act_that_was_refused_says_so_once_and_nothing_of_being_done(course):
    teacher = course.browser("kanat")
    assert teacher.post(f"{PAGE}/lab/due", {"due": DUE}).status_code == 303
    hand_in(course, "lira", "1")
    course_world.grade(course, {"lira": FULL})
    refused = teacher.post(f"{CLASS}/feedback")
    assert (refused.status_code, "The feedback is released" in refused.text) == (409, False)
    assert refused.text.count('role="alert"') == 1
    assert "note-bad" not in refused.text.replace('note-bad" role="alert"', "")
    assert "Release it all the same" in refused.text
    assert 'role="status"' not in teacher.get(f"{CLASS}?said=nonsense").text.split("Being")[0]


def test_whatever_a_page_leads_to_has_words():
    text = "\n".join(path.read_text("utf-8") for path in WEB.glob("*.py"))
    codes = set(re.findall(r"[?&]said=([a-z_]+)", text))
    assert codes
    assert codes - set(words.SAID) == set()


def test_points_are_in_the_readers_form_and_in_files_in_the_machines(course, monkeypatch):
    two_checks(course, monkeypatch)
    for lang, points in (("ru", "1,5 / 4"), ("ky", "1,5 / 4"), ("en", "1.5 / 4")):
        teacher = course.browser("kanat", lang)
        assert points in " ".join(table(teacher.get(f"{CLASS}?show=work_graded")))
        assert points.replace("4", "2") in said(teacher.get(STUDENT))
        assert ",1.5,4," in teacher.get(f"{CLASS}?form=csv").text
    assert teacher.post(f"{CLASS}/feedback").status_code == 303
    page = said(course.browser("lira", "ru").get(PAGE))
    assert ("1,5 из 4" in page, "1.5" in page) == (True, False)


def test_a_teacher_is_not_told_of_your_code(course, monkeypatch):
    two_checks(course, monkeypatch)
    teacher = course.browser("kanat")
    for path in (STUDENT, TASKS):
        page = said(teacher.get(path))
        assert ("The student&#39;s code raised" in page, "Your code" in page) == (True, False), path
    assert teacher.post(f"{CLASS}/feedback").status_code == 303
    page = said(course.browser("lira").get(PAGE))
    assert ("Your code raised" in page, "The student&#39;s code" in page) == (True, False)


def test_checks_of_one_task_are_told_apart_and_no_hidden_one_is_betrayed(course, monkeypatch):
    two_checks(course, monkeypatch)
    teacher = course.browser("kanat")
    teacher.post(f"{PAGE}/lab/due", {"due": DUE})
    for path in (STUDENT, TASKS):
        page = said(teacher.get(path))
        assert ("Sums · visible check" in page, "Sums · hidden check" in page) == (True, True), path
    assert teacher.post(f"{CLASS}/feedback", {"early": "yes"}).status_code == 303
    page = said(course.browser("lira").get(PAGE))
    assert ("Sums · check 1" in page, "Sums · check 2" in page) == (True, True)
    assert "hidden" not in page
    course.clock.forward(course.clock.now().replace(month=12, day=9) - course.clock.now())
    page = said(course.browser("lira").get(PAGE))
    assert ("Sums · visible check" in page, "Sums · hidden check" in page) == (True, True)


def test_a_task_with_one_check_keeps_its_name(course):
    hand_in(course, "lira", "1")
    course_world.grade(course, {"lira": FULL})
    page = said(course.browser("kanat").get(STUDENT))
    assert ("Task q1" in page, "Task q1 ·" in page) == (True, False)
