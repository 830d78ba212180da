"""Thresholds on half a month of one's own: what was copied or guessed earns nothing."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import answered, graded, values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FOLDER = CHECKOUT / "courses/digital-money/supervision/tune-rules"
MINE = {"MONTH": 12_345, "MINUTES": 30, "MISSED": 420, "ANALYSTS": 2, "PART": 80}
ZEROS = {
    "task1": values(false_r01=0, false_r05=0, per_day=0),
    "task2": values(best_window=0, its_false=0, longest_false=0),
    "task3": values(cost_in_force=0, least_r01=0, least_r05=0),
}
IN_FORCE = values(n="5", margin="20", part="90", window="60", expected="3")


@pytest.fixture(scope="module")
def master():
    return filled(without_authoring(files_below(FOLDER)), MINE)


def marks(place, master, answers):
    rows = graded(place, master, answered(master, answers))
    return {name: row["mark"] for name, row in rows.items() if not name.startswith("task5")}


def test_zeros_and_the_values_in_force_earn_nothing(tmp_path, master):
    found = marks(tmp_path, master, {**ZEROS, "task4": IN_FORCE})
    assert set(found.values()) == {0}


@pytest.mark.parametrize("said", ["n = margin = part = window = expected = None", "n = 10**400"])
def test_no_choice_at_all_earns_nothing_and_spoils_nothing(tmp_path, master, said):
    found = marks(tmp_path, master, {"task4": said})
    assert found == {"task1-hidden": 6, "task2-hidden": 6, "task3-hidden": 6, "task4-hidden": 0}


def test_a_neighbours_numbers_earn_nothing_where_they_are_written_down(tmp_path, master):
    copied = "mine = half(54321, 'first'); PART = 90"
    said = {
        "task1": f"{copied}\nnow = dry_run(mine, ANALYSTS)\nfalse_r01 = now['R01']['false']\n"
        "false_r05 = now['R05']['false']\nper_day = now['R01']['per_day'] + now['R05']['per_day']",
    }
    found = marks(tmp_path, master, said)
    assert found["task1-hidden"] == found["task2-hidden"] == found["task3-hidden"] == 0


def test_a_good_choice_with_a_foolish_forecast_loses_the_forecast_alone(tmp_path, master):
    rows = graded(tmp_path, master, answered(master, {"task4": CHEAPEST + "\nexpected = '900'"}))
    assert rows["task4-hidden"]["mark"] == 6


CHEAPEST = (
    "(n, margin), (part, window) = min(all_r01, key=all_r01.get), min(all_r05, key=all_r05.get)"
)
