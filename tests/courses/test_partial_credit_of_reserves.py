"""Typical mistakes in the assignment about proof of reserves cost their part, and no more."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import marks_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FOLDER = CHECKOUT / "courses/digital-money/supervision/proof-of-reserves"
MISTAKES = [
    # task 1: a lonely node is paired with itself; its sum counts twice, which can be seen
    ("level = level_above(level)\n    return level[0]",
     "level = level_above(level + level[-1:] * (len(level) % 2))\n    return level[0]"),
    # task 2: a negative neighbour is accepted
    (" or amount < 0:", ":"),
    # task 3: only the lowest level is cheated
    ("total = max(left[1], right[1])",
     "total = max(left[1], right[1]) if len(level) == len(leaves) else left[1] + right[1]"),
    # task 4: one leaf that was shown to two counts once
    ("sum(told.get(place, [0]))", "max(told.get(place, [0]))"),
    # task 5: a wallet that is named twice counts twice
    (" and signer not in found", ""),
]  # fmt: skip
MARKS = {
    "task1-check": 0, "task1-hidden": 2.25, "task2-check": 1, "task2-hidden": 2.5,
    "task3-check": 1, "task3-hidden": 2.25, "task4-check": 1, "task4-hidden": 2.5,
    "task5-check": 1, "task5-hidden": 2.5, "task6-answer": None,
}  # fmt: skip


def test_each_typical_mistake_costs_its_part(tmp_path):
    assert marks_with(tmp_path, FOLDER, MISTAKES) == MARKS
