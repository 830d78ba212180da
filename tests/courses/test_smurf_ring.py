"""A ring over four providers: naming everybody, or a neighbour's ring, earns nothing."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import answered, graded, solution, values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/digital-money/supervision/smurf-ring"


@pytest.fixture(scope="module")
def master():
    return filled(without_authoring(files_below(FOLDER)), {"RING": 12_345})


def marks(place, master, answers):
    rows = graded(place, master, answered(master, answers))
    return [rows[f"task{n}-hidden"]["mark"] for n in (1, 2, 3)]


def test_who_names_everybody_earns_nothing(tmp_path, master):
    everybody = "' '.join({each['key'] for each in mine.accounts})"
    said = {
        "task1": values(alone=0, several=0, together=0),
        "task2": f"not_seen = 0\ncollectors = {everybody}",
        "task3": f"members = {everybody}\nmoved = 0",
    }
    assert marks(tmp_path, master, said) == [0, 0, 0]


def test_a_neighbours_ring_earns_a_count_at_most(tmp_path, master):
    copied = "mine = ring_market(54321)\n" + solution(master, "task1")
    first, second, third = marks(tmp_path, master, {"task1": copied})
    assert first <= 2
    assert second <= 2.5
    assert third == 0


def test_a_trader_among_the_members_costs_precision_and_nothing_else(tmp_path, master):
    wrong = (
        "\nothers = [each for each in suspects if each not in ring]\nmembers += ' ' + ' '.join(others)"
    )
    assert marks(tmp_path, master, {"task3": solution(master, "task3") + wrong}) == [5, 7, 4]


def test_half_of_the_ring_is_half_of_nothing_but_precision(tmp_path, master):
    wrong = "\nring.sort(key=to_collectors)\nmembers = ' '.join(ring[len(ring) // 3 :])"
    assert marks(tmp_path, master, {"task3": solution(master, "task3") + wrong}) == [5, 7, 4]
