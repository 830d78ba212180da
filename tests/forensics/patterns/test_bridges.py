"""Bridge legs against listing every assignment, and what does not fit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from sandbox.forensics import CannotTrace, Ledger
from sandbox.forensics.patterns.assigning import estimated
from sandbox.forensics.patterns.bridges import Bridge, bridge_legs

DAY = datetime(2026, 3, 2, tzinfo=UTC)
IN, OUT = 1, 2


def ledger(rows, *, moments=False, scale=1):
    """Rows of second, payer, payee, amount; everybody has enough."""
    held = np.full(20, 10**6 * scale, object)
    held[0], held[-1] = 0, scale > 1
    seconds = [row[0] for row in rows]
    time = [DAY + timedelta(seconds=each) for each in seconds] if moments else seconds
    places = {
        "block": pl.Series(range(len(rows)), dtype=pl.Int64),
        "transaction": pl.Series([0] * len(rows), dtype=pl.Int64),
        "log": pl.Series([0] * len(rows), dtype=pl.Int64),
        "time": pl.Series(time, dtype=pl.Datetime("ms", "UTC") if moments else pl.Int64),
    }
    return Ledger.coded(
        pl.DataFrame(places),
        pl.Series("account", [str(each) for each in range(20)]),
        np.array([row[1] for row in rows], np.int32),
        np.array([row[2] for row in rows], np.int32),
        np.array([row[3] * scale for row in rows], object),
        held,
    )


def crossing(chance):
    """Departures and arrivals, most of them pairs."""
    here, there = [], []
    for _ in range(chance.randint(1, 5)):
        second, amount = chance.randint(0, 40), chance.choice([100, 100, 200])
        here.append((second, chance.randint(3, 9), IN, amount))
        if chance.random() < 0.8:
            paid = amount - chance.choice([0, 1, 1, 2])
            there.append((second + chance.randint(0, 40), OUT, chance.randint(3, 9), paid))
    for rows, end in ((here, (OUT, 3)), (there, (3, IN))):
        if chance.random() < 0.3:
            rows.append((chance.randint(0, 60), *end, 100))
    return sorted(here), sorted(there)


def every_assignment(left, right, fits):
    """Pairs of numbers, each of them at most once."""
    if not left:
        yield ()
        return
    one, *rest = left
    yield from every_assignment(rest, right, fits)
    for other in right:
        if (one, other) in fits:
            for more in every_assignment(rest, [each for each in right if each != other], fits):
                yield ((one, other), *more)


def listed(here, there, *, least, most, flat, soonest, latest, typical, alone):
    """The probability of each pair of rows, and of every assignment."""
    left = [at for at, row in enumerate(here) if row[2] == IN]
    right = [at for at, row in enumerate(there) if row[1] == OUT]
    fits = {}
    for one in left:
        for other in right:
            later, amount, arrived = there[other][0] - here[one][0], here[one][3], there[other][3]
            low = amount * (1 - Fraction(most, 10**6)) - flat
            high = amount * (1 - Fraction(least, 10**6))
            if soonest <= later <= latest and low // 1 <= arrived <= high // 1:
                fits[one, other] = 1 if typical is None else 0.5 ** ((later - soonest) / typical)
    weights = {}
    for pairs in every_assignment(left, right, fits):
        weight = alone ** (len(left) + len(right) - 2 * len(pairs))
        for pair in pairs:
            weight *= fits[pair]
        weights[frozenset(pairs)] = weight
    total = sum(weights.values())
    chances = {
        pair: sum(weight for pairs, weight in weights.items() if pair in pairs) / total
        for pair in fits
    }
    return left, chances, {pairs: weight / total for pairs, weight in weights.items()}


def same_as_listing(number):
    chance = random.Random(number)
    here, there = crossing(chance)
    bounds = {
        "least": chance.choice([0, 4_000]),
        "most": chance.choice([10_000, 20_000, 30_000]),
        "flat": chance.choice([0, 1]),
        "soonest": chance.choice([0, 5]),
        "latest": chance.choice([20, 40]),
        "typical": chance.choice([None, 10]),
        "alone": chance.choice([0.05, 0.3, 1.0]),
    }
    left, chances, whole = listed(here, there, **bounds)
    bounds["flat"] *= (scale := chance.choice([1, 10**20]))
    bridge = Bridge(enters=(str(IN),), leaves=(str(OUT),), scale=Fraction(1, scale), **bounds)
    moments = chance.random() < 0.5
    one, two = ledger(here, moments=moments, scale=scale), ledger(there, moments=moments)
    found = bridge_legs(one, two, bridge)
    pairs = found.pairs.rows()
    said = {row[:2]: row[2] for row in pairs}
    assert said.keys() == chances.keys()
    assert all(said[pair] == pytest.approx(chances[pair]) for pair in said)
    assert all(exact for _, _, _, exact, _ in pairs)
    mine = frozenset(row[:2] for row in pairs if row[4])
    assert whole[mine] == pytest.approx(max(whole.values()))
    legs = found.legs.rows(named=True)
    assert [row["departure"] for row in legs] == left == found.departures
    for row in legs:
        shown = dict(zip(row["further"], row["chances"], strict=True))
        assert row["chances"] == sorted(row["chances"], reverse=True)
        if row["arrival"] is not None:
            shown[row["arrival"]] = row["probability"]
            assert row["arrived"] == there[row["arrival"]][3]
        assert row["none"] + sum(shown.values()) == pytest.approx(1)
        assert row["amount"] == here[row["departure"]][3] * scale
    return len(mine), len(chances)


def test_probabilities_are_what_listing_every_assignment_gives():
    said = [same_as_listing(number) for number in range(150)]
    assert sum(pairs > mine > 0 for mine, pairs in said) > 20
    assert sum(mine == 0 for mine, _ in said) > 10


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
def test_probabilities_are_what_listing_gives_on_ten_thousand_pairs_of_ledgers(thousand):
    for number in range(thousand * 1_000, thousand * 1_000 + 1_000):
        same_as_listing(number)


BRIDGE = Bridge(enters=(str(IN),), leaves=(str(OUT),), latest=60)


def matched(here, there, bridge=BRIDGE):
    return bridge_legs(ledger(here), ledger(there), bridge)


def test_a_pair_without_competitors_is_likely_and_never_certain():
    found = matched([(0, 3, IN, 1_000)], [(30, OUT, 4, 995)])
    assert found.legs.select("departure", "payer", "arrival", "payee", "arrived").rows() == [
        (0, "3", 0, "4", 995)
    ]
    assert found.legs["probability"].item() == pytest.approx(1 / (1 + 0.05**2))


@pytest.mark.parametrize(
    "arrival",
    [
        (61, OUT, 4, 995),  # too late
        (30, OUT, 4, 989),  # too much of a fee
        (30, OUT, 4, 1_001),  # more than departed
        (30, 5, 4, 995),  # not from the bridge
    ],
)
def test_what_does_not_fit_is_no_arrival(arrival):
    found = matched([(0, 3, IN, 1_000)], [arrival])
    assert found.legs.select("arrival", "probability", "none").rows() == [(None, None, 1.0)]


def test_two_alike_share_the_probability_and_a_third_leg_decides_for_all():
    here, there = [(0, 3, IN, 1_000), (1, 4, IN, 1_000)], [(30, OUT, 5, 995)]
    shared = matched(here, there).pairs["probability"].to_list()
    assert shared[0] == shared[1] < 0.5
    there = [(30, OUT, 5, 995), (61, OUT, 6, 995)]  # only the second can have gone there
    first = matched(here, there).legs.row(0, named=True)
    assert first["arrival"] == 0
    assert first["probability"] > 0.99


def test_many_legs_that_hang_together_are_estimated_and_say_so():
    here = [(number, 3, IN, 1_000) for number in range(30)]
    there = [(number + 30, OUT, 4, 995) for number in range(30)]
    found = matched(here, there, Bridge(enters=("1",), leaves=("2",), typical=10))
    assert not found.pairs["exact"].any()
    assert found.pairs.filter("assigned")["arrival"].n_unique() == 30
    assert (found.pairs.group_by("departure").agg(pl.sum("probability"))["probability"] <= 1).all()


def test_the_estimate_of_a_pair_alone_is_exact():
    assert estimated({0: {0: 0.5}}, 0.1)[0][0, 0] == pytest.approx(0.5 / (0.5 + 0.01))


def test_burning_and_issuing_are_legs_of_the_zero_address():
    bridge = Bridge(enters=("0",), leaves=("0",))
    found = matched([(0, 3, 0, 1_000)], [(30, 0, 4, 995)], bridge)
    assert found.legs["arrival"].to_list() == [0]


@pytest.mark.parametrize(
    "bounds",
    [
        {"latest": -1},
        {"soonest": 50, "latest": 40},
        {"least": 5, "most": 4},
        {"most": 1_000_001},
        {"scale": 0},
        {"scale": 0.5},
        {"typical": 0},
        {"alone": 0},
        {"alone": 2},
    ],
)
def test_a_bridge_that_cannot_be_right_is_refused(bounds):
    bridge = Bridge(enters=("1",), leaves=("2",), **bounds)
    with pytest.raises(CannotTrace, match="parameter_malformed"):
        matched([(0, 3, IN, 1_000)], [], bridge)


def test_ledgers_without_moments_cannot_be_matched():
    one, two = ledger([(0, 3, IN, 1_000)]), ledger([(30, OUT, 4, 995)])
    for places in (two.places.drop("time"), two.places.with_columns(time=pl.lit("noon"))):
        bare = Ledger.coded(places, two.names, two.payer, two.payee, two.amount, two.opening)
        with pytest.raises(CannotTrace, match="time_missing"):
            bridge_legs(one, bare, BRIDGE)
