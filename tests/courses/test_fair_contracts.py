"""A careful answer that is written in another way keeps its points; a trick earns none."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.grading import files_below
from tests.courses.submissions import CONTRACTS, changed, continued, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
GUESSED = """
ways = [
    ("if (msg.sender != child) revert NotYours();", ""), ("taken += amount;", "taken = amount;"),
    ("taken + amount > limit", "taken + amount >= limit"),
    ("emit Taken(amount);", "emit Taken(taken);"),
]
known = {contracts(POCKET.replace(*way))["Pocket"].bytecode for way in ways}

def test_pocket(code):
    assert code not in known
"""
WRITING = [
    # task 3: a deal that could never be kept is not made
    (
        "deadline = deadline_;",
        "require(deadline_ > block.timestamp);\n        deadline = deadline_;",
    ),
]
WRITING_MARKS = {
    "task1-check": 1, "task1-hidden": 3, "task2-check": 1, "task2-hidden": 4,
    "task3-check": 1, "task3-hidden": 4, "task4-check": 1, "task4-hidden": 0,
}  # fmt: skip
FULL = {
    f"task{n}-{kind}": mark for n in range(1, 6) for kind, mark in (("check", 1), ("hidden", 3))
}
CAREFUL = [
    # task 1: a payment that fails is not refused, the claim is written back
    (
        'amount}("");\n        require(done, "not paid");',
        'amount}("");\n        if (!done) held[msg.sender] = amount;',
    ),
    # task 3: the coins are looked at before the age of the price
    (
        (
            "if (price == 0 || block.timestamp > at + AGE) revert OldPrice();\n        "
            "if (((msg.value * price) / 1 ether) * 100 < PLEDGE * amount) revert NotEnough();"
        ),
        (
            "if (((msg.value * price) / 1 ether) * 100 < PLEDGE * amount) "
            "revert NotEnough();\n        "
            "if (price == 0 || block.timestamp > at + AGE) revert OldPrice();"
        ),
    ),
]
TRICKS = [
    # task 1: the hole is open, but no contract ever comes in
    (
        (
            "uint256 amount = held[msg.sender];\n        held[msg.sender] = 0;\n        "
            '(bool done, ) = msg.sender.call{value: amount}("");\n        '
            'require(done, "not paid");'
        ),
        (
            "require(msg.sender == tx.origin);\n        "
            '(bool done, ) = msg.sender.call{value: held[msg.sender]}("");\n        '
            'require(done, "not paid");\n        held[msg.sender] = 0;'
        ),
    ),
    # task 3: neither the age of the price is looked at nor whether there is one
    ("if (price == 0 || block.timestamp > at + AGE) revert OldPrice();", "at;"),
]


def marks_of(folder, files, submission):
    """Points by test."""
    return {name: row["mark"] for name, row in graded(folder, files, submission).items()}


def test_a_careful_constructor_keeps_its_points_and_known_bytecodes_catch_nothing(tmp_path):
    files = without_authoring(files_below(CONTRACTS / "writing-and-testing"))
    submission = continued(changed(files, WRITING), {"task4": GUESSED})
    assert marks_of(tmp_path, files, submission) == WRITING_MARKS


@pytest.mark.parametrize(
    ("answers", "lost"),
    [
        pytest.param(CAREFUL, {}, id="written in another way"),
        pytest.param(TRICKS, {"task1-hidden": 1, "task3-hidden": 2}, id="tricks"),
    ],
)
def test_repaired_contracts_are_judged_by_what_they_do(tmp_path, answers, lost):
    files = without_authoring(files_below(CONTRACTS / "breaking-and-fixing"))
    assert marks_of(tmp_path, files, changed(files, answers)) == FULL | lost
