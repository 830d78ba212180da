"""Rules of marking by two and under pseudonyms; rubrics."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.marking import (
    Agreed,
    MarkingRules,
    Second,
    agreed_points,
    drawn,
    near_border,
    pseudonym,
)
from sandbox.domain.rubrics import points_for, rubric_of
from sandbox.kit.errors import InvalidInput

SECRET, OTHER = "0f" * 16, "1e" * 16
POINTS = st.integers(0, 400).map(lambda quarters: quarters / 4)
WORDS = {"ky": "а", "ru": "б", "en": "c"}


def rubric(*points: float) -> dict:
    """One criterion with levels."""
    levels = [{"points": each, "titles": WORDS} for each in points]
    return {"criteria": [{"titles": WORDS, "levels": levels}]}


@settings(deadline=None)
@given(POINTS, POINTS, POINTS, st.sampled_from(Agreed))
def test_agreed_is_between_both_and_only_within_the_tolerance(one, other, tolerance, agreed):
    rules = MarkingRules(second=Second.SAMPLE, tolerance=tolerance, agreed=agreed)
    found = agreed_points(rules, one, other)
    assert (found is None) == (abs(one - other) > tolerance)
    if found is not None:
        assert min(one, other) <= found <= max(one, other)
        assert agreed is Agreed.MEAN or found == one


def test_a_difference_of_just_the_tolerance_agrees_in_decimals():
    rules = MarkingRules(tolerance=0.1)
    assert agreed_points(rules, 0.3, 0.2) == 0.3, "floats would differ by more"
    assert agreed_points(rules, 0.3, 0.19) is None


def test_a_pseudonym_is_stable_of_one_assignment_and_of_one_student():
    rules = MarkingRules(secret=SECRET)
    assert pseudonym(rules, "lira") == pseudonym(rules, "lira")
    assert len({pseudonym(rules, f"s{n}") for n in range(500)}) == 500
    assert pseudonym(rules, "lira") != pseudonym(MarkingRules(secret=OTHER), "lira")
    assert "lira" not in pseudonym(rules, "lira").lower()


def test_a_sample_is_near_its_share_and_a_larger_one_holds_the_smaller():
    names = [f"s{n}" for n in range(2000)]
    chosen = {
        percent: {n for n in names if drawn(MarkingRules(secret=SECRET, percent=percent), n)}
        for percent in (10, 20, 100)
    }
    assert 140 < len(chosen[10]) < 260
    assert chosen[10] < chosen[20] < chosen[100] == set(names)


@pytest.mark.parametrize(("score", "near"), [(0, True), (5.49, True), (5.5, False), (9, False)])
def test_near_the_border_is_below_it_and_a_little_above(score, near):
    assert near_border(MarkingRules(border=50, near=5), score, 10) is near


@pytest.mark.parametrize(
    ("field", "value"),
    [("percent", 0), ("percent", 101), ("border", -1), ("near", 101), ("tolerance", -0.5)],
)
def test_rules_that_make_no_sense_are_refused(field, value):
    with pytest.raises(InvalidInput) as caught:
        MarkingRules(**{field: value}).check()
    assert caught.value.params["field"] == field
    MarkingRules().check()


@pytest.mark.parametrize(
    "said", [None, [], {}, rubric(), rubric(1, 2), rubric(0), rubric(0, 1, 1), rubric(0, True),
             rubric(0, float("nan")), {"criteria": [rubric(0, 1)]}, rubric(*range(9))],
)  # fmt: skip
def test_what_is_no_rubric_is_none(said):
    assert rubric_of(said) is None


def test_points_are_those_of_one_level_of_each_criterion():
    made = rubric_of({"criteria": rubric(0, 0.1)["criteria"] + rubric(0, 0.2)["criteria"]})
    assert made.most == points_for(made, (1, 1)) == 0.3
    assert points_for(made, (0, 0)) == 0
    for wrong in ((1,), (1, 1, 1), (1, 2), (-1, 0)):
        with pytest.raises(InvalidInput):
            points_for(made, wrong)
