"""Typical mistakes cost what they should: part of a task right gives part of its points."""

from __future__ import annotations

import pytest

from tests.courses.submissions import CONTRACTS, FOUNDATIONS, marks_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KEYS = [
    # task 1: an address without a checksum is taken
    ("plain and checksummed(text) == text", "plain and text in (text.lower(), checksummed(text))"),
    # task 2: the length in letters instead of bytes
    ("str(len(said))", "str(len(text))"),
    # task 3: the form is not looked at
    ("return signature if split(signature)[2] <= N // 2 else twin(signature)", "return signature"),
    # task 4: the small s is forgotten
    ("for other in (s2, N - s2):", "for other in (s2,):"),
    # task 5: always the same nonce
    ("[chain_id, nonce, 10**9", "[chain_id, 1 if nonce == 300 else nonce, 10**9"),
]
KEYS_MARKS = {
    "task1-check": 1, "task1-hidden": 2.25, "task2-check": 1, "task2-hidden": 1.5,
    "task3-check": 1, "task3-hidden": 2, "task4-check": 1, "task4-hidden": 1.5,
    "task5-check": 1, "task5-hidden": 2.5,
}  # fmt: skip
WRITING = [
    # task 1: nobody is asked who calls
    ("if (msg.sender != owner) revert NotOwner();\n        prices[item]", "prices[item]"),
    # task 2: an order can be paid again
    ("if (paid[order] != 0) revert PaidBefore(order);", ""),
    # task 3: the deadline is not looked at
    ("if (block.timestamp < deadline + GRACE) revert TooEarly();", ""),
    # task 4: only the parent is tried at closing
    ('assert refused(pocket.functions.close(), bek, "NotYours"), "the child cannot close"', ""),
    (
        'assert refused(pocket.functions.close(), chynara, "NotYours"), "a stranger cannot close"',
        "",
    ),
]
WRITING_MARKS = {
    "task1-check": 1, "task1-hidden": 2, "task2-check": 1, "task2-hidden": 3,
    "task3-check": 1, "task3-hidden": 3.25, "task4-check": 1, "task4-hidden": 4.5,
}  # fmt: skip
BREAKING = [
    # task 1: who cannot be paid loses the claim
    ('amount}("");\n        require(done, "not paid");', 'amount}("");\n        done;'),
    # task 2: only one token is forbidden
    ("if (target != address(board)) revert", "if (target == address(money)) revert"),
    # task 3: the age of the price is not looked at
    ("if (price == 0 || block.timestamp > at + AGE)", "at;\n        if (price == 0)"),
    # task 4: the new variable lies where the owner was
    ("address public owner;", "uint256 private first;\n    address public owner;"),
    # task 5: nobody remembers the number
    ("used[number] = true;", ""),
]  # fmt: skip
BREAKING_MARKS = {
    "task1-check": 1, "task1-hidden": 2.5, "task2-check": 1, "task2-hidden": 2.25,
    "task3-check": 1, "task3-hidden": 2.25, "task4-check": 1, "task4-hidden": 1,
    "task5-check": 1, "task5-hidden": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "mistakes", "marks"),
    [
        pytest.param(FOUNDATIONS / "keys-and-signatures", KEYS, KEYS_MARKS, id="keys"),
        pytest.param(CONTRACTS / "writing-and-testing", WRITING, WRITING_MARKS, id="writing"),
        pytest.param(CONTRACTS / "breaking-and-fixing", BREAKING, BREAKING_MARKS, id="breaking"),
    ],
)
def test_each_typical_mistake_costs_its_part(tmp_path, folder, mistakes, marks):
    assert marks_with(tmp_path, folder, mistakes) == marks
