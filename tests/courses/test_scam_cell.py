"""A scam cell: values by hand count; a neighbour's do not; a false name costs more than a miss."""

from __future__ import annotations

import json

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.forensics.lessons import small_scam
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import graded
from tests.forensics.lessons.scams import answers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/advanced/scam-cell"
MINE, NEIGHBOUR = 12_345, 54_321
TASKS = {
    "task1": ("owner", "spender", "allowed"),
    "task2": ("victims", "lost", "endangered"),
    "task3": ("alike", "wrong", "bait"),
    "task4": ("payers", "altogether"),
}


def by_hand(number):
    """What a trainee writes down, in the forms in which people write."""
    found = answers(small_scam(number))
    said = {
        name: ", ".join(sorted(value)).lower() if isinstance(value, set) else str(value)
        for name, value in found.items()
    }
    digits = str(found["allowed"]).rjust(19, "0")
    return said | {"allowed": f"{digits[:-18]},{digits[-18:]}", "lost": found["lost"]}


def marks(place, values):
    """Points of the four tasks for these values."""
    master = filled(without_authoring(files_below(FOLDER)), {"CELL": MINE})
    made = dict(master)
    ((path, content),) = ((p, c) for p, c in master.items() if p.endswith(".ipynb"))
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        names = TASKS.get(nbgrader_of(cell).get("grade_id"), ())
        if names:
            cell["source"] = "\n".join(f"{name} = {values[name]!r}" for name in names)
    made[path] = json.dumps(notebook).encode()
    rows = graded(place, master, made)
    return [rows[f"{task}-hidden"]["mark"] for task in TASKS]


def test_values_written_by_hand_count(tmp_path):
    assert marks(tmp_path, by_hand(MINE)) == [6, 10, 6, 4]


def test_a_neighbours_values_earn_nothing(tmp_path):
    assert sum(marks(tmp_path, by_hand(NEIGHBOUR))) <= 2


def test_a_name_that_is_missing_costs_less_than_false_ones(tmp_path):
    victims = sorted(answers(small_scam(MINE))["victims"])
    right = by_hand(MINE)
    few = marks(tmp_path / "few", right | {"victims": " ".join(victims[:-1])})
    everybody = marks(tmp_path / "all", right | {"victims": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
    assert few == [6, 8, 6, 4]
    assert everybody == [6, 4, 6, 4]
