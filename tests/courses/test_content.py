"""Every assignment in the repository keeps its promises; broken ones are found, by code."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
import yaml

from sandbox.grading.authoring.catalogues import Catalogue, written
from sandbox.grading.authoring.description import check_course_file
from sandbox.grading.authoring.findings import Level
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import texts_of
from sandbox.grading.checking import check_assignment
from sandbox.grading.constants import CONSTANTS
from sandbox.grading.hostile import HOSTILE
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.kit.errors import IntegrityFailure
from sandbox.locale import LANGUAGES, has_wording
from sandbox.toolchain.layout import CHECKOUT
from tests.grading.notebooks import cell, check, notebook

COURSES = sorted((CHECKOUT / "courses").glob("*/course.yaml"))
ASSIGNMENTS = sorted(path.parent for path in (CHECKOUT / "courses").glob("*/*/*/course.yaml"))
GOOD = {
    "titles": {"en": "Sums", "ru": "Суммы", "ky": "Суммалар"},
    "language": "en",
    "minutes": 30,
    "points": 2,
    "seconds": 60,
    "due": {"days": 14},
    "seed": "none",
    "outcomes": {"sums": {"en": "add", "ru": "складывать", "ky": "кошуу", "tests": ["x-test"]}},
}
ANSWER = cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "x", solution=True)


GRADED_SAID = "assert x == 1, 'x is one'"
GRADED = check("assert x == 1, 'x is one'", "x-test", 2)


def bad(folder, warden=None):
    """Codes and cells of the faults."""
    found = list(check_assignment(folder, warden))
    assert all(has_wording(each.code) for each in found)
    assert all(each.line(lang) for each in found for lang in LANGUAGES)
    return [(each.code.removeprefix("authoring."), each.cell) for each in found if not each.good]


def write(folder, *cells, words=None):
    """The notebook and complete catalogues for it."""
    (folder / "lab.ipynb").write_text(nbformat.writes(notebook(*cells)))
    texts = texts_of(files_below(folder))
    (folder / "locale").mkdir(exist_ok=True)
    for lang in ("ru", "ky"):
        known = {text.key: f"{lang} {text.key}" for text in texts} if words is None else words
        (folder / "locale" / f"{lang}.po").write_bytes(written(texts, Catalogue(lang, known)))


def describe(folder, **changes):
    said = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    (folder / "course.yaml").write_text(yaml.safe_dump(said, allow_unicode=True))


@pytest.fixture
def folder(tmp_path):
    """A good assignment of two points."""
    made = tmp_path / "lab"
    made.mkdir()
    describe(made)
    write(made, ANSWER, check("assert x == 1, 'x is one'", "x-test", 2))
    return made


def test_there_are_courses():
    assert len(ASSIGNMENTS) >= 1
    assert {path.parent.parent for path in ASSIGNMENTS} == {path.parent for path in COURSES}


@pytest.mark.parametrize("path", COURSES, ids=lambda path: path.parent.name)
def test_course_is_described(path):
    assert [each.code for each in check_course_file(path.read_bytes()) if not each.good] == []


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.name)
def test_assignment_holds_what_can_be_read(path):
    assert bad(path) == []


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.name)
def test_assignment_holds_when_it_is_run(path):
    warden = Warden(WardenSetup(CHECKOUT, probe().level, grader_uid=61409, uid_base=61440, slots=1))
    assert bad(path, warden) == []


def test_good_assignment_has_no_fault(folder):
    assert bad(folder) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"titles": {"en": "a", "ru": "b", "ky": " "}}, "untold"),
        ({"titles": {"en": "a", "ru": "b", "kg": "c"}}, "value_wrong"),
        ({"points": 3}, "points_differ"),
        ({"points": "2"}, "value_wrong"),
        ({"minutes": 0}, "value_wrong"),
        ({"seconds": True}, "value_wrong"),
        ({"due": {"weeks": 2}}, "value_wrong"),
        ({"due": {"days": 0}}, "value_wrong"),
        ({"seed": "student"}, "variants_seed"),
        ({"seed": "each"}, "value_wrong"),
        ({"language": "de"}, "value_wrong"),
        ({"due": None}, "key_missing"),
        ({"pionts": 2}, "key_unknown"),
        ({"outcomes": {}}, "cell_without_outcome"),
        ({"outcomes": {"a": {**GOOD["outcomes"]["sums"], "ru": ""}}}, "untold"),
    ],
)
def test_wrong_description_is_found(folder, changes, code):
    describe(folder, **changes)
    assert [found for found, _cell in bad(folder)] == [code]


LEVELS = [{"points": at, "titles": GOOD["titles"]} for at in (0, 1, 2)]
RUBRIC = {"criteria": [{"titles": GOOD["titles"], "levels": LEVELS}]}
MARKED = cell(
    "### BEGIN SOLUTION\nwhy\n### END SOLUTION", "x-why", solution=True, grade=True, points=2
)


def explained(folder, rubrics):
    """An assignment with a test and an answer that a person marks, two points each."""
    tests = {"sums": {**GOOD["outcomes"]["sums"], "tests": ["x-test", "x-why"]}}
    describe(folder, points=4, outcomes=tests, rubrics=rubrics)
    write(folder, ANSWER, GRADED, MARKED)


def test_answer_that_a_person_marks_with_a_rubric_has_no_fault(folder):
    explained(folder, {"x-why": RUBRIC})
    assert bad(folder) == []


@pytest.mark.parametrize(
    ("rubrics", "codes"),
    [
        (None, ["rubric_missing"]),
        ({"x-why": RUBRIC, "x-test": RUBRIC}, ["rubric_without_cell"]),
        ({"x-why": {"criteria": RUBRIC["criteria"] * 2}}, ["rubric_points"]),
        ({"x-why": {"criteria": []}}, ["value_wrong"]),
        (
            {"x-why": {"criteria": [{"titles": GOOD["titles"], "levels": LEVELS[1:]}]}},
            ["value_wrong"],
        ),
        (
            {"x-why": {"criteria": [{"titles": GOOD["titles"], "levels": LEVELS[::-1]}]}},
            ["value_wrong"],
        ),
        ({"x-why": {"criteria": [{"titles": {"en": "a"}, "levels": LEVELS}]}}, ["value_wrong"]),
        ({"x-why": {**RUBRIC, "more": 1}}, ["value_wrong"]),
        ("none", ["value_wrong"]),
    ],
)
def test_wrong_rubric_is_found(folder, rubrics, codes):
    explained(folder, rubrics)
    assert [found for found, _cell in bad(folder)] == codes


def test_model_answer_that_a_person_marks_needs_no_points_of_the_grader(folder):
    explained(folder, {"x-why": RUBRIC})
    assert bad(folder, Script(2.0, 2.0)) == []


def test_outcome_without_a_test_and_with_an_unknown_one_are_found(folder):
    sums = GOOD["outcomes"]["sums"]
    describe(folder, outcomes={"a": sums, "b": {**sums, "tests": []},
                               "c": {**sums, "tests": ["other"]}})  # fmt: skip
    assert bad(folder) == [("outcome_untested", ""), ("outcome_without_cell", "")]


@pytest.mark.parametrize("text", [None, "titles: [", "- a", "\udcff"])
def test_unreadable_description_is_found(folder, text):
    path = folder / "course.yaml"
    path.unlink()
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert bad(folder) == [("yaml_unreadable", "")]


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_unreadable_notebook_is_found(folder, text):
    (folder / "lab.ipynb").write_text(text)
    assert bad(folder) == [("notebook_unreadable", "")]


def unlocked(source):
    made = check(source, "x-test", 2)
    made.metadata["nbgrader"]["locked"] = False
    return made


def printed():
    made = check("x", "x-test", 2)
    made.outputs = [nbformat.v4.new_output("stream", text="42")]
    return made


@pytest.mark.parametrize(
    ("made", "code", "where"),
    [
        (lambda: [check("%time x", "x-test", 2)], "crossing.magic", "x-test"),
        (lambda: [check("import unittest.mock", "x-test", 2)], "crossing.mock", "x-test"),
        (lambda: [check("import requests", "x-test", 2)], "crossing.network", "x-test"),
        (lambda: [unlocked("x")], "test_unlocked", "x-test"),
        (lambda: [printed()], "output_kept", "x-test"),
        (lambda: [check("x\n### BEGIN HIDDEN TESTS", "x-test", 2)], "markers", "x-test"),
        (lambda: [cell("### BEGIN SOLUTION\nx = 1", "x", solution=True), GRADED], "markers", "x"),
        (lambda: [check("x", "x-test", 2), cell("y = 1", "x-test")], "id_repeated", "x-test"),
    ],
)
def test_wrong_cell_is_found_and_nothing_is_run(folder, made, code, where):
    write(folder, *made())
    assert bad(folder, NeverRun()) == [(code, where)]


class NeverRun:
    """A warden that nobody may ask."""

    def run_job(self, folder):
        raise AssertionError("run")


def test_remote_picture_and_missing_file_are_found(folder):
    text = nbformat.v4.new_markdown_cell("![x](https://a.b/c.png)\n\n![y](pictures/a.svg)", id="t")
    write(folder, text, ANSWER, check("assert x == 1, 'x is one'", "x-test", 2))
    assert bad(folder) == [("picture_remote", "t"), ("file_missing", "t")]


LESSON = "A key is a number, and `x` is 1 of 2."


def lesson(folder, words):
    text = nbformat.v4.new_markdown_cell(LESSON, id="t")
    write(folder, text, ANSWER, check("assert x == 1, 'x is one'", "x-test", 2), words=words)
    return [code for code, _cell in bad(folder)]


RIGHT = {LESSON: "Ключ — число, а `x` — это 1 из 2.", "x is one": "x равен одному"}


def test_complete_translation_has_no_fault(folder):
    assert lesson(folder, RIGHT) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"x is one": "x равен одному"}, "text_untranslated"),
        ({**RIGHT, LESSON: LESSON}, "text_same"),
        ({**RIGHT, LESSON: "Ключ — число, а `y` — это 1 из 2."}, "text_shape"),
        ({**RIGHT, LESSON: "Ключ — число, а `x` — это 1 из 3."}, "text_shape"),
    ],
)
def test_wrong_translation_is_found_in_each_language(folder, words, code):
    assert lesson(folder, words) == [code] * 2


def test_changed_text_is_found_as_stale(folder):
    lesson(folder, RIGHT)
    for lang in ("ru", "ky"):
        path = folder / "locale" / f"{lang}.po"
        path.write_text(path.read_text().replace("#: lab.ipynb\n", "#: lab.ipynb\n#, fuzzy\n", 1))
    assert [code for code, _cell in bad(folder)] == ["text_stale"] * 2


def test_missing_language_and_unreadable_catalogue_are_found(folder):
    (folder / "locale" / "ru.po").unlink()
    (folder / "locale" / "ky.po").write_text('msgid "a"\nmsgstr "b\n')
    assert [code for code, _cell in bad(folder)] == ["catalogue_unreadable", "language_missing"]


def test_unsigned_language_is_a_note_not_a_fault(folder):
    notes = [each for each in check_assignment(folder, None) if each.level is Level.NOTE]
    assert [each.code for each in notes] == ["authoring.unsigned"] * 2


def test_tests_under_one_title_are_noted(folder):
    outcome = {**GOOD["outcomes"]["sums"], "tests": ["x-test", "y-test"]}
    describe(folder, points=4, outcomes={"sums": outcome})
    task = nbformat.v4.new_markdown_cell("## Task 1: one", id="task")
    more = nbformat.v4.new_markdown_cell("### More", id="more")
    other = check("assert x != 2, 'x is not two'", "y-test", 2)
    for cells, titles in (
        ((task, ANSWER, GRADED, other), ["Task 1: one (x-test, y-test)"]),
        ((task, ANSWER, GRADED, more, other), []),
    ):
        write(folder, *cells)
        found = list(check_assignment(folder, None))
        assert all(each.good for each in found)
        assert [e.params["titles"] for e in found if e.code == "authoring.titles_same"] == titles


class Script:
    """A warden that answers by what it was handed: marks of the one test."""

    def __init__(self, *marks, steps=()):
        self.marks = list(marks)
        self.steps = steps
        self.files = []

    def run_job(self, folder):
        self.files.append({p.name for p in folder.rglob("*") if p.is_file()})
        mark = self.marks.pop(0) if self.marks else 0.0
        reason = None if mark == 2.0 else {"kind": "assertion", "message": "x is one"}
        if mark == 2.0 and self.steps:
            reason = {"steps": self.steps}
        row = {"cell": "x-test", "mark": mark, "reason": reason}
        return {"notebooks": [{"notebook": "lab", "cells": [row]}]}


@pytest.mark.parametrize(
    ("marks", "codes"),
    [
        ((2.0, 2.0), []),
        ((1.0, 1.0), ["solution_loses"]),
        ((None, None), ["solution_loses"]),
        ((2.0, 1.0), ["unsteady"]),
        ((2.0, 2.0, 0.5), ["untouched_gives"]),
        ((2.0, 2.0, 0.0, 2.0), ["attack_gives"]),
        ((2.0, 2.0, *[0.0] * (1 + len(HOSTILE)), 0.5), ["constant_gives"]),
    ],
)
def test_marks_that_must_not_be_are_found_at_their_cell(folder, marks, codes):
    warden = Script(*marks)
    assert bad(folder, warden) == [(code, "x-test") for code in codes]
    assert len(warden.files) == 3 + len(HOSTILE) + len(CONSTANTS)
    assert set.union(*warden.files) == {"lab.ipynb"}, "catalogues are not where students' code is"


CREDITED = "from sandbox.kit.credit import credit\ncredit(2, x == 1, 'x is one')"


def test_solution_whose_steps_are_told_has_no_fault(folder):
    write(folder, ANSWER, check(CREDITED, "x-test", 2))
    told = Script(2.0, 2.0, steps=[{"points": 2.0, "holds": True, "what": "x is one"}])
    assert bad(folder, told) == []
    assert bad(folder, Script(2.0, 2.0)) == [("credit_untold", "x-test")]


def test_steps_credited_by_a_name_that_may_be_the_students_are_found(folder):
    outcome = {**GOOD["outcomes"]["sums"], "tests": ["x-test", "y-test"]}
    describe(folder, points=4, outcomes={"sums": outcome})
    other = CREDITED.partition("\n")[2]
    write(folder, ANSWER, check(other, "x-test", 2), check(CREDITED, "y-test", 2))
    assert bad(folder) == [("credit_unimported", "x-test")]
    write(folder, ANSWER, check(CREDITED, "x-test", 2), check(other, "y-test", 2))
    assert bad(folder) == [], "it is what the earlier test imports"
    write(folder, ANSWER, check(other, "x-test", 2), check(other, "y-test", 2))
    assert bad(folder) == [], "a function of the student's may have that name"


TASK = nbformat.v4.new_markdown_cell("### Task 1: one", id="task")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Sums.\n\n1 task, 2 points, 30 minutes. It has 1 check.", []),
        ("One task, 2 points, 30 minutes.", ["opening_differs"]),
        ("2 tasks, 2 points, 30 minutes.", ["opening_differs"]),
        ("1 task, 4 points, 30 minutes.", ["opening_differs"]),
        ("1 task, 2 points, 20 minutes.", ["opening_differs"]),
        ("Sums.", ["opening_differs"]),
    ],
)
def test_opening_that_says_other_numbers_is_found(folder, text, codes):
    write(folder, nbformat.v4.new_markdown_cell(text, id="intro"), TASK, ANSWER, GRADED)
    assert bad(folder) == [(code, "intro") for code in codes]


class Broken:
    """A warden whose grading ends for a reason of its own."""

    def run_job(self, folder):
        raise IntegrityFailure("grading.canary_passed", notebook=folder.name)


def test_grading_that_cannot_be_believed_is_a_fault_with_its_code(folder):
    assert bad(folder, Broken()) == [("grading.canary_passed", "")]


def test_slow_grading_is_found(folder, monkeypatch):
    times = iter(range(0, 10_000, 61))
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    assert [code for code, _cell in bad(folder, Script(2.0, 2.0))] == ["too_slow"]


def test_solution_in_the_text_is_found(folder):
    (folder / "hint.md").write_text("The test is: assert x == 1, 'x is one'")
    write(folder, ANSWER, check("assert x == 1, 'x is one'", "x-test", 2))
    assert bad(folder, Script(2.0, 2.0)) == [("shown", "")]


def test_hidden_test_told_in_a_translation_is_found(folder):
    hint = nbformat.v4.new_markdown_cell("A hint about 1 thing", id="t")
    text = texts_of({"lab.ipynb": nbformat.writes(notebook(hint, GRADED)).encode()})
    words = {each.key: f"ru {each.key}" for each in text}
    write(folder, hint, ANSWER, GRADED, words={**words, "A hint about 1 thing": GRADED_SAID})
    assert bad(folder, Script(2.0, 2.0)) == [("shown", "")]


def test_what_nbgrader_cannot_make_is_a_fault(folder):
    task = cell("x", "x-test", grade=True, locked=True, points=2)
    task.metadata["nbgrader"]["schema_version"] = 99
    write(folder, ANSWER, task)
    assert bad(folder, NeverRun()) == [("not_generated", "")]


def test_progress_is_told_before_each_step(folder):
    told = []
    list(check_assignment(folder, Script(2.0, 2.0), lambda *said: told.append(said)))
    assert [number for number, _steps, _what in told] == list(
        range(1, 5 + len(HOSTILE) + len(CONSTANTS))
    )
    assert {steps for _number, steps, _what in told} == {4 + len(HOSTILE) + len(CONSTANTS)}
    assert json.dumps(told[-1][2]).startswith('"always')
