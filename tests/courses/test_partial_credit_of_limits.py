"""Typical mistakes in the assignments about money under limits cost their part, and no more."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import marks_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
COURSE = CHECKOUT / "courses/digital-money"
DIGITAL_SOM = [
    # task 1: everything is issued, whatever the bank holds
    ("bank, needed - bank_holds))", "bank, needed))"),
    # task 2: a cap that was lowered below what is held
    ("stays = min(amount, max(0, cap - held))", "stays = min(amount, cap - held)"),
    # task 3: what is brought back is paid out
    ("if day > self.until:\n            return [(self.payer", "if True:\n            return [(self.payer"),
    # task 4: who paid the same twice is not told from who paid once
    ("made[(w, *what)] >= times for what", "made[(w, *what)] >= 1 for what"),
    # task 5: what was tried first is never taken back
    ("            if found is not None:\n                return found", "            return found"),
]  # fmt: skip
DIGITAL_SOM_MARKS = {
    "task1-check": 1, "task1-hidden": 2, "task2-check": 1, "task2-hidden": 2.5,
    "task3-check": 1, "task3-hidden": 1.75, "task4-check": 1, "task4-hidden": 2.5,
    "task5-check": 1, "task5-hidden": 1.75,
}  # fmt: skip
UNDER_LIMITS = [
    # task 1: a limit that was lowered leaves a negative room
    ("room.append(max(0, limit - taken))", "room.append(limit - taken)"),
    # task 2: 24 hours are counted from the payment, not from the end of its half hour
    ('if half_hour - row["at"] // HALF_HOUR < 49)', 'if payment["at"] - row["at"] < DAY)'),
    # task 3: more is used than the limit
    ('max(0, refusal["limit"] - refusal["used"])', '(refusal["limit"] - refusal["used"])'),
    # task 4: what customers hold is counted from the period alone
    ('for row in until if kind(row["to"])', 'for row in period if kind(row["to"])'),
    # task 5: exactly 24 hours are taken for less
    ('0 <= last["at"] - row["at"] < DAY', '0 <= last["at"] - row["at"] <= DAY'),
    # task 6: the firm's own rest stays in the pot
    ('return [*steps, ("redeem", "pot", rest)] if rest else steps', "return steps"),
]  # fmt: skip
UNDER_LIMITS_MARKS = {
    "task1-check": 1, "task1-hidden": 2.5, "task2-check": 1, "task2-hidden": 2,
    "task3-check": 1, "task3-hidden": 2.25, "task4-check": 1, "task4-hidden": 2.25,
    "task5-check": 1, "task5-hidden": 2.25, "task6-check": 1, "task6-hidden": 2.5,
}  # fmt: skip
CASES = [
    ("central-bank-money/digital-som", DIGITAL_SOM, DIGITAL_SOM_MARKS),
    ("products/under-limits", UNDER_LIMITS, UNDER_LIMITS_MARKS),
]


@pytest.mark.parametrize(("path", "mistakes", "marks"), CASES, ids=[case[0] for case in CASES])
def test_each_typical_mistake_costs_its_part(path, mistakes, marks, tmp_path):
    assert marks_with(tmp_path, COURSE / path, mistakes) == marks
