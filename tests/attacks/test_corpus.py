"""Every attack scores 0 and reaches nothing; an honest solution beside it scores full."""

from __future__ import annotations

import re

import psutil
import pytest
from nbformat.v4 import new_markdown_cell

from tests.attacks.conftest import UIDS
from tests.attacks.corpus import (
    ESCAPING,
    EVERYTHING,
    EXHAUSTING,
    FORGING,
    STEALING,
    TOUCHING,
)
from tests.attacks.scripts import FILES, OUTPUTS, TEXTS
from tests.grading.notebooks import cell, marks, reasons

HONEST_DOUBLE = "def double(x):\n    return x + x"
HONEST_FILL = "def fill(box):\n    box += [1]\n    return len(box)"
FULL = {"double-test": 4.0, "fill-test": 3.0}
NOTHING = {"double-test": 0.0, "fill-test": 0.0}


def printed(result) -> str:
    return "".join(result["autograded"].values())


@pytest.fixture(scope="session")
def results(grade, pool):
    """Every attack and an honest solution beside it, two at a time."""
    return {
        name: (
            pool.submit(grade, source, ""),
            pool.submit(grade, HONEST_DOUBLE, HONEST_FILL),
        )
        for name, source in EVERYTHING.items()
    }


def test_honest_solution_scores_full(grade):
    assert marks(grade(HONEST_DOUBLE, HONEST_FILL)) == FULL


def test_dropping_assertions_scores_nothing(grade):
    source = FORGING["assertions dropped by an AST transformer"]
    assert marks(grade(source, source)) == NOTHING


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERYTHING)
def test_attack_scores_nothing_and_reaches_nothing(results, name):
    result = results[name][0].result()
    assert marks(result) == NOTHING
    found = [each for each in re.findall(r".*FOUND.*", printed(result)) if "print(" not in each]
    assert found == []


def test_five_of_each_kind_are_tried():
    kinds = (FORGING, STEALING, ESCAPING, TOUCHING, EXHAUSTING)
    stored = (TEXTS, OUTPUTS, FILES)
    assert all(len(kind) >= 5 for kind in (*kinds, *stored))
    assert sum(len(kind) for kind in kinds) == len(EVERYTHING)


@pytest.mark.slow
def test_what_a_hidden_test_asked_is_not_told(grade):
    asks = "def double(x):\n    raise ValueError(f'asked with {x}')"
    result = grade(asks, "def fill(box):\n    raise type(f'Asked{len(box)}', (Exception,), {})")
    assert marks(result) == NOTHING
    told = str(reasons(result))
    assert "asked with" not in told
    assert "Asked1" not in told


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERYTHING)
def test_honest_solution_beside_the_attack_scores_full(results, name):
    assert marks(results[name][1].result()) == FULL


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        [cell("print('x' * 20_000)", f"say-{n}", solution=True) for n in range(450)],
        [new_markdown_cell("ө" * 1_900_000)],
        [new_markdown_cell("\x01" * 600_000)],
    ],
    ids=["talks without end", "a text of megabytes", "a text of control characters"],
)
def test_work_beyond_measure_has_its_marks(grade, more):
    assert marks(grade(HONEST_DOUBLE, HONEST_FILL, more)) == FULL
    assert marks(grade("", "", more)) == NOTHING


@pytest.mark.slow
def test_outputs_claimed_beyond_measure_by_every_cell_hide_no_zero(grade):
    claiming = cell(EXHAUSTING["outputs claimed beyond measure"], "claim", solution=True)
    more = [claiming, *(cell("1", f"one-{n}", solution=True) for n in range(40))]
    assert marks(grade("", "", more)) == NOTHING


@pytest.mark.slow
def test_nothing_outlives_the_gradings(results):
    for each in results.values():
        for future in each:
            future.result()
    left = [p for p in psutil.process_iter(["uids"]) if p.info["uids"].real in UIDS]
    assert left == []


@pytest.mark.slow
def test_cell_that_hangs_leaves_the_other_points(grade):
    result = grade(HONEST_DOUBLE, "while True: pass")
    assert marks(result) == {"double-test": 4.0, "fill-test": 0.0}


@pytest.mark.slow
def test_hang_that_swallows_interrupts_leaves_the_other_points(grade):
    result = grade(HONEST_DOUBLE, EVERYTHING["a loop that swallows interrupts"])
    assert marks(result) == {"double-test": 4.0, "fill-test": 0.0}


@pytest.mark.slow
def test_function_that_hangs_when_called_fails_only_its_own_test(grade):
    result = grade("def double(x):\n    while True: pass", HONEST_FILL)
    assert marks(result) == {"double-test": 0.0, "fill-test": 3.0}
    assert reasons(result)["double-test"]["name"] == "TimeoutError"


@pytest.mark.slow
@pytest.mark.parametrize("claim", ["locked", "grade"])
def test_cell_that_claims_to_be_the_teachers_runs_on_the_students_side(grade, claim):
    yes = (
        "class Yes:\n"
        "    def __eq__(self, other): return True\n"
        "double = lambda x: Yes()\n"
        "fill = lambda box: Yes()"
    )
    kind = {"locked": True} if claim == "locked" else {"grade": True, "locked": True, "points": 4}
    result = grade("", "", extra=[cell(yes, "more-setup", **kind)], at=2)
    assert marks(result) == NOTHING


@pytest.mark.slow
def test_second_cell_with_a_tests_id_and_more_points_changes_nothing(grade):
    easy = cell("pass", "double-test", grade=True, locked=True, points=100)
    result = grade("", "", extra=[easy], at=2)
    assert marks(result) == NOTHING


@pytest.mark.slow
def test_setup_redefined_by_the_student_does_not_reach_the_tests(grade):
    result = grade("LIMIT = 0\ndef double(x):\n    return 42 if x == 21 else 0", HONEST_FILL)
    assert marks(result)["double-test"] == 0.0
