"""Scores: exact, monotone, never lowered by what is missing; every point explained."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.forensics.provider_risk import CannotRate, Model, Value, decide, rate
from sandbox.forensics.provider_risk.model import MEASURES

MODEL = Model.shipped()
STEADY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def value_of(one, fraction):
    """A value of an indicator, worse as the fraction (0 to 1) grows."""
    if one.unit == "share":
        return Value(fraction.numerator, fraction.denominator)
    most = len(one.levels) - 1 if one.unit == "level" else 3
    return Value(round(fraction * most), by="inspector" * (one.source == "person"))


fractions = st.fractions(0, 1, max_denominator=10**6)
some_values = st.fixed_dictionaries(
    {
        name: st.none() | fractions.map(lambda each, one=one: value_of(one, each))
        for name, one in MODEL.indicators.items()
    }
)


@st.composite
def models(draw):
    """The shipped model with other weights, bands and tiers."""
    data = copy.deepcopy(dict(MODEL.data)) | {"version": 2}
    cuts = sorted(draw(st.sets(st.integers(1, 99), min_size=12, max_size=12)))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    for one, weight in zip(data["indicators"].values(), weights, strict=True):
        points = sorted(draw(st.sets(st.integers(0, 100), min_size=3, max_size=3)))
        starts = [0, 1, 2]
        if one["unit"] == "share":
            more = draw(st.sets(st.integers(1, 10_000), min_size=2, max_size=2))
            starts = [0, *sorted(more)]
        if one["unit"] == "level":
            one["bands"] = [[level, points[0] // 2 + level] for level in range(len(one["levels"]))]
        else:
            one["bands"] = [list(each) for each in zip(starts, points, strict=True)]
        one["weight"] = weight
    for tier, start in zip(
        data["tiers"][1:],
        sorted(draw(st.sets(st.integers(1, 100), min_size=3, max_size=3))),
        strict=True,
    ):
        tier["from"] = start
    return Model.read(data)


def by_hand(values, model):
    """The definition, in fractions of a point."""
    score = Fraction(0)
    for name, one in model.data["indicators"].items():
        value = values.get(name)
        best = None
        for start, points in one["bands"]:
            if value is None:
                best = points
            elif one["unit"] == "share":
                share = Fraction(value.part, value.whole) if value.whole else Fraction(0)
                best = points if share >= Fraction(start, 10_000) else best
            else:
                best = points if value.part >= start else best
        score += Fraction(best * one["weight"], 100)
    tier = max((each for each in model.data["tiers"] if each["from"] <= score),
               key=lambda each: each["from"])  # fmt: skip
    return score, tier["id"]


@STEADY
@given(some_values, models())
def test_a_score_is_what_the_definition_says(values, model):
    found = rate("A", values, model)
    score, tier = by_hand(values, model)
    assert Fraction(found.score, 100) == score
    assert (found.tier.id, 0 <= score <= 100) == (tier, True)
    assert sum(each.contribution for each in found.lines) == sum(found.axes.values()) == found.score
    assert Fraction(found.points) == score


@STEADY
@given(some_values, models(), st.sampled_from(sorted(MODEL.indicators)), fractions, fractions)
def test_a_worse_indicator_never_lowers_the_score(values, model, name, one, other):
    better, worse = (value_of(MODEL.indicators[name], each) for each in sorted((one, other)))
    assert (
        rate("A", values | {name: better}, model).score
        <= rate("A", values | {name: worse}, model).score
    )


@STEADY
@given(some_values, models(), st.sampled_from(sorted(MODEL.indicators)))
def test_what_is_missing_never_lowers_the_score_and_is_told(values, model, name):
    withheld = rate("A", values | {name: None}, model)
    told = rate("A", values, model)
    assert withheld.score >= told.score
    assert name in withheld.missing
    assert withheld.least <= told.least <= told.score
    without = {key: value for key, value in values.items() if key != name}
    assert rate("A", without, model) == withheld


@STEADY
@given(some_values, models())
def test_what_would_change_the_tier_is_what_trying_each_band_gives(values, model):
    found = rate("A", values, model)
    wanted = set()
    for name, one in model.indicators.items():
        for start, _ in one.bands:
            value = Value(start, 10_000) if one.unit == "share" else Value(start, by="me")
            other = rate("A", values | {name: value}, model)
            if other.tier != found.tier:
                wanted.add((name, start, other.score, other.tier.id))
    changes = found.changes()
    assert {(e.indicator, e.start, e.score, e.tier.id) for e in changes} == wanted
    assert len(changes) == len(wanted)
    away = [abs(each.score - found.score) for each in changes]
    assert away == sorted(away)


def good():
    return {name: value_of(one, Fraction(0)) for name, one in MODEL.indicators.items()}


def test_the_best_has_nothing_and_the_worst_everything():
    best = rate("A", good())
    assert (best.score, best.tier.id, best.tier.measure, best.missing) == (0, "low", "standard", ())
    worst = rate("A", {name: value_of(one, Fraction(1)) for name, one in MODEL.indicators.items()})
    assert (worst.points, worst.tier.id, worst.tier.measure) == ("100.00", "critical", "stop")
    assert rate("A", {}).score == worst.score


def test_a_tier_begins_exactly_at_its_points():
    full = [("custody", 2), ("products", 2), ("reserves", 3)]
    values = good() | {name: Value(level, by="me") for name, level in full}
    found = rate("A", values)
    assert (found.points, found.tier.id) == ("25.00", "medium")
    milder = rate("A", values | {"reserves": Value(2)})
    assert (milder.points, milder.tier.id) == ("24.00", "low")
    assert (milder.changes()[0].indicator, milder.changes()[0].tier.id) == ("reserves", "medium")


def test_a_band_begins_exactly_at_its_share():
    def points(part, whole):
        found = rate("A", good() | {"unhosted": Value(part, whole)})
        return next(e.points for e in found.lines if e.indicator.id == "unhosted")

    assert points(10**30, 10**31) == 30
    assert points(10**30 - 1, 10**31) == 0, "one unit below a tenth"
    assert points(0, 0) == 0


@pytest.mark.parametrize("language", ["en", "ru", "ky"])
def test_every_point_is_explained_in_each_language(language):
    values = good() | {"unhosted": Value(3, 7), "clients": None, "made_up": Value(1)}
    found = rate("exchange-a", values | {"custody": Value(1, by="A. Inspector")})
    said = found.explain(language)
    lines = said[2:-1]
    assert len(lines) == len(MODEL.indicators)
    contributions = [Fraction(each.rsplit("= ", 1)[1]) for each in lines]
    assert sum(contributions) == Fraction(found.points)
    for line, text in zip(found.lines, lines, strict=True):
        one = line.indicator
        assert text.startswith(f"{one.titles[language]}: ")
        assert f"{line.points} " in text
        assert f"× {one.weight} %" in text
    whole = "\n".join(said)
    for expected in ("exchange-a", found.points, "A. Inspector", "30.00 %"):
        assert expected in whole
    assert found.tier.titles[language] in said[0]
    assert found.tier.measure_titles[language] in said[-1]
    assert "—" not in whole.replace(" — ", ""), "no place was left empty"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unhosted", Value(2, 1)),
        ("unhosted", Value(-1, 1)),
        ("unhosted", Value(0.5, 1)),
        ("unhosted", Value(True, 1)),
        ("made_up", Value(1, 2)),
        ("made_up", Value(-1)),
        ("reserves", Value(4)),
        ("custody", Value(3, by="me")),
        ("custody", Value(0, by="m" * 301)),
    ],
)
def test_values_that_cannot_be_right_are_refused(name, value):
    refused("value", rate, "A", good() | {name: value})


def refused(code, call, *arguments, **more):
    with pytest.raises(CannotRate) as error:
        call(*arguments, **more)
    assert error.value.code == f"provider_risk.{code}"
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3


def test_names_that_nobody_knows_and_answers_of_nobody_are_refused():
    refused("indicators", rate, "A", {"mood": Value(1)})
    refused("provider", rate, " ", {})
    refused("person", rate, "A", good() | {"custody": Value(0, by=" ")})


def test_a_person_decides_and_says_why():
    rating = rate("A", good() | {"custody": Value(2, by="me"), "clients": None})
    one = decide(rating, "standard", by="B. Head", why="visited on Monday", at=NOW)
    assert (one.proposed, one.measure, one.tier, one.milder) == (
        "standard",
        "standard",
        "low",
        False,
    )
    assert (one.score, one.missing, one.model) == (rating.score, ("clients",), MODEL.hash)
    strict = replace(rating, lines=rate("A", {}).lines)
    milder = decide(strict, "limits", by="B. Head", why="customers need their money", at=NOW)
    assert milder.milder
    assert not decide(strict, "stop", by="B", why="as proposed", at=NOW).milder
    refused("measure", decide, rating, "fine", by="B", why="x", at=NOW)
    for wrong in ({"by": " "}, {"why": ""}, {"why": "x" * 301}, {"at": NOW.replace(tzinfo=None)}):
        told = {"by": "B", "why": "x", "at": NOW} | wrong
        refused("decision", decide, rating, MEASURES[0], **told)
