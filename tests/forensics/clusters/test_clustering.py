"""Links joined: order, guards, the working, several ledgers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import polars as pl
import pytest

from sandbox.forensics import CannotTrace, Ledger, Stop, trace
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.clusters.clustering import cluster, together
from sandbox.forensics.clusters.funders import CommonFunder
from sandbox.forensics.clusters.links import Link, Proposed
from tests.forensics.clusters import ledgers, oracle
from tests.forensics.clusters.ledgers import SERVICES


@dataclass
class Says:
    """A heuristic that says what it is told: account, other."""

    pairs: list
    confidence: float = 0.5
    name: str = "says"
    deposits: list = field(default_factory=list)

    def propose(self, _ledger, _known):
        return Proposed([Link(*pair, 1, (0,)) for pair in self.pairs], [], self.deposits)


def some_ledger():
    """Accounts called 0 to 14."""
    return ledgers.ledger(ledgers.told(random.Random(3)), hashes=True)


def same_as_brute_force(number):
    chance = random.Random(number)
    heuristics = [
        Says([chance.sample(range(1, 14), 2) for _ in range(chance.randint(0, 5))], grade, name)
        for name, grade in (("one", 0.9), ("two", 0.5), ("three", 0.2))
    ]
    most, least = chance.choice([2, 3, 5, 99]), chance.choice([0.0, 0.4])
    found = cluster(some_ledger(), SERVICES, heuristics, most=most, least=least)
    links = found.links.select("account", "other", "confidence").rows()
    assert [each[2] for each in links] == sorted((each[2] for each in links), reverse=True)
    said, groups = oracle.clusters(links, SERVICES, most=most, least=least)
    assert found.links.select("stopped", "joins").rows() == said
    named = found.accounts.group_by("cluster").agg("account", pl.first("size"))
    assert {frozenset(each) for each in named["account"].to_list()} == groups
    assert all(len(each) == size for _, each, size in named.rows())
    for group in groups:
        for one in group:
            assert set(found.of(one)) == group
            for two in group - {one}:
                a_way_leads(found.why(one, two), one, two)
        assert found.why(min(group), "nobody").is_empty()
    shuffled = [Says(each.pairs[::-1], each.confidence, each.name) for each in heuristics[::-1]]
    again = cluster(some_ledger(), SERVICES, shuffled, most=most, least=least)
    assert again.accounts.equals(found.accounts)
    return {word for word, _ in said}


def a_way_leads(links, one, two):
    at = one
    for account, other, joins in links.select("account", "other", "joins").iter_rows():
        assert joins
        assert at in (account, other)
        at = other if at == account else account
    assert at == two


def test_links_are_joined_as_brute_force_joins_them():
    stopped = [same_as_brute_force(number) for number in range(60)]
    assert set().union(*stopped) == {"", "service", "size", "confidence"}


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
def test_links_are_joined_as_brute_force_joins_them_ten_thousand_times(thousand):
    for number in range(thousand * 1_000, thousand * 1_000 + 1_000):
        same_as_brute_force(number)


def test_a_service_joins_no_cluster_and_the_table_says_what_was_stopped():
    heuristic = Says([(1, 11), (2, 11), (3, 4)])
    found = cluster(some_ledger(), SERVICES, [heuristic])
    assert found.of("1") == ["1"]
    assert found.links.filter(pl.col("stopped") == "service")["account"].to_list() == ["1", "2"]
    assert (
        repr(found) == "<1 cluster of 2 accounts by 1 link; 0 deposit addresses; 2 links stopped>"
    )
    without = cluster(some_ledger(), {}, [heuristic])
    assert without.of("1") == ["1", "11", "2"]


def test_the_surest_links_join_first_and_a_weaker_one_cannot_make_a_cluster_too_large():
    weak, sure = Says([(1, 2), (2, 3)], 0.3, "weak"), Says([(3, 4), (4, 5)], 0.9, "sure")
    found = cluster(some_ledger(), {}, [weak, sure], most=3)
    assert found.of("3") == ["3", "4", "5"]
    assert found.of("1") == ["1", "2"]
    assert found.links.filter(pl.col("stopped") == "size").select("account", "other").rows() == [
        ("2", "3")
    ]


def test_evidence_is_named_by_hashes_and_by_places_where_there_are_none():
    found = cluster(some_ledger(), {}, [Says([(1, 2)])])
    assert found.links["hashes"].to_list() == [["0x0"]]
    plain = ledgers.ledger(ledgers.told(random.Random(3)))
    found = cluster(plain, {}, [Says([(1, 2)])])
    assert found.links["hashes"].to_list() == [["1/0/0"]]


def test_nothing_found_is_an_empty_table_of_the_same_columns():
    one = cluster(some_ledger(), {}, [Says([(1, 2)])])
    none = cluster(some_ledger(), {}, [])
    assert none.links.schema == one.links.schema
    assert none.accounts.schema == one.accounts.schema
    assert (len(none.accounts), none.of("1"), repr(none)) == (
        0,
        ["1"],
        "<0 clusters of 0 accounts by 0 links; 0 deposit addresses; nothing stopped>",
    )
    assert together().links.schema == one.links.schema


@pytest.mark.parametrize("options", [{"most": -1}, {"most": 2.5}, {"least": 2}])
def test_a_bound_that_cannot_be_right_is_refused(options):
    with pytest.raises(CannotTrace, match="parameter_malformed"):
        cluster(some_ledger(), {}, [], **options)


AIDA, BEK, ASAN, DOOR, HOT = ("0x" + digit * 40 for digit in "abcde")


def table(*rows):
    """Payer, payee, amount each; a block each."""
    count = len(rows)
    return pl.DataFrame(
        {
            "block": list(range(1, count + 1)),
            "transaction": [0] * count,
            "log": [0] * count,
            "payer": [row[0] for row in rows],
            "payee": [row[1] for row in rows],
            "amount": [row[2] for row in rows],
            "hash": [f"0x{number:064x}" for number in range(count)],
        }
    )


def exchange():
    """Aida and Bek pay one deposit address; Asan pays the hot wallet himself."""
    return Ledger.read(
        table(
            *[(ZERO, each, 10) for each in (AIDA, BEK, ASAN)],
            (AIDA, DOOR, 4),
            (DOOR, HOT, 4),
            (BEK, DOOR, 5),
            (DOOR, HOT, 5),
            (ASAN, HOT, 6),
        )
    )


def test_deposit_addresses_are_told_with_the_service_and_end_a_trace():
    found = cluster(exchange(), {HOT.upper().replace("0X", "0x"): "exchange"})
    assert found.deposits.select("account", "service", "tag", "payers", "rows").rows() == [
        (DOOR, HOT, "exchange", 2, [4, 6])
    ]
    assert found.services == {HOT: "exchange", DOOR: "exchange: deposit address"}
    assert found.of(AIDA.upper().replace("0X", "0x")) == [AIDA, BEK]
    assert found.of(ASAN) == [ASAN]
    assert DOOR not in found.accounts["account"].to_list()
    stopped = trace(exchange(), "fifo", [3], stop=Stop(services=found.services))
    assert stopped.nodes.select("account", "stopped").rows() == [(DOOR, 4)]


def test_a_deposit_address_found_by_one_heuristic_is_a_service_for_the_next():
    rows = table((ZERO, AIDA, 10), (AIDA, DOOR, 4), (DOOR, HOT, 4), (AIDA, BEK, 5))
    read = Ledger.read(rows)
    assert cluster(read, {HOT: "exchange"}, [CommonFunder()]).of(BEK) == [BEK, DOOR]
    found = cluster(read, {HOT: "exchange"})
    assert found.links.is_empty()
    assert found.deposits["account"].to_list() == [DOOR]


def test_two_ledgers_of_a_chain_are_taken_together():
    coin = Ledger.read(table((ZERO, DOOR, 9), (DOOR, BEK, 1), (DOOR, ASAN, 1)))
    token = cluster(exchange(), {HOT: "exchange"})
    gas = cluster(coin, {}, [CommonFunder()])
    assert gas.of(ASAN) == [BEK, ASAN]
    both = together(token, gas)
    assert both.of(AIDA) == sorted([AIDA, BEK, ASAN])
    assert both.links.select("heuristic", "ledger").rows() == [("deposit", 0), ("funder", 1)]
    assert both.why(AIDA, ASAN)["heuristic"].to_list() == ["deposit", "funder"]
    late = cluster(coin, {}, [Says([(1, 2)])])
    stopped = together(token, late).links.filter(heuristic="says")
    assert stopped["stopped"].to_list() == ["service"]
