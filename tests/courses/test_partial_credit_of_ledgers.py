"""Typical mistakes in reading a ledger and a stablecoin cost their part, and no more."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import FOUNDATIONS, marks_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TOKENS = CHECKOUT / "courses/digital-money/wallets-and-tokens"
LOGS = [
    # task 1: topics and words are not counted
    (' or len(log["topics"]) != 1 + len(marked) or len(words) != len(others)', ""),
    # task 2: a failed transaction moves its value
    ('if each["status"] == 1:', "if True:"),
    # task 3: any better price replaces
    ('10 * each["price"] < 11 * rival["price"]', 'each["price"] < rival["price"]'),
    # task 4: whoever wrote the log is believed
    ('if paid is None or log["address"].lower() != token.lower():', "if paid is None:"),
    # task 5: blocks are compared by their place in the lists
    ('each["number"] for each in kept if each["hash"] in theirs',
     'old["number"] for old, new in zip(kept, now) if old == new'),
]  # fmt: skip
LOGS_HIDDEN = (2.5, 2, 1.75, 2.5, 2.5)
STABLECOIN = [
    # task 1: the books are compared by their sums
    ('place = (each["block"], kind, who)', 'place = (each["block"], kind, None)'),
    # task 2: amounts are divided as float
    ("reserve * 10**16 * 10_000 // supply", "int(reserve * 10**16 / supply * 10_000)"),
    # task 3: the window takes any amount
    ("min(room, x - 1)", "x - 1"),
    # task 4: the rights at the end, not at that moment
    ("rights(events[:n], token)", "rights(events, token)"),
    # task 5: whoever cannot be paid is passed over
    ("return days + [None] * (len(requests) - len(days))",
     'days.append(None)\n            claimed -= each["amount"]\n            continue'),
]  # fmt: skip
STABLECOIN_HIDDEN = (2.25, 2.25, 2.25, 2.25, 2.5)


@pytest.mark.parametrize(
    ("folder", "mistakes", "hidden"),
    [
        pytest.param(FOUNDATIONS / "accounts-and-logs", LOGS, LOGS_HIDDEN, id="logs"),
        pytest.param(TOKENS / "stablecoin", STABLECOIN, STABLECOIN_HIDDEN, id="stablecoin"),
    ],
)
def test_each_typical_mistake_costs_its_part(tmp_path, folder, mistakes, hidden):
    marks = {f"task{task}-check": 1 for task in range(1, 6)}
    marks |= {f"task{task}-hidden": mark for task, mark in enumerate(hidden, start=1)}
    assert marks_with(tmp_path, folder, mistakes) == marks
