"""How hard the recipes are: the reference solver's F1 over a hundred seeds lies in its band."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from sandbox.forensics.cases import case_seed, plan, recipe
from sandbox.forensics.cases.solver import measured, solve
from tests.forensics.cases.planned import NAMES, SECRET, case

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/cases.md"
BANDS = {"easy": (0.85, 1.0), "medium": (0.60, 0.85), "hard": (0.35, 0.60)}


def scores(name, count):
    """F1 of so many cases."""
    found = []
    for attempt in range(1, count + 1):
        planned = plan(case_seed(SECRET, who="cal", lab="P3", attempt=attempt), recipe(name))
        guilty = [each.address for each in planned._secrets.control if each.guilty]
        found.append(measured(solve(planned.public()), guilty).f1)
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_over_a_hundred_seeds_the_difficulty_is_what_the_recipe_says_and_the_page_too(name):
    """Mean and median in the band, three quarters of the cases as well; figures as published."""
    least, most = BANDS[name]
    found = scores(name, 100)
    mean = statistics.mean(found)
    assert least <= mean <= most
    assert least <= statistics.median(found) <= most
    assert sum(least <= each <= most for each in found) >= 75
    row = f"| {name} | {least:.2f}–{most:.2f} | {mean:.2f} | {found[10]:.2f} | {found[89]:.2f} |"
    assert row in PAGE.read_text("utf-8")


def test_the_solver_finds_most_of_an_easy_case_and_names_no_service():
    found = case("easy")
    named = solve(found.public())
    assert measured(named, found.truth().guilty).f1 >= 0.85
    services = {
        each.address.lower()
        for each in found.truth().secrets.control
        if each.service and each.role != "deposit"
    }
    assert not named & services


def test_a_score_knows_misses_from_false_accusations():
    guilty = ["0xa", "0xb", "0xc", "0xd"]
    careful, eager = measured(["0xA"], guilty), measured([*guilty, "0xe", "0xf"], guilty)
    assert (careful.precision, careful.recall) == (1, 0.25)
    assert (eager.precision, eager.recall) == (4 / 6, 1)
    assert measured([], guilty).f1 == measured(["0xe"], guilty).f1 == 0
