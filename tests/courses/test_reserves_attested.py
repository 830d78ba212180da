"""An attestation of one's own: a neighbour's values and a look at one window alone earn little."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import answered, graded, solution, values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/digital-money/supervision/reserves-attested"
MINE = {"FIRM": 12_345, "HIDDEN": 5}
ZEROS = {
    "task1": values(missing=0, shared=0, less=0, negative=0, hidden=0, lowest=0),
    "task2": values(chance=0, letters=0),
    "task3": values(not_theirs="", assets=0, needed=0, window=24, lender="", lacking=0),
}


@pytest.fixture(scope="module")
def master():
    return filled(without_authoring(files_below(FOLDER)), MINE)


def marks(place, master, answers):
    rows = graded(place, master, answered(master, answers))
    return [rows[f"task{n}-hidden"]["mark"] for n in (1, 2, 3)]


def test_zeros_and_the_usual_window_earn_nothing(tmp_path, master):
    assert marks(tmp_path, master, ZEROS) == [0, 0, 0]


def test_of_a_neighbours_firm_a_count_is_right_at_most(tmp_path, master):
    copied = "FIRM = 54321\nmine = attested(FIRM)\n"
    first, _, third = marks(tmp_path, master, {"task1": copied + solution(master, "task1")})
    assert first <= 2
    assert third <= 0


def test_the_go_between_for_the_lender_costs_that_alone(tmp_path, master):
    wrong = solution(master, "task3") + "\nlender = between"
    assert marks(tmp_path, master, {"task3": wrong}) == [8, 4, 7.5]
