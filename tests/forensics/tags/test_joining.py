"""Several packs are put side by side, and what they say is what the definition says."""

from __future__ import annotations

import math
import random

import polars as pl
import pytest

from sandbox.forensics import CannotTag, Ledger, Stop, TagPack, Tags, cluster, trace
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.clusters.clustering import _LINKS, Clusters
from tests.forensics.tags.samples import LEVELS, conflicts, drawn, pack, services, tag, ways, word

WORLD = 20
"""Small worlds of accounts that are looked at together: tables cost more than what is in them."""
WORLDS = [[f"0x{world:02}a{each}" for each in range(6)] for world in range(WORLD)]


def joined(*packs, **options):
    """Packs, read and joined."""
    return Tags.join(*map(TagPack.read, packs), **options)


def forest(chance, accounts):
    """Links that join some accounts and make no circle."""
    order = chance.sample(accounts, len(accounts))
    return [
        (order[chance.randrange(at)], order[at], chance.choice([0.5, 0.7, 0.9]))
        for at in range(1, len(order))
        if chance.random() < 0.7
    ]


def clustered(links):
    """Clusters by these links, and one link that was stopped."""
    rows = [(*link[:2], "0xff", "funder", link[2], 0, [], [], "", True) for link in links]
    rows.append((WORLDS[0][0], WORLDS[1][0], "0xff", "funder", 1.0, 0, [], [], "size", False))
    schema = {**_LINKS, "stopped": pl.String, "joins": pl.Boolean}
    table, none = pl.DataFrame(rows, schema=schema, orient="row"), pl.DataFrame()
    return Clusters(table, none, none, {}, 200, 0.0)


def same_as_the_definition(seed):
    """Hold twenty worlds against what is read out; how many things are in conflict."""
    chance = random.Random(seed)
    packs, least = drawn(chance, WORLDS), chance.choice([0, 5, 20, 50, 70, 100])
    links = [forest(chance, each) for each in WORLDS]
    tags = joined(*packs)
    assert len(tags.table) == sum(len(each["tags"]) for each in packs)
    found = {
        (account, about, word(says)): (level, count, set(titles))
        for account, about, says, level, count, titles in tags.conflicts.iter_rows()
    }
    assert found == conflicts(packs)
    assert len(found) == len(tags.conflicts)
    right = services(packs, least)
    said = {each: told.split(" | ") for each, told in tags.services(least=least).items()}
    assert {each: set(told) for each, told in said.items()} == {
        each: set(told) for each, told in right.items()
    }
    for account, told in said.items():
        levels = [right[account][each] for each in told]
        assert levels == sorted(levels, reverse=True)
    over(packs, links, tags.over(clustered([link for each in links for link in each])))
    return len(found)


def over(packs, links, spread):
    """Hold what is said of clusters against all ways through them."""
    world = {account: at for at, each in enumerate(WORLDS) for account in each}
    right = {}
    for each in packs:
        for place, one in enumerate(each["tags"], 1):
            own = links[world[one["address"]]]
            if any(one["address"] in link[:2] for link in own):
                for other in WORLDS[world[one["address"]]]:
                    for way in ways(one["address"], other, own):
                        sure = LEVELS[one["confidence"]] / 100 * math.prod(way)
                        key = other, one["address"], each["title"], place
                        right[key] = len(way), pytest.approx(sure)
    columns = ("account", "tagged", "pack", "place", "links", "confidence")
    assert {row[:4]: row[4:] for row in spread.select(columns).iter_rows()} == right
    for (_,), rows in spread.group_by("cluster"):
        texts = [{word(text) for text in rows[name] if text} for name in ("label", "category")]
        assert set(rows["disputed"]) == {any(len(each) > 1 for each in texts)}


def test_what_packs_say_is_what_the_definition_says():
    assert min(same_as_the_definition(seed) for seed in range(5)) > WORLD


