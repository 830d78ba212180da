"""Typical mistakes in the assignment about made-up messages cost their part, and little more."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import marks_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FOLDER = CHECKOUT / "courses/digital-money/supervision/travel-rule"
MISTAKES = [
    # task 1: what stays inside a provider is asked for as well
    (" or sender == receiver:", ":"),
    # task 2: accounts are counted, not people
    ('holder.get(each["payer"], each["payer"])', 'each["payer"]'),
    # task 3: salaries are accused
    ("if times and max(times) - min(times) > timedelta(seconds=3600):", "if times:"),
    # task 4: a customer of anybody is known
    ('names.get(message["receiver"], [])', "sum(names.values(), [])"),
    # task 5: ten messages are too few
    ("if len(mine) < 10:", "if len(mine) <= 10:"),
]
MARKS = {
    "task1-check": 1, "task1-hidden": 2.25, "task2-check": 0, "task2-hidden": 2,
    "task3-check": 0, "task3-hidden": 1.25, "task4-check": 1, "task4-hidden": 2.5,
}  # fmt: skip


def test_each_typical_mistake_costs_its_part(tmp_path):
    found = marks_with(tmp_path, FOLDER, MISTAKES)
    assert {name: found[name] for name in MARKS} == MARKS
    assert found["task5-hidden"] <= 1.5, "what is wrong in a part is wrong in the whole"


def test_ten_messages_too_few_cost_half_a_point(tmp_path):
    found = marks_with(tmp_path, FOLDER, MISTAKES[-1:])
    assert {name: mark for name, mark in found.items() if name.startswith("task5")} == {
        "task5-check": 1,
        "task5-hidden": 2.5,
    }
