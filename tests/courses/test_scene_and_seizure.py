"""A scene of one's own: a neighbour's values lose, and each thing that is lost costs its part."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import beginning_with, changed, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FOLDER = CHECKOUT / "courses/following-money/basics/scene-and-seizure"
MINE, NEIGHBOUR = 12_345, 54_321
FULL = {"task1-hidden": 4, "task2-hidden": 6, "task3-hidden": 6, "task4-hidden": 6,
        "task5-hidden": 8, "task6-check": 1, "task6-hidden": 3}  # fmt: skip


def marks(place, submission):
    master = filled(without_authoring(files_below(FOLDER)), {"SCENE": MINE})
    rows = graded(place, master, submission(master))
    return {name: row["mark"] for name, row in rows.items()}


def test_a_neighbours_values_and_log_earn_nothing_that_is_ones_own(tmp_path):
    copied = f"SCENE, mine = {NEIGHBOUR}, scene_of({NEIGHBOUR})"
    found = marks(tmp_path, lambda master: beginning_with(master, copied))
    assert found["task2-hidden"] <= 2, "a letter of four may be the same by chance"
    assert found["task3-hidden"] <= 2
    assert found["task4-hidden"] == 0
    assert found["task5-hidden"] <= 2
    assert found["task1-hidden"] <= 1


EVERYTHING = 'found = "\\n".join(text for text in strings if len(text) > 20)'
FINDING = 'found = "\\n".join(text for text in strings if kind_of(text) not in ("none", "wrong"))'
MISTAKES = {
    "the slip forgotten": (
        [("first = address_of(phrase, \"m/44'/60'/0'/0/0\", mine.slip)",
          "first = address_of(phrase, \"m/44'/60'/0'/0/0\")")],
        {"task2-hidden": 4},
    ),
    "everything that is long": ([(FINDING, EVERYTHING)], {"task4-hidden": 0}),
    "small letters left out": (
        [(FINDING, FINDING.replace('("none", ', '("none", "evm_plain", '))],
        {"task4-hidden": 4},
    ),
    "an act that must not be done": (
        [("for act in range(10))", "for act in [*range(9), 12])")],
        {"task1-hidden": 2},
    ),
    "all at once": (
        [("1 move {gold_path} USDKG 0.3\n2 confirm\n", "")],
        {"task5-hidden": 7},
    ),
    "one person": (
        [("1 move {gold_path} USDKG all\n2 confirm", "1 move {gold_path} USDKG all\n1 confirm")],
        {"task5-hidden": 5},
    ),
    "the coin first": (
        [("1 move {gold_path} USDKG 0.3",
          "1 move {gold_path} BNB all\n2 confirm\n1 move {gold_path} USDKG 0.3")],
        {"task5-hidden": 4},
    ),
    "small sums forgotten": (
        [("1 move {som_path} KGST all\n2 confirm\n", "")],
        {"task5-hidden": 6},
    ),
    "fees left behind": (
        [("1 move {som_path} BNB all\n2 confirm\n", "")],
        {"task5-hidden": 6},
    ),
    "not proved": ([("1 prove\n2 confirm\n", "")], {"task5-hidden": 7}),
}  # fmt: skip
"""What goes wrong, and what is left of the points."""


@pytest.mark.parametrize(("mistakes", "left"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_lost_costs_its_part(mistakes, left, tmp_path):
    assert marks(tmp_path, lambda master: changed(master, mistakes)) == FULL | left
