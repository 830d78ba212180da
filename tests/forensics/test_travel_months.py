"""Made-up months for labs: honest ones show no sign, made-up messages those of their way."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest

from sandbox.forensics import CannotMatch, Feed, faked, match, providers
from sandbox.forensics.travel_rule.months import ASKED, KGST, PROVIDERS, WAYS, month, told


def judged(made):
    rows, held = pl.DataFrame(made.transfers), pl.DataFrame(made.register)
    feed = Feed.read(made.messages)
    assert feed.refused.is_empty()
    return match(rows, held, feed), held


def signs(made):
    matched, held = judged(made)
    found = faked(matched, held).filter(pl.col("sign"))
    return set(found.select("provider", "rule").rows())


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_signs_are_those_of_whoever_makes_messages_up_and_no_others(seed):
    assert signs(month(seed, {})) == set()
    provider = PROVIDERS[seed % len(PROVIDERS)]
    some = [each for size in (1, 2, 3) for each in combinations(WAYS, size)]
    ways = some[seed % len(some)]
    assert signs(month(seed, {provider: ways})) == {(provider, each) for each in ways}


@pytest.mark.slow
def test_one_is_drawn_where_nobody_is_named_and_all_are_drawn_in_the_end():
    found = [signs(month(seed)) for seed in range(12)]
    assert all(len(each) == 1 for each in found)
    assert len(set().union(*found)) > 5


def test_whoever_makes_messages_up_keeps_the_rule_best():
    made = month(5, {"exchange-c": WAYS})
    matched, _ = judged(made)
    table = {row["provider"]: row for row in providers(matched).to_dicts()}
    assert table["exchange-c"]["missing"] == table["exchange-c"]["late"] == 0
    assert min(row["timely"] for row in table.values()) < 0.8, "a careless and honest one"


def test_the_same_seed_makes_the_same_month_and_another_another():
    assert month(3) == month(3)
    assert month(3).transfers != month(4).transfers
    assert month(3, {"exchange-a": ("at_once",)}).transfers == month(3, {}).transfers


def test_a_row_says_what_the_message_says():
    made = month(1, {})
    by_hash = {each["hash"]: each for each in made.transfers}
    holders = {each["account"]: each for each in made.register}
    for each in made.messages:
        row = told(each)
        transfer = by_hash[row["hash"]]
        ends = [holders[transfer[end]]["provider"] for end in ("payer", "payee")]
        assert [row["sender"], row["receiver"]] == ends
        assert (row["payer"], row["payee"]) == (transfer["payer"], transfer["payee"])
        assert int(transfer["amount"]) > ASKED * KGST


@pytest.mark.parametrize("fakes", [{"exchange-x": ()}, {"exchange-a": ("nicely",)}])
def test_providers_and_ways_that_there_are_not_are_refused(fakes):
    with pytest.raises(CannotMatch) as error:
        month(1, fakes)
    assert error.value.code == "travel.month_malformed"
