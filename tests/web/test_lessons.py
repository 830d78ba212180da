"""Lessons on pages: in the reader's language, with pictures, without answers, for the course."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from sandbox.domain.classroom import ActionKind, CourseRole
from sandbox.domain.coursework import AssignmentName, Bundle
from sandbox.domain.release import hidden_regions, source_of
from sandbox.kit.errors import Conflict
from sandbox.services import classroom_exchange, classroom_lessons, exams
from sandbox.store.classroom import Actions
from tests.web.course_world import COURSE, PAGE, TITLES, enter, notebook
from tests.web.lesson_world import KEYS, LESSON, LOGS, UNIT, release_real, school

PICTURE = re.compile(rf'src="({PAGE}/[a-z-]+/lesson/[0-9a-f]+)"')


@pytest.fixture
def course(desk):
    school(desk)
    release_real(desk)
    return desk


def read(desk, who, path, lang="en"):
    page = desk.browser(who, lang).get(path)
    assert page.status_code == 200, page.text[:2000]
    return page.text


def cells(assignment):
    source = json.loads((UNIT / assignment / f"{assignment}.ipynb").read_text("utf-8"))
    return source["cells"]


@pytest.mark.parametrize("who", ["lira", "kanat"])
def test_a_member_reads_lessons_examples_and_contents(course, who):
    text = read(course, who, LESSON)
    assert text.count("<h1>") == 1
    assert "1. Everything comes from one number</h2>" in text
    assert '<a href="#part-2">1. Everything comes from one number</a>' in text
    assert "digits = aida.address[2:].lower()" in text
    assert "<summary>Task 1: a checksum made of letters (4 points)</summary>" in text
    assert "machine-assisted" not in text


def test_nothing_of_an_answer_or_a_test_is_on_the_page(course):
    secret = []
    for cell in cells(KEYS):
        about, source = cell["metadata"].get("nbgrader", {}), source_of(cell)
        if about.get("grade") or about.get("solution"):
            secret += [line for line in source.split("\n") if len(line) > 30]
        secret += hidden_regions(source)
    for lang in ("en", "ru", "ky"):
        text = read(course, "lira", LESSON, lang)
        for line in secret:
            escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            assert line not in text, line
            assert escaped not in text, line


def test_the_reader_has_it_in_the_own_language_marked_as_machine_assisted(course):
    text = read(course, "lira", LESSON, "ky")
    assert "машинанын жардамы менен жасалган" in text
    assert "1. Баары бир сандан чыгат" in text or "санда" in text
    assert "Everything comes from one number" not in text


def test_pictures_are_served_without_a_script_or_a_load_in_the_readers_words(course):
    text = read(course, "lira", LESSON)
    address, *_others = PICTURE.findall(text)
    found = course.browser("lira").get(address)
    assert found.status_code == 200
    assert found.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in found.headers["content-security-policy"]
    assert "script-src" not in found.headers["content-security-policy"]
    assert "From a private key" in found.text
    kyrgyz, *_others = PICTURE.findall(read(course, "lira", LESSON, "ky"))
    assert kyrgyz != address


def test_strangers_others_and_what_is_not_there_are_refused(course):
    address, *_others = PICTURE.findall(read(course, "lira", LESSON))
    for path in (LESSON, address):
        assert course.browser("aigul").get(path).status_code == 404
        assert course.browser(None).get(path).status_code in (303, 307)
    assert course.browser("lira").get(f"{LESSON}/{'0' * 32}").status_code == 404
    assert course.browser("lira").get(f"{PAGE}/{LOGS}/lesson").status_code == 404


def test_lessons_follow_each_other_as_they_were_released(course):
    assert 'rel="next"' not in read(course, "lira", LESSON)
    release_real(course, LOGS)
    assert f'rel="next" href="{PAGE}/{LOGS}/lesson"' in read(course, "lira", LESSON)
    assert f'rel="prev" href="{PAGE}/{KEYS}/lesson"' in read(
        course, "lira", f"{PAGE}/{LOGS}/lesson"
    )
    assert f'href="{PAGE}/{KEYS}/lesson"' in read(course, "lira", PAGE)


def test_what_a_student_has_read_cannot_become_an_exam(course):
    name = AssignmentName(KEYS)

    def plan():
        enter(course, "kanat", lambda room: exams.plan(room, name, 60))

    read(course, "kanat", LESSON)
    assert course.browser("timur").get(LESSON).status_code == 404
    plan()
    enter(course, "kanat", lambda room: exams.cancel(room, name))
    for _ in range(2):
        read(course, "lira", LESSON)
    with course.parts.store.unit(read_only=True) as u:
        (noted,) = Actions(u.session).all_of(ActionKind.LESSON_READ, COURSE)
    assert (noted.actor, noted.assignment) == ("lira", name)
    with pytest.raises(Conflict, match=r"exam\.already_given"):
        plan()


def test_a_lesson_that_becomes_an_exam_while_it_is_read_is_not_shown(course, monkeypatch):
    name = AssignmentName(KEYS)
    noting = classroom_lessons.note_reading

    def planned_first(room, assignment):
        exams.plan(replace(room, person=replace(room.person, role=CourseRole.TEACHER)), name, 60)
        noting(room, assignment)

    monkeypatch.setattr(classroom_lessons, "note_reading", planned_first)
    assert course.browser("lira").get(LESSON).status_code == 403


def test_what_an_author_writes_cannot_run(course):
    evil = "A <script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/a.png)"
    student, master = (
        Bundle.of({"lab.ipynb": notebook(evil, answer)}) for answer in ("raise ValueError", "4")
    )
    enter(
        course,
        "kanat",
        lambda room: classroom_exchange.release(
            room, AssignmentName("evil"), student_version=student, master=master, titles=TITLES
        ),
    )
    text = read(course, "lira", f"{PAGE}/evil/lesson")
    assert "<script>alert" not in text
    assert "javascript:" not in text
    assert "evil.example" not in text
    assert "&lt;script&gt;alert(1)" in text
