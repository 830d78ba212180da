"""Measures against counting pairs by hand, and what they say of extremes."""

from __future__ import annotations

import random
from itertools import combinations

import polars as pl
import pytest

from sandbox.forensics.measures import agreement, brier, error_rates


def by_hand(found, truth):
    """All pairs of the truth's accounts, one by one."""
    both = claimed = true = every = 0
    for one, two in combinations(truth, 2):
        here = found.get(one, one) == found.get(two, two)
        there = truth[one] == truth[two]
        both, claimed, true, every = (
            both + (here and there),
            claimed + here,
            true + there,
            every + 1,
        )
    return both, claimed, true, every


def divided(chance, names, most):
    return {name: chance.randint(1, most) for name in names if chance.random() < 0.9}


def test_pairs_and_the_rand_index_are_what_counting_gives():
    for number in range(500):
        chance = random.Random(number)
        names = [f"account {each}" for each in range(chance.randint(0, 12))]
        truth = divided(chance, names, chance.randint(1, 6))
        found = divided(chance, [*names, "stranger"], chance.randint(1, 6))
        said, (both, claimed, true, every) = agreement(found, truth), by_hand(found, truth)
        assert (said.right, said.claimed, said.true) == (both, claimed, true)
        assert said.precision == (both / claimed if claimed else 1)
        assert said.recall == (both / true if true else 1)
        assert said.f1 == (2 * both / (claimed + true) if claimed + true else 1)
        if every and (claimed + true) / 2 != claimed * true / every:
            expected = claimed * true / every
            index = (both - expected) / ((claimed + true) / 2 - expected)
            assert said.rand == pytest.approx(index)
        else:
            assert said.rand == 1


def test_the_truth_itself_is_perfect_and_one_heap_or_nothing_is_not():
    truth = {"0xAA": "Aida", "0xBB": "Aida", "0xCC": "Bek", "0xDD": "Bek"}
    right = agreement({name.lower(): owner for name, owner in truth.items()}, truth)
    assert (right.precision, right.recall, right.f1, right.rand) == (1, 1, 1, 1)
    heap = agreement(dict.fromkeys(truth, 1), truth)
    assert (heap.precision, heap.recall, heap.rand) == (2 / 6, 1, 0)
    nothing = agreement({}, truth)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.rand) == (1, 0, 0, 0)
    apart = agreement({}, truth, apart=["0xaa", "0xcc"])
    assert (apart.true, apart.recall) == (0, 1)


def test_an_account_whose_name_is_a_clusters_number_is_not_taken_for_it():
    truth = {"1": "Aida", "x": "Aida", "y": "Bek"}
    assert agreement({"x": "1", "y": "1"}, truth).claimed == 1


def test_brier_is_the_mean_square():
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(1.0, False)]) == 1
    assert brier([(0.5, True), (0.5, False)]) == 0.25
    assert brier([]) is None


def test_each_heuristic_has_its_own_error_rate():
    links = pl.DataFrame(
        {
            "account": ["0xA", "b", "c", "e"],
            "other": ["b", "c", "d", "a"],
            "heuristic": ["deposit", "deposit", "funder", "funder"],
            "confidence": [0.9, 0.9, 0.5, 0.5],
        }
    )
    truth = {"0xa": 1, "b": 1, "c": 2, "d": 2}
    rates = error_rates(links, truth)
    assert rates.columns[:5] == ["heuristic", "links", "right", "wrong", "unknown"]
    assert [row[:5] for row in rates.rows()] == [
        ("deposit", 2, 1, 1, 0),
        ("funder", 2, 1, 0, 1),
        ("all", 4, 2, 1, 1),
    ]
    assert rates["precision"].to_list() == [0.5, 1, 2 / 3]
    assert rates["brier"].to_list() == pytest.approx([0.41, 0.25, (0.01 + 0.81 + 0.25) / 3])
    assert error_rates(links, truth, apart=["c"]).filter(heuristic="deposit")["wrong"].item() == 0
    none = error_rates(links.clear(), truth)
    assert none.select("heuristic", "links", "precision", "brier").rows() == [
        ("all", 0, None, None)
    ]
