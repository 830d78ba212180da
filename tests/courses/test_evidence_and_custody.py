"""An exhibit of one's own: a neighbour's values lose, and each thing left out costs its part."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import beginning_with, changed, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/basics/evidence-and-custody"
MINE, NEIGHBOUR = 12_345, 54_321
FULL = {"task1-hidden": 6, "task2-hidden": 6, "task3-hidden": 8, "task4-check": 1,
        "task4-hidden": 3}  # fmt: skip
PIN = ', pin=pin)\n    made = made.add({"statement.txt"'


def marks(place, submission):
    master = filled(without_authoring(files_below(FOLDER)), {"EXHIBIT": MINE})
    rows = graded(place, master, submission(master))
    return {name: row["mark"] for name, row in rows.items()}


def test_a_neighbours_values_and_exhibit_earn_nothing(tmp_path):
    copied = f"EXHIBIT, mine = {NEIGHBOUR}, copies_of({NEIGHBOUR})"
    found = marks(tmp_path, lambda master: beginning_with(master, copied))
    assert found == FULL | {"task1-hidden": 0, "task2-hidden": 0, "task3-hidden": 0}


EDITED = """files = files_of(made)
    return {**files, "ledger.csv": files["ledger.csv"].replace(b"3", b"4", 1)}"""
MISTAKES = {
    "another token": (("ledger(chain.kgst)", "ledger(chain.som)"), 0),
    "no pin": ((PIN, PIN.removeprefix(", pin=pin")), 6),
    "another statement": (("STATEMENT.encode()", "STATEMENT.lower().encode()"), 6),
    "to nobody": (('note="to the trainer")\n    return', 'note=" ")\n    return'), 6),
    "edited": (("return files_of(made)", EDITED), 0),
}
"""What is wrong with the exhibit: the mistake, and what is left of its points."""


@pytest.mark.parametrize(("mistake", "left"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_missing_in_an_exhibit_costs_its_part(mistake, left, tmp_path):
    found = marks(tmp_path, lambda master: changed(master, [mistake]))
    assert found == FULL | {"task3-hidden": left}


def test_the_right_file_and_the_right_head_are_not_what_is_asked_of_copies(tmp_path):
    mistakes = [
        ("now = sha256(edited[name])", "now = sha256(mine.sealed[name])"),
        ("anew = opened(rewritten).head", "anew = mine.head"),
    ]
    found = marks(tmp_path, lambda master: changed(master, mistakes))
    assert found == FULL | {"task2-hidden": 2}
