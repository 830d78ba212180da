"""Days of one's own: a neighbour's values lose, and asking for too much costs its part."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import beginning_with, changed, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/basics/exchange-request"
MINE, NEIGHBOUR = 12_345, 54_321
FULL = {"task1-hidden": 8, "task2-hidden": 8, "task3-hidden": 4, "task4-hidden": 8,
        "task5-check": 1, "task5-hidden": 3}  # fmt: skip


def marks(place, submission):
    master = filled(without_authoring(files_below(FOLDER)), {"DAYS": MINE})
    rows = graded(place, master, submission(master))
    return {name: row["mark"] for name, row in rows.items()}


def test_a_neighbours_values_earn_nothing_that_is_ones_own(tmp_path):
    copied = f"DAYS, mine = {NEIGHBOUR}, exchange_days({NEIGHBOUR})"
    found = marks(tmp_path, lambda master: beginning_with(master, copied))
    assert found["task1-hidden"] <= 2, "one exchange of four may be the same by chance"
    assert found["task2-hidden"] <= 2
    assert found["task3-hidden"] <= 2
    assert found["task4-hidden"] == 0


ASKED = 'asks = "".join(LETTERS[mine.asks.index(number)] for number in range(4))'
MISTAKES = {
    "wages counted": (
        ('if row["payee"] == deposit))', 'if row["payee"] == deposit) + 10**20)'),
        {"task1-hidden": 6},
    ),
    "the forum's exchange": (
        ('if tag["address"] == hot_wallet][0]', 'if tag["address"] == deposit][0]'),
        {"task1-hidden": 6},
    ),
    "everything is asked": ((ASKED, 'asks = LETTERS'), {"task2-hidden": 4}),
    "too little is asked": ((ASKED, ASKED.replace("range(4)", "range(3)")), {"task2-hidden": 6}),
    "since ever": (
        ('first_day, last_day = came[0]["time"][:10]', 'first_day, last_day = "2026-01-01"'),
        {"task2-hidden": 7},
    ),
    "what was paid out before": (
        (' and line[3] >= came[0]["time"]]', "]"),
        {"task4-hidden": 6},
    ),
}  # fmt: skip
"""What goes wrong, and what is left of the points."""


@pytest.mark.parametrize(("mistake", "left"), MISTAKES.values(), ids=MISTAKES)
def test_what_goes_wrong_costs_its_part(mistake, left, tmp_path):
    assert marks(tmp_path, lambda master: changed(master, [mistake])) == FULL | left
