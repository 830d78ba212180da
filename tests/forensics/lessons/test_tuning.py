"""Halves of months for tuning: what one teaches holds in the other; no choice suits all."""

from __future__ import annotations

import polars as pl
import pytest

from sandbox.forensics import rules
from sandbox.forensics.lessons import Curve, half

IN_FORCE = {"R01.n": 5, "R01.margin": 20, "R05.part": 90, "R05.window": 60}
KINDS = {"R01": "structuring", "R05": "pass_through"}
CONSTANT = [
    {"R01.n": 4, "R01.margin": 50, "R05.part": 70, "R05.window": 240},
    {"R01.n": 6, "R01.margin": 30, "R05.part": 80, "R05.window": 120},
    {"R01.n": 8, "R01.margin": 20, "R05.part": 95, "R05.window": 30},
]


def told(data, values):
    """False alerts and missed accounts of each rule."""
    found = rules.watch(data.transfers, rules.Pack.shipped().changed(2, values))
    table = rules.measured(found, data.truth).rules
    rows = {(each["name"], each["truth"]): each for each in table.to_dicts()}
    return {
        rule: (rows[rule, kind]["false"], rows[rule, kind]["accounts"] - rows[rule, kind]["found"])
        for rule, kind in KINDS.items()
    }


def test_a_number_and_a_name_make_one_half_and_another_name_makes_another():
    one, again, other = half(7, "first"), half(7, "first"), half(7, "second")
    assert one.transfers.equals(again.transfers)
    assert one.truth.equals(again.truth)
    assert not set(one.truth["account"]) & set(other.truth["account"])
    assert not half(8, "first").transfers.equals(one.transfers)


def test_the_truth_names_who_pays_and_when_they_began():
    made = half(7, "first")
    assert made.truth["typology"].value_counts().sort("typology").rows() == [
        ("pass_through", 16),
        ("structuring", 16),
    ]
    moments = made.transfers["time"]
    assert moments.is_sorted()
    for row in made.truth.to_dicts():
        mine = made.transfers.filter(
            (pl.col("payer") == row["account"]) | (pl.col("payee") == row["account"])
        )
        assert mine["time"].min() == row["since"]


def test_nothing_but_behaviour_tells_the_guilty():
    """Neither the order of addresses nor round sums: the innocent pay as oddly."""
    made = half(7, "first")
    everybody = sorted({*made.transfers["payer"], *made.transfers["payee"]})
    places = [everybody.index(each) for each in made.truth["account"]]
    assert max(places) - min(places) > len(everybody) // 2
    assert (made.transfers["amount"] % 100 == 0).mean() < 0.1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_constant_choice_suits_most_months():
    wins = [0] * len(CONSTANT)
    for number in range(1, 13):
        data = half(number, "second")
        rows = [told(data, values) for values in [*CONSTANT, IN_FORCE]]
        costs = [{rule: 30 * row[rule][0] + 420 * row[rule][1] for rule in KINDS} for row in rows]
        for at in range(len(CONSTANT)):
            wins[at] += all(costs[at][rule] <= costs[-1][rule] // 4 for rule in KINDS)
    assert max(wins) <= 6


def test_a_curve_draws_each_point_once_and_joins_those_that_nobody_beats():
    curve = Curve([("a", 30, 16), ("b", 12, 14), ("c <x>", 20, 14), ("d", 0, 0)], most=16)
    assert [each[0] for each in curve.front()] == ["d", "b", "a"]
    picture = curve._repr_svg_()
    assert picture.count("<circle") == 4
    assert picture.count('fill="#ffffff" stroke') == 1
    assert "c &lt;x&gt;: 20 / 14" in picture


def test_a_curve_without_points_or_false_alerts_is_drawn_too():
    assert Curve([], most=16).front() == []
    assert "<circle" not in Curve([], most=16)._repr_svg_()
    assert Curve([("a", 0, 3)], most=16).front() == [("a", 0, 3)]
