"""Steps that a test credits are told in the author's words, and are the mark."""

from __future__ import annotations

import pytest

from sandbox.domain.classroom import Mark
from sandbox.grading.feedback import FeedbackOf, missed, render_feedback, step_texts
from sandbox.grading.telling import credited_words, steps_told
from sandbox.kit.credit import Step, collected, credit
from tests.grading.direct import run
from tests.grading.notebooks import cell, check, notebook
from tests.grading.test_feedback import AT

IMPORT = "from sandbox.kit.credit import credit\n"
TEST = (
    IMPORT
    + """
score = credit(1.5, lambda: f(7) == 21, "three times the number")
score += credit(0.5, lambda: f(0) == 0, "nothing stays nothing")
score
"""
)
KEY = ("lab", "t")


def steps_of(answer, test=TEST):
    """What is told of a test of two points with this answer; and why it failed, if it did."""
    made = notebook(
        cell("### BEGIN SOLUTION\n### END SOLUTION", "a", solution=True), check(test, "t", 2)
    )
    found = run(made, {"a": answer})
    told = [(each["points"], each["holds"], each["what"]) for each in found.steps[KEY]]
    return told, found.failures.get(KEY)


def test_points_are_given_where_a_step_holds_and_none_where_not():
    assert [credit(2, True, "a"), credit(2, False, "a"), credit(2, lambda: True, "a")] == [2, 0, 2]


def test_an_error_or_an_object_that_only_counts_as_true_does_not_hold():
    assert credit(1, lambda: 1 / 0, "a") == credit(1, lambda: 1, "a") == 0
    with pytest.raises(TypeError):
        credit(1, 1, "a")


def test_steps_are_collected_inside_and_nowhere_else():
    credit(1, True, "before")
    with collected() as steps:
        credit(1, False, "inside")
    credit(1, True, "after")
    assert steps == [Step(1.0, False, "inside")]


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ("def f(n): return 3 * n", [True, True]),
        ("def f(n): return 21", [True, False]),
        ("def f(n): return 1 / n and 21", [True, False]),
        ("def f(n): raise KeyError", [False, False]),
        ("", [False, False]),
    ],
)
def test_each_step_is_told_with_its_points(answer, holds):
    told, failure = steps_of(answer)
    words = ["three times the number", "nothing stays nothing"]
    assert told == list(zip([1.5, 0.5], holds, words, strict=True))
    assert failure is None


def test_credit_of_the_students_own_is_not_what_gives_points():
    forged = """
import sandbox.kit.credit as kit
def credit(*_args): return 2
def f(n): return 0
kit.credit = credit
"""
    assert [holds for _points, holds, _what in steps_of(forged)[0]] == [False, True]


def test_words_that_could_hold_an_argument_are_not_told():
    told, _failure = steps_of(
        "def f(n): return 21", TEST.replace('"three times the number"', 'f"{f(7)} of 7"')
    )
    assert told == []


def test_nothing_is_said_to_hold_in_a_test_that_ended_with_an_error():
    told, failure = steps_of(
        "def f(n): return 21", TEST + "assert f(1) == 3, 'three times one'\nscore"
    )
    assert told == []
    assert failure["message"] == "three times one"


def test_steps_beside_points_of_another_kind_are_not_told():
    done = {"steps": [{"points": 1.0, "holds": True, "what": "three times the number"}]}
    words = credited_words(TEST)
    assert steps_told(done, 1.0, words) == done["steps"]
    assert steps_told(done, 1.5, words) == steps_told(done, 1.0, ()) == []


def test_without_the_import_the_name_is_the_students():
    assert credited_words(TEST) == ("three times the number", "nothing stays nothing")
    without = TEST.removeprefix(IMPORT)
    assert credited_words(without) == credited_words("credit(") == ()
    assert credited_words(without, imported=True) == credited_words(TEST)


EVIL = "<script>alert(1)</script>"
STEPS = {
    "steps": [
        {"points": 1.5, "holds": True, "what": "a"},
        {"points": 0.5, "holds": False, "what": EVIL},
    ]
}


def half(status="partial"):
    return Mark("s", "lab", "t", "Task", 2.0, 1.5, status, STEPS)


@pytest.mark.parametrize(
    ("lang", "holds", "fails"),
    [
        ("en", "Holds, 1.5 / 1.5: a.", "Does not hold, 0 / 0.5: "),
        ("ru", "Выполнено, 1,5 / 1,5: a.", "Не выполнено, 0 / 0,5: "),
        ("ky", "Аткарылды, 1,5 / 1,5: a.", "Аткарылган жок, 0 / 0,5: "),
    ],
)
def test_feedback_tells_each_step_in_the_students_language(lang, holds, fails):
    page = render_feedback(FeedbackOf("Sums", "lira", AT), [half()], lang)
    assert f"<ul><li>{holds}</li><li>{fails}" in page
    assert "<script" not in page
    assert step_texts(half(), lang) == (holds, f"{fails}{EVIL}.")


def test_a_full_mark_needs_no_steps_and_a_half_one_names_what_is_missing():
    assert step_texts(half("passed"), "en") == ()
    assert missed(half()) == (EVIL,)
