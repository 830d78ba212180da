"""A report on an alert of one's own: a neighbour's and everybody's answers earn nothing."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import answered, graded, solution, values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/digital-money/supervision/suspicion-report"
MINE = 12_345
EVERYTHING = {
    "task1": values(
        since="2026-10-19 08:00",
        until="2026-10-22 20:00",
        rows=" ".join(map(str, range(1, 80))),
        received="0",
        left="0",
        main_party="",
        due="2026-10-22 20:00",
    ),
    "task2": values(
        grounds="structuring fan_in fan_out pass_through dormant_surge profile", times_income="5"
    ),
    "task3": values(may="a b c d e f g h"),
    "task4": values(summary="Suspected: something. " * 8),
}


@pytest.fixture(scope="module")
def master():
    return filled(without_authoring(files_below(FOLDER)), {"CASE": MINE})


def marks(place, master, answers):
    rows = graded(place, master, answered(master, answers))
    return {f"task{n}": rows[f"task{n}-hidden"]["mark"] for n in (1, 2, 3, 4)}


def test_answers_that_suit_everybody_earn_nothing(tmp_path, master):
    assert marks(tmp_path, master, EVERYTHING) == dict.fromkeys(
        ("task1", "task2", "task3", "task4"), 0
    )


def test_a_neighbours_report_earns_next_to_nothing(tmp_path, master):
    first = solution(master, "task1")
    found = marks(tmp_path, master, {"task1": "mine = desk_alert(54321)\n" + first})
    assert found["task1"] <= 1
    assert found["task4"] == 0


def test_each_typical_mistake_costs_its_value_and_no_other(tmp_path, master):
    first = solution(master, "task1")
    wrong = (
        "\nrows += ' 1'\ndue = str(datetime.fromisoformat(mine.raised) + timedelta(hours=5))[:16]"
    )
    last = solution(master, "task4") + "\nreceived = f'{received:,}'.replace(',', ' ')"
    found = marks(tmp_path, master, {"task1": first + wrong, "task4": last})
    assert found == {"task1": 10 - 1.5 - 1.5, "task2": 6, "task3": 4, "task4": 4}


def test_a_paragraph_that_names_somebody_else_loses_that_point_alone(tmp_path, master):
    paragraph = solution(master, "task4") + "\nsummary += ' Also ' + mine.rows[0]['payee']"
    assert marks(tmp_path, master, {"task4": paragraph})["task4"] == 3
