"""A bridge of one's own: right links count, "none" is one of them, a false link costs."""

from __future__ import annotations

import json

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.forensics.lessons import small_crossing
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import graded
from tests.forensics.lessons.test_small_crossing import fitting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/advanced/bridges"
MINE, NEIGHBOUR = 12_345, 54_321
TASKS = {"task1": ("leg1", "leg2", "leg3", "possible"), "task2": ("spent", "gold", "cost")}


def by_hand(number):
    """What a trainee writes down, in the forms in which people write."""
    mine = small_crossing(number)
    found = fitting(mine)
    legs = [min(found[each], default="none") for each in mine.asked]
    out = sum(row["hundredths"] for row in mine.swap if row["payer"] == mine.trader)
    (came,) = (row["hundredths"] for row in mine.swap if row["token"] == "USDKG")
    return {
        **{f"leg{at}": each.lower() for at, each in enumerate(legs, 1)},
        "possible": " ".join(found[mine.unsure]),
        "spent": f"{out / 100:.2f}".replace(".", ","),
        "gold": came / 100,
        "cost": f"{100 - 8745 * came / out:.1f}",
    }


def marks(place, values):
    """Points of the two tasks for these values."""
    master = filled(without_authoring(files_below(FOLDER)), {"BRIDGE": MINE})
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
    assert marks(tmp_path, by_hand(MINE)) == [10, 6]


def test_a_neighbours_values_earn_next_to_nothing(tmp_path):
    assert sum(marks(tmp_path, by_hand(NEIGHBOUR))) <= 4


def test_the_nearest_in_place_of_none_costs_the_link_and_the_points_for_no_false_one(tmp_path):
    mine, right = small_crossing(MINE), by_hand(MINE)
    (name,) = (each for each in ("leg1", "leg2", "leg3") if right[each] == "none")
    used = {right[each].upper() for each in ("leg1", "leg2", "leg3")}
    wrong = next(row["payee"] for row in mine.arrivals if row["payee"] not in used)
    assert marks(tmp_path / "nearest", right | {name: wrong})[0] == 6
    silent = right | dict.fromkeys(("leg1", "leg2", "leg3"), "none")
    assert marks(tmp_path / "silent", silent)[0] == 4, "always none is right once"
