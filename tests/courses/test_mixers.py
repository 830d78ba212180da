"""A pool of one's own: counted by hand it counts; a neighbour's, a constant, a sure guess do not."""

from __future__ import annotations

import json

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.forensics.lessons import small_pool
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import graded
from tests.forensics.lessons.pools import answers, chances, events

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/advanced/mixers"
MINE, NEIGHBOUR = 12_345, 54_321
TASKS = {
    "task1": ("first", "second", "never"),
    "task2": ("twice", "late", "early"),
    "task3": ("own", "sure"),
    "task4": ("statement",),
}


def by_hand(number):
    """What a trainee writes down, in the forms in which people write."""
    mine = small_pool(number)
    found = {name: str(value) for name, value in answers(mine).items()}
    counted = {name: round(float(each), 2) for name, each in chances(mine, 1).items() if each}
    return {
        **found,
        "twice": f"2/{found['first']}",
        "late": f"{100 * float(found['late']):.1f} %".replace(".", ","),
        "early": round(float(found["early"]), 3),
        "own": " " + found["own"].lower(),
        "statement": counted,
    }


def marks(place, values):
    """Points of the four tasks for these values."""
    master = filled(without_authoring(files_below(FOLDER)), {"POOL": MINE})
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


def test_values_counted_by_hand_count(tmp_path):
    assert marks(tmp_path, by_hand(MINE)) == [6, 6, 4, 8]


def test_a_neighbours_statement_and_letters_earn_nothing(tmp_path):
    found = marks(tmp_path, by_hand(NEIGHBOUR))
    assert found[3] == 0
    assert sum(found) <= 4


STATEMENTS = {
    "a sure guess": lambda mine: {mine.late: 1.0},
    "the same for everybody": lambda mine: dict.fromkeys(all_of(mine), 1 / len(all_of(mine))),
    "nothing": lambda mine: {},
    "no numbers": lambda mine: {mine.late: "sure"},
    "more than 1": lambda mine: dict.fromkeys(all_of(mine), 1.0),
}


def all_of(mine):
    return {letter for kind, letter in events(mine) if kind == "in"}


@pytest.mark.parametrize("said", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_without_counting_earns_nothing(said, tmp_path):
    values = by_hand(MINE) | {"statement": said(small_pool(MINE))}
    assert marks(tmp_path, values) == [6, 6, 4, 0]
