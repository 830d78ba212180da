"""Answers that always say the same: what they define, and that they pay nowhere."""

from __future__ import annotations

import pytest

from sandbox.grading.constants import CONSTANTS, constant_answer

SOLUTION = """
import math
LIMIT, REST = 5, 6
NAME = "a"


def over(amount, limit=LIMIT):
    return amount > limit


class Purse:
    def left(self):
        return 1
"""


@pytest.mark.parametrize("value", CONSTANTS)
def test_everything_that_is_asked_for_answers_the_same(value):
    names: dict[str, object] = {}
    exec(constant_answer(SOLUTION, value), names)
    wanted = eval(value)
    assert names["over"](7, limit=3) == names["Purse"]("a") == names["NAME"] == wanted


def test_what_is_no_python_is_no_answer():
    with pytest.raises(SyntaxError):
        constant_answer("%time", "True")
