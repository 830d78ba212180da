"""Who reaches a course's rule, and what is a pass mark."""

from __future__ import annotations

import pytest

from sandbox.domain.certificates import Result, Verdict, decide, pass_mark
from sandbox.kit.errors import InvalidInput


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (Result("a", 6, 10), Verdict.GETS),
        (Result("a", 5.99, 10), Verdict.BELOW),
        (Result("a", 10, 10, ("lab",)), Verdict.UNMARKED),
        (Result("a", 0, 0), Verdict.UNMARKED),
        (Result("a", 0, 10, holds=True), Verdict.HOLDS),
        (Result("a", 0.1 + 0.1 + 0.1 + 0.3, 1), Verdict.GETS),
    ],
)
def test_the_rule(result, verdict):
    (line,) = decide([result], 60)
    assert line.verdict is verdict


@pytest.mark.parametrize(("text", "mark"), [("60", 60), (" 60 % ", 60), ("1", 1), ("100", 100)])
def test_a_pass_mark(text, mark):
    assert pass_mark(text) == mark


@pytest.mark.parametrize("text", ["", "0", "101", "-5", "5.5", "abc", "٦٠", "9" * 5000])
def test_what_is_no_pass_mark(text):
    with pytest.raises(InvalidInput, match=r"certificate\.bad_pass_mark"):
        pass_mark(text)
