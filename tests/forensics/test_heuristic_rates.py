"""The published error rates of heuristics are those that are measured, and say what we say."""

from __future__ import annotations

import json
import math

import pytest

from tests.bench import _heuristics as counting
from tests.bench import heuristics

PUBLISHED = json.loads(heuristics.MEASURED.read_text("utf-8"))
PLACES = [(case, known) for case in heuristics.DIFFICULTIES for known in heuristics.SERVICES]


@pytest.mark.parametrize(("case", "known"), PLACES)
def test_what_the_page_says_in_words_is_what_was_measured(case, known):
    clusters = PUBLISHED["clusters"][case][known]
    patterns = PUBLISHED["patterns"][case][known]
    assert clusters["deposit addresses"]["precision"] == 1.0
    assert clusters["airdrop"]["found"] == 0
    assert clusters["funder"]["calibrated"] is False
    assert case == "easy" or clusters["deposit"]["calibrated"] is False
    assert patterns["peel"]["found"] == 0
    for peels in counting.PEELS:
        assert patterns[peels]["one_owner"] == 0
    assert (case == "easy") == (patterns["mixer"]["true"] == 0 == patterns["bridge"]["true"])
    assert patterns["mixer"]["calibrated"] is not False
    assert patterns["bridge"]["precision"] in (None, 1.0)


@pytest.mark.slow
def test_published_rates_are_those_that_are_measured():
    assert heuristics.rates() == PUBLISHED


def test_claims_that_hold_are_calibrated_and_others_are_not():
    held, wrong, few = counting.Claims(), counting.Claims(), counting.Claims()
    for number in range(100):
        held.say(0.5, number % 2 == 0)
        wrong.say(0.9, number % 2 == 0)
    few.say(0.9, False)
    assert [each.figures()["calibrated"] for each in (held, wrong, few)] == [True, False, None]
    assert wrong.figures()["brier"] == pytest.approx((0.01 + 0.81) / 2)


def test_what_was_held_impossible_is_counted_and_in_no_mean():
    claims = counting.Claims()
    claims.say(0.25, True)
    for chance in (0.25, 0.5, 0.0):
        claims.truth(chance)
    figures = claims.figures()
    assert (figures["bits"], figures["impossible"]) == (1.5, 1)
    assert math.isfinite(figures["bits"])
