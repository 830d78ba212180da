"""Who binds what the number made anew in an answer is marked by their own number all the same."""

from __future__ import annotations

import pytest

from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import beginning_with, graded

POLICE, SUPERVISION = "following-money", "digital-money/supervision"
REBOUND = {
    f"{POLICE}/basics/ledger-literacy": "mine = small_ledger(1)",
    f"{POLICE}/tracing/following-the-money": "mine = small_trail(1)",
    f"{POLICE}/advanced/bridges": "mine = small_crossing(1)",
    f"{POLICE}/advanced/mixers": "mine = small_pool(1)",
    f"{SUPERVISION}/smurf-ring": "RING = 1; mine = ring_market(1)",
}


@pytest.mark.slow
@pytest.mark.parametrize("assignment", REBOUND)
def test_the_whole_solution_of_another_number_earns_next_to_nothing(tmp_path, assignment):
    master = files_below(CHECKOUT / "courses" / assignment)
    rows = graded(tmp_path, master, beginning_with(master, REBOUND[assignment]))
    *values, _code = [each for name, each in rows.items() if name.endswith("-hidden")]
    assert len(values) >= 2
    assert sum(each["mark"] for each in values) <= sum(each["points"] for each in values) / 4


@pytest.mark.slow
def test_the_solution_of_the_own_number_has_all_points(tmp_path):
    (assignment, *_) = REBOUND
    master = files_below(CHECKOUT / "courses" / assignment)
    rows = graded(tmp_path, master, beginning_with(master, "pass"))
    assert all(each["mark"] == each["points"] for each in rows.values())
