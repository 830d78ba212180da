"""The master decides what runs where; outputs of the student's side are made anew."""

from __future__ import annotations

import json
import math

import pytest

from sandbox.grading.authoring.crossing import networked, uncrossable
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
        {"output_type": ["stream"], "text": "no form"},
    ]
    made = notebook_outputs(claimed)
    assert [each.output_type for each in made] == ["stream", "execute_result"]
    assert made[1].data == {"text/plain": "2"}


def test_half_of_a_character_in_an_output_does_not_stop_the_grading():
    half = "\ud800"
    made = notebook_outputs(
        [
            {"output_type": "stream", "text": half},
            {"output_type": "execute_result", "text": half},
            {"output_type": "error", "ename": half, "evalue": half, "traceback": half},
        ]
    )
    assert json.loads(json.dumps(made, ensure_ascii=False).encode()) == [
        {"output_type": "stream", "name": "stdout", "text": "?"},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "?"},
            "metadata": {},
            "execution_count": None,
        },
        {"output_type": "error", "ename": "?", "evalue": "?", "traceback": ["?"]},
    ]


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
    ("source", "kind", "what"),
    [
        ("%timeit f()", "magic", "%timeit f()"),
        ("!ls", "magic", "!ls"),
        ("from unittest.mock import patch", "mock", "mock"),
        ("from unittest import mock", "mock", "mock"),
        ("import unittest.mock", "mock", "mock"),
        ("get_ipython().run_cell('1')", "ipython", "get_ipython"),
        ("import inspect\ninspect.getsource(f)", "source", "getsource"),
        ("assert isinstance(make(), Wallet)", "type_test", "Wallet"),
        ("assert isinstance(make(), (int, Wallet))", "type_test", "Wallet"),
        ("try:\n    f()\nexcept Wallet:\n    pass", "type_test", "Wallet"),
        ("class Mine(Wallet):\n    pass", "type_test", "Wallet"),
    ],
)
def test_what_cannot_cross_the_split_is_named(source, kind, what):
    (problem,) = uncrossable(source, {"Wallet"})
    assert (problem.kind, problem.what) == (kind, what)


@pytest.mark.parametrize(
    ("source", "kind", "what"),
    [
        ("import asyncio\nassert asyncio.run(f()) == 1", "async", "asyncio"),
        ("async def t():\n    pass", "async", "await"),
        ("import random\nrandom.seed(1)", "seed", "random.seed"),
        ("from random import seed", "seed", "random.seed"),
        ("f()\nassert open('o.txt').read() == 'x'", "file", "open"),
        ("from pathlib import Path\nPath('o').read_text()", "file", "read_text"),
        ("import inspect\ninspect.signature(f)", "look", "inspect.signature"),
        ("from dataclasses import asdict", "look", "dataclasses.asdict"),
        ("import time\ntime.sleep = print", "patch", "time.sleep"),
        ("assert Wallet(1) + 1", "operand", "Wallet(1) + 1"),
        ("w = Wallet(1)\nassert w == 5", "operand", "w == 5"),
        ("assert 'a' in Wallet(1)", "operand", "'a' in Wallet(1)"),
        ("assert Wallet(1) == Wallet(1)", "one_sided", "=="),
        ("assert type(w) is Wallet", "type_test", "Wallet"),
        ("assert w.__class__ == Wallet", "type_test", "Wallet"),
        ("with pytest.raises(Wallet):\n    f()", "type_test", "Wallet"),
    ],
)
def test_what_would_score_otherwise_than_stock_is_named(source, kind, what):
    (problem,) = uncrossable(source, {"Wallet"})
    assert (problem.kind, problem.what) == (kind, what)


@pytest.mark.parametrize(
    "source",
    [
        "import random\nassert f(random.Random(1).random()) < 1",
        "assert Wallet(1) == Wallet(1) and Wallet(1) != Wallet(2)",
        "assert Wallet(1) in [Wallet(2)]\nassert Wallet(1).value + 1 == 2",
        "assert type(f()) is int",
        "from dataclasses import dataclass",
        "w.rate = 5",
    ],
)
def test_their_neighbours_can_cross(source):
    assert uncrossable(source, {"Wallet"}) == []


def test_plain_tests_can_cross():
    assert uncrossable("assert isinstance(f(1), int)\nassert f(2) == 4", {"Wallet"}) == []
    assert uncrossable("try:\n    Wallet(1)\nexcept ValueError:\n    pass", {"Wallet"}) == []


@pytest.mark.parametrize(
    "source", ["import requests", "from urllib.request import urlopen", "import socket as s"]
)
def test_what_needs_a_network_is_named(source):
    assert [problem.kind for problem in networked(source)] == ["network"]


@pytest.mark.parametrize("source", ["from urllib.parse import quote", "import json", "%matplotlib"])
def test_what_needs_no_network_is_not(source):
    assert networked(source) == []
