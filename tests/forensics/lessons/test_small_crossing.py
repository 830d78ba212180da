"""A small crossing: the library finds what is asked for; one leg lacks, one pair stays open."""

from __future__ import annotations

import itertools

import polars as pl
import pytest

from sandbox.forensics import Bridge, Ledger, bridge_legs
from sandbox.forensics.lessons import small_crossing
from sandbox.forensics.lessons.crossings import LATEST, LEAST, MOST, RATE, SOONEST

NUMBERS = [1, 4711, 99_999, *range(20_000, 20_030)]
WINDOW = Bridge(
    enters=("bridge",),
    leaves=("bridge",),
    least=LEAST * 1_000,
    most=MOST * 1_000,
    soonest=60 * SOONEST,
    latest=60 * LATEST,
)


def read(rows):
    """One side as a ledger."""
    table = pl.DataFrame(
        {
            "block": list(range(len(rows))),
            "transaction": [0] * len(rows),
            "log": [0] * len(rows),
            "payer": [row.get("payer", "bridge") for row in rows],
            "payee": [row.get("payee", "bridge") for row in rows],
            "amount": [row["som"] for row in rows],
            "time": [60 * row["minute"] for row in rows],
        }
    )
    return Ledger.read(table, opening="least")


def fitting(mine):
    """By number of a departure: account → probability, by the library."""
    found = bridge_legs(read(mine.departures), read(mine.arrivals), WINDOW)
    said = {row["number"]: {} for row in mine.departures}
    for departure, arrival, chance in found.pairs.select(
        "departure", "arrival", "probability"
    ).iter_rows():
        said[departure + 1][mine.arrivals[arrival]["payee"]] = chance
    return said


@pytest.mark.parametrize("number", NUMBERS)
def test_of_the_asked_two_have_one_arrival_one_has_none_and_the_pair_stays_open(number):
    mine = small_crossing(number)
    found = fitting(mine)
    assert sorted(len(found[each]) for each in mine.asked) == [0, 1, 1]
    assert len(found[mine.unsure]) == 2
    assert max(found[mine.unsure].values()) < 0.51
    assert all(chance > 0.9 for each in mine.asked for chance in found[each].values())


def test_the_same_number_gives_the_same_and_a_neighbour_other_letters():
    assert small_crossing(4711) == small_crossing(4711)
    said = []
    for mine in map(small_crossing, NUMBERS):
        found = fitting(mine)
        said.append([min(found[each], default="none") for each in mine.asked])
    alike = [sum(map(lambda a, b: a == b, *two)) for two in itertools.combinations(said, 2)]
    assert sum(alike) / len(alike) < 0.7
    assert {tuple(x == "none" for x in each) for each in said} == {
        (True, False, False),
        (False, True, False),
        (False, False, True),
    }


def test_what_deceives_is_there():
    for mine in map(small_crossing, NUMBERS):
        sums = [row["som"] for row in mine.departures]
        assert len(set(sums)) == len(sums) - 1
        assert any(row["som"] - 100 in sums for row in mine.arrivals), (
            "one is larger than what left"
        )
        letters = [row["payer"] for row in mine.departures] + [
            row["payee"] for row in mine.arrivals
        ]
        assert len(set(letters)) == len(letters)


def test_the_swap_costs_more_than_its_fee_and_less_than_a_tenth():
    orders = set()
    for mine in map(small_crossing, NUMBERS):
        out = sum(row["hundredths"] for row in mine.swap if row["payer"] == mine.trader)
        (came,) = (row["hundredths"] for row in mine.swap if row["token"] == "USDKG")
        assert 0.005 < 1 - came * RATE / 100 / out < 0.1
        orders.add(tuple(row["token"] for row in mine.swap))
    assert len(orders) == 3