@pytest.mark.slow
def test_what_packs_say_is_what_the_definition_says_in_ten_thousand_worlds():
    for seed in range(5, 5 + 10_000 // WORLD):
        same_as_the_definition(seed)


def test_the_order_of_packs_decides_nothing():
    packs = drawn(random.Random(7), WORLDS)
    one, two = joined(*packs), joined(*packs[::-1])
    assert one.table.equals(two.table)
    assert one.conflicts.equals(two.conflicts)
    assert one.services(least=0) == two.services(least=0)


def test_every_row_keeps_its_provenance():
    source = TagPack.read(pack(tag(source="letter 15"), title="B", version=4))
    row = Tags.join(source).of("0xA1").row(0, named=True)
    assert (row["pack"], row["version"], row["place"]) == ("B", 4, 1)
    assert (row["source"], row["creator"], row["level"]) == ("letter 15", "Trainer", 70)
    assert row["digest"] == source.digest


def test_agreement_is_no_conflict_and_silence_is_none_either():
    agreed = joined(pack(tag(category="exchange")), pack(tag(label=" PAMIR "), title="B"))
    assert agreed.conflicts.is_empty()
    other = pack(tag(category="mixer"), title="B")
    assert len(joined(pack(tag(category="exchange")), other).conflicts) == 2


def test_two_versions_of_a_pack_are_not_joined():
    with pytest.raises(CannotTag, match="pack_twice"):
        joined(pack(tag()), pack(tag(), version=2))


def test_tags_of_another_chain_are_left_out_where_one_is_named():
    packs = (pack(tag()), pack(tag(category="mixer"), title="B", network="som"))
    assert len(joined(*packs).table) == 2
    assert joined(*packs, network="kgst").table["pack"].to_list() == ["A"]


@pytest.mark.parametrize("least", [-1, 101, 0.5, True, "50"])
def test_a_level_that_cannot_be_is_refused(least):
    with pytest.raises(CannotTag, match="least_malformed"):
        joined(pack(tag())).services(least=least)


def moved(*rows):
    """A ledger: payer, payee, amount, a block each."""
    columns = dict(
        zip(("payer", "payee", "amount"), map(list, zip(*rows, strict=True)), strict=True)
    )
    nothing = [0] * len(rows)
    places = {"block": list(range(1, len(rows) + 1)), "transaction": nothing, "log": nothing}
    return Ledger.read(pl.DataFrame(places | columns))


def test_a_trace_stops_where_a_tag_is_sure_enough_and_goes_on_otherwise():
    whole = moved((ZERO, "0xa1", 9), ("0xa1", "0xee", 9), ("0xee", "0xa2", 9))
    said = joined(pack(tag("0xee", category="exchange", confidence="web_crawl")))
    ends = {}
    for least in (20, 50):
        stop = Stop(services=said.services(least=least))
        ends[least] = trace(whole, "fifo", [1], stop=stop).nodes["account"].to_list()
    assert "0xa2" not in ends[20]
    assert "0xa2" in ends[50]


def test_what_is_said_over_a_cluster_is_less_sure_and_makes_no_service():
    whole = moved((ZERO, "0xaa", 9), ("0xaa", "0xa1", 4), ("0xaa", "0xa2", 4))
    said = joined(pack(tag("0xa1", label="Aida", category="exchange")))
    rows = said.over(cluster(whole)).select("account", "links", "confidence").rows()
    assert rows == [("0xa1", 0, 0.7), ("0xa2", 1, 0.35)]
    assert said.services(least=0) == {"0xa1": "exchange"}
    assert said.over(cluster(whole, {"0xa1": "exchange"})).is_empty()


def test_a_disputed_account_is_no_hot_wallet_and_still_ends_a_trace():
    packs = (pack(tag(category="exchange")), pack(tag(category="mixer"), title="B"))
    assert joined(*packs).services(least=50) == {"0xa1": "exchange | mixer"}
    assert joined(*packs).services(least=50, categories=["mixer"]) == {"0xa1": "mixer"}
    assert joined(*packs).services(least=71) == {}
