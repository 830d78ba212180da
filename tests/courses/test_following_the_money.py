"""Twelve values of a trail of one's own: written by hand they count, a neighbour's do not."""

from __future__ import annotations

import json

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.forensics.lessons import small_trail
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import graded
from tests.forensics.lessons.trail_answers import answers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/tracing/following-the-money"
MINE, NEIGHBOUR = 12_345, 54_321
TASKS = {
    "task1": ("largest", "got", "kept"),
    "task2": ("deposit", "arrival", "early"),
    "task3": ("peeled", "end", "rest"),
    "task4": ("fifo", "lifo", "left"),
}
LEFT = "# YOUR CODE HERE\nraise NotImplementedError()"


def by_hand(number):
    """What a trainee writes down, in the forms in which people write."""
    found = answers(small_trail(number))
    said = {
        name: f"{value // 100},{value % 100:02d}" if isinstance(value, int) else value
        for name, value in found.items()
    }
    return said | {"end": said["end"].upper().replace("0X", "0x"), "got": " " + said["got"]}


def marks(place, values, after=""):
    """Points of the tests of the four tasks for these values, and what the steps say."""
    master = filled(without_authoring(files_below(FOLDER)), {"TRAIL": MINE})
    made = dict(master)
    ((path, content),) = ((p, c) for p, c in master.items() if p.endswith(".ipynb"))
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        names = TASKS.get(nbgrader_of(cell).get("grade_id"), ())
        if names:
            lines = [f"{name} = {values[name]!r}" for name in names]
            cell["source"] = "\n".join([*lines, after])
    made[path] = json.dumps(notebook).encode()
    rows = graded(place, master, made)
    steps = [each for task in TASKS for each in rows[f"{task}-hidden"]["reason"]["steps"]]
    return [rows[f"{task}-hidden"]["mark"] for task in TASKS], steps


def test_values_written_by_hand_count_also_where_the_given_lines_were_left(tmp_path):
    found, steps = marks(tmp_path, by_hand(MINE), LEFT)
    assert found == [6, 6, 6, 6]
    assert [each["what"].split(":")[0] for each in steps] == [f"value {n}" for n in range(1, 13)]


def test_a_neighbours_values_and_one_value_for_all_earn_nothing(tmp_path):
    found, steps = marks(tmp_path / "neighbour", by_hand(NEIGHBOUR))
    assert found == [0, 0, 0, 0]
    assert {each["holds"] for each in steps} == {False}
    assert marks(tmp_path / "zero", dict.fromkeys(by_hand(MINE), "0"))[0] == [0, 0, 0, 0]


def test_each_typical_mistake_costs_its_value_and_no_other(tmp_path):
    mine, right = small_trail(MINE), by_hand(MINE)
    wrong = {
        "arrival": right["early"],
        "early": right["arrival"],
        "deposit": next(iter(mine.tags)),
        "lifo": right["fifo"],
        "kept": True,
    }
    found, steps = marks(tmp_path, right | wrong)
    assert found == [4, 0, 6, 4]
    lost = {each["what"].split(":")[0] for each in steps if not each["holds"]}
    assert lost == {"value 3", "value 4", "value 5", "value 6", "value 11"}
