"""Every rule and every typology against brute force, to the row and to the unit."""

from __future__ import annotations

import pytest

from sandbox.forensics.rules import Pack, watch
from sandbox.forensics.rules.pack import RULES
from tests.forensics.rules import cases, oracle_tables

OTHERS = (
    {},
    {"silence": 60, "memory": 600},
    {"R05.window": 600, "R08.n": 2, "R20.part_critical": 40, "R25.hops": 4, "R11.hops": 3},
)
"""What packs change beside what makes rules easy to meet."""


def compare(seeds, *, others=None, scale=1, stray=0):
    """Let rules look at small ledgers, many as one; give how often each was met."""
    data = cases.data({**cases.EASY, **(others or {})})
    world = cases.World(seeds, data, scale=scale, stray=stray)
    found = watch(world.ledger, Pack.read(data), tables=world.side, unit=scale)
    assert found.not_computable == {}
    columns = ("rule", "account", "row", "time", "value", "score", "evidence")
    said = {rule: [] for rule in RULES}
    for rule, *hit, evidence in found.hits.select(columns).rows():
        said[rule].append((*hit, tuple(evidence)))
    for rule in RULES:
        assert sorted(said[rule]) == sorted(world.hits(rule)), rule
    listed = found.hits.select("rule", "account", "time", "score").rows()
    columns = ("typology", "account", "level", "score", "time", "hits")
    alerts = [(*row[:-1], tuple(row[-1])) for row in found.alerts.select(columns).rows()]
    for name in data["typologies"]:
        right = oracle_tables.alerts(world.whole, name, listed)
        assert sorted(each for each in alerts if each[0] == name) == sorted(right)
    return {rule: len(each) for rule, each in said.items()}


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_each_rule_finds_what_brute_force_finds_and_nothing_else(number):
    met = compare(range(100 * number, 100 * number + 100), others=OTHERS[number])
    assert [rule for rule, count in met.items() if count < 5] == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_each_rule_agrees_with_brute_force_on_ten_thousand_ledgers(number):
    for part in range(5):
        first = 1_000 * (number + 1) + 200 * part
        compare(range(first, first + 200), others=OTHERS[part % len(OTHERS)])


def test_amounts_of_18_decimals_give_the_same_in_whole_tokens():
    met = compare(range(500, 530), scale=10**20)
    assert sum(met.values()) > 100


def test_amounts_that_share_no_unit_are_looked_at_all_the_same():
    met = compare(range(530, 550), scale=10**20, stray=1)
    assert sum(met.values()) > 100
