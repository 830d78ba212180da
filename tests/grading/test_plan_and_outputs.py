"""The master decides what runs where; outputs of the student's side are made anew."""

from __future__ import annotations

import math

import pytest

from sandbox.grading.checking import uncrossable
from sandbox.grading.executor import notebook_outputs, score_failure
from sandbox.grading.plan import plan_of
from tests.grading.notebooks import cell, check, master, notebook, setup


def test_plan_takes_kinds_from_the_master():
    plan = plan_of(master())
    kinds = {name: step.kind for name, step in plan.steps.items()}
    assert kinds == {"setup": "setup", "double-test": "test", "fill-test": "test"}
    assert plan.steps["double-test"].title == "Task 1: double"


def test_cell_that_only_claims_to_be_locked_or_a_test_is_the_students():
    plan = plan_of(master())
    assert plan.kind(cell("x = 1", "more", locked=True)) == "student"
    assert plan.kind(cell("x = 1", "more", grade=True, locked=True, points=1)) == "student"
    assert plan.kind(cell("anything", "double-test")) == "test"


def test_setup_before_a_test_is_known_even_if_the_student_deleted_it():
    plan = plan_of(notebook(setup("a = 1", "s1"), check("a", "t1", 1), setup("b = 1", "s2")))
    assert plan.setup_before("t1") == ("s1",)


def test_claimed_html_and_scripts_are_dropped():
    claimed = [
        {"output_type": "display_data", "data": {"text/html": "<script>x</script>"}},
        {"output_type": "stream", "name": "stdout", "text": "fine", "extra": "<script>"},
        {"output_type": "execute_result", "text": "2", "data": {"text/html": "<b>"}},
        {"output_type": 5},
    ]
    made = notebook_outputs(claimed)
    assert [each.output_type for each in made] == ["stream", "execute_result"]
    assert made[1].data == {"text/plain": "2"}


def test_outputs_are_bounded():
    many = [{"output_type": "stream", "text": "x" * 100_000}] * 1000
    made = notebook_outputs(many)
    assert len(made) == 50
    assert all(len(each.text) <= 20_000 for each in made)


@pytest.mark.parametrize("score", [-0.1, 4.1, math.nan, math.inf, -math.inf])
def test_score_outside_the_points_is_a_failure(score):
    assert score_failure(score, 4.0) is not None


@pytest.mark.parametrize("score", [0.0, 2.5, 4.0, None, "other"])
def test_score_within_the_points_is_none(score):
    assert score_failure(score, 4.0) is None


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("%timeit f()", "magics"),
        ("!ls", "magics"),
        ("from unittest.mock import patch", "mocks"),
        ("import unittest.mock", "mocks"),
        ("get_ipython().run_cell('1')", "get_ipython"),
        ("import inspect\ninspect.getsource(f)", "getsource"),
        ("assert isinstance(make(), Wallet)", "Wallet"),
    ],
)
def test_what_cannot_cross_the_split_is_named(source, word):
    assert any(word in problem for problem in uncrossable(source, {"Wallet"}))


def test_plain_tests_can_cross():
    assert uncrossable("assert isinstance(f(1), int)\nassert f(2) == 4", {"Wallet"}) == []
