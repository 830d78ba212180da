"""The reference solver's marks: sensible by difficulty, and as published."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from sandbox.forensics.cases import case_seed, plan, recipe
from sandbox.forensics.scoring import Answer, Key, Rubric, score
from sandbox.forensics.scoring.making import sent
from sandbox.forensics.scoring.solved import solved
from tests.forensics.cases.planned import NAMES, SECRET, small

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/scoring.md"
CASES = 8
SHOWN = ("addresses", "hops", "located", "method")


def shares_of(case):
    answer = Answer.read(sent(solved(case.public())))
    marks = score(answer, Key(case), Rubric.shipped("P3"))
    return marks.points, {each.part: float(each.points) for each in marks.parts}


def published(name):
    """The row of the page for a recipe."""
    found = []
    for attempt in range(1, CASES + 1):
        planned = plan(case_seed(SECRET, who="cal", lab="P3", attempt=attempt), recipe(name))
        found.append(shares_of(planned))
    parts = [statistics.mean(each[part] for _, each in found) for part in SHOWN]
    points = sorted(float(each) for each, _ in found)
    cells = [*parts, statistics.mean(points), points[0], points[-1]]
    return f"| {name} | " + " | ".join(f"{each:.0f}" for each in cells) + " |"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_solvers_marks_are_as_published(name):
    assert published(name) in PAGE.read_text("utf-8")


def test_the_solver_does_well_in_an_easy_case_and_less_so_in_a_hard_one():
    easy, hard = (shares_of(small(name))[0] for name in ("easy", "hard"))
    assert 80 >= easy > 70 > hard > 10
