"""A neighbour's answers lose what is asked for with a student's own numbers."""

from __future__ import annotations

import pytest
import yaml

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled, parameters_in, samples
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import beginning_with, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
COURSE = CHECKOUT / "courses/digital-money"
CASES = [
    (
        "contracts/breaking-and-fixing",
        {"task1-hidden": 2.5, "task3-hidden": 1, "task4-hidden": 2.25, "task5-hidden": 1},
    ),
    ("contracts/writing-and-testing", {"task1-hidden": 2.5, "task3-hidden": 3.5}),
    ("supervision/proof-of-reserves", {"task1-hidden": 2, "task4-hidden": 2.75}),
    ("supervision/travel-rule", {"task1-hidden": 1.25}),
    ("products/under-limits", {"task1-hidden": 2.5, "task4-hidden": 2.5}),
]


@pytest.mark.parametrize(("path", "lost"), CASES, ids=[case[0] for case in CASES])
def test_a_neighbours_numbers_lose_their_points_and_nothing_else(path, lost, tmp_path):
    master = without_authoring(files_below(COURSE / path))
    said = yaml.safe_load((COURSE / path / "course.yaml").read_text())
    mine, theirs, *_between = samples(parameters_in(said["variants"]))
    own = filled(master, mine)
    copied = "; ".join(f"{name} = {value!r}" for name, value in theirs.items())
    rows = graded(tmp_path, own, beginning_with(own, copied))
    tests = {name: row for name, row in rows.items() if row["status"] != "manual"}
    full = {name: row["points"] for name, row in tests.items()}
    assert {name: row["mark"] for name, row in tests.items()} == full | lost
