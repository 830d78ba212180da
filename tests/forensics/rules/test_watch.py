"""Watching: what cannot be computed says so, and the same gives the same, byte for byte."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from sandbox.forensics import CannotTrace, Ledger
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.lessons import half
from sandbox.forensics.rules import CannotWatch, Pack, watch
from sandbox.forensics.rules.pack import HERE, RULES
from sandbox.forensics.rules.registry import DEFINITIONS
from sandbox.forensics.rules.tables import COLUMNS
from tests.forensics.rules import cases

CHECKOUT = Path(__file__).resolve().parents[3]
T = 8_500_000


def small(count=6, who="a", amount=T - 1):
    """Payments just below the threshold, an hour apart."""
    rows = [(ZERO, who, count * amount, 0)]
    return cases.frame(rows + [(who, f"b{n}", amount, 3_600 * n) for n in range(count)])


def refused(rows, **options):
    with pytest.raises(CannotWatch) as error:
        watch(rows, **options)
    return error.value.code.removeprefix("alert_pack.")


def test_a_rule_without_its_table_says_what_it_needs_and_the_others_run():
    found = watch(small())
    assert found.not_computable == {
        name: each.needs for name, each in DEFINITIONS.items() if each.needs
    }
    assert len(RULES) - len(found.not_computable) == 11
    assert "R14 Mixer exposure: not computable: needs tags, taint" in found.lines()
    assert set(found.hits["rule"]) == {"R01"}
    world = cases.World(range(3), cases.data())
    found = watch(world.ledger, tables={"tags": world.side["tags"]})
    assert found.not_computable["R14"] == ("taint",)
    assert "R15" not in found.not_computable
    assert watch(world.ledger, tables=world.side).lines() == []


def test_a_hit_carries_its_figures_evidence_and_place():
    found = watch(small())
    hit = found.hits.filter(pl.col("rule") == "R01").row(0, named=True)
    assert (hit["account"], hit["block"], hit["time"]) == ("a", 5, 4 * 3_600)
    assert (hit["since_block"], hit["since"]) == (1, 0)
    assert (hit["value"], hit["score"], hit["table"]) == (5, 50, "ledger")
    assert hit["evidence"] == [1, 2, 3, 4, 5]
    assert json.loads(hit["figures"]) == {"payments": 5, "total": str(5 * (T - 1))}
    alert = found.alerts.row(0, named=True)
    assert (alert["typology"], alert["account"], alert["level"]) == ("structuring", "a", "alert")
    assert found.hits[alert["hits"]]["rule"].to_list() == ["R01"]


def test_after_a_hit_a_rule_is_silent_until_the_score_is_higher_or_time_has_passed():
    hits = watch(small(count=30)).hits.filter(pl.col("rule") == "R01")
    assert hits.select("value", "score").rows() == [(5, 50), (8, 75), (15, 100)]
    quick = Pack.shipped().changed(2, {"silence": 60})
    assert len(watch(small(count=30), quick).hits.filter(pl.col("rule") == "R01")) == 26


def test_services_are_no_subjects_of_rules_about_behaviour():
    tags = pl.DataFrame({"account": ["a"], "category": ["exchange"]})
    assert watch(small(), tables={"tags": tags}).hits.is_empty()
    tags = tags.with_columns(pl.lit("friend").alias("category"))
    assert not watch(small(), tables={"tags": tags}).hits.is_empty()


def test_the_order_of_rows_and_tables_and_the_spelling_of_accounts_change_nothing():
    world = cases.World(range(20), cases.data())
    pack = Pack.read(cases.data())
    right = watch(world.ledger, pack, tables=world.side)
    assert len(right.hits) > 100
    table = world.ledger.table.sample(fraction=1, shuffle=True, seed=1)
    names = list(world.side)
    random.Random(1).shuffle(names)
    again = watch(
        Ledger.read(table, opening="least"), pack, tables={each: world.side[each] for each in names}
    )
    assert again.digest == right.digest
    assert watch(small(who="0xAB")).digest == watch(small(who="0xab")).digest
    assert watch(small()).digest != watch(small(count=8)).digest
    other = Pack.shipped().changed(2, {"R27.stale": 100})
    assert watch(small(), other).digest != watch(small()).digest, "the pack is part of it"


def test_another_process_finds_the_same_bytes():
    code = (
        "from sandbox.forensics.rules import Pack, watch; from tests.forensics.rules import cases;"
        "w = cases.World(range(5), cases.data());"
        "print(watch(w.ledger, Pack.read(cases.data()), tables=w.side).digest)"
    )
    world = cases.World(range(5), cases.data())
    right = watch(world.ledger, Pack.read(cases.data()), tables=world.side).digest
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    assert said.stdout.strip() == right


def test_moments_may_be_dates_and_come_back_as_such():
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    plain = watch(small())
    moments = [begin + timedelta(seconds=each) for each in small()["time"]]
    dated = small().with_columns(pl.Series("time", moments))
    found = watch(dated)
    assert found.hits["time"][0] == begin + timedelta(hours=4)
    assert found.alerts["time"].dtype == dated["time"].dtype
    same = ("rule", "account", "row", "value", "score", "evidence")
    assert found.hits.select(same).equals(plain.hits.select(same))


def test_a_token_of_18_decimals_has_its_thresholds_in_its_own_units():
    wide = small().with_columns(pl.col("amount") + "0" * 16)
    found = watch(wide, unit=10**16)
    assert set(found.hits["rule"]) == {"R01"}
    assert json.loads(found.hits["figures"][0])["total"] == str(5 * (T - 1) * 10**16)
    over = wide.with_columns(pl.Series("amount", [str(T * 10**16)] * len(wide)))
    assert "R01" not in set(watch(over, unit=10**16).hits["rule"])


def test_an_empty_ledger_and_empty_tables_find_nothing():
    empty = {
        name: pl.DataFrame(schema={each: cases.KINDS.get(each, pl.Int64) for each in columns})
        for name, columns in COLUMNS.items()
    }
    found = watch(small().clear(), tables=empty)
    assert found.hits.is_empty()
    assert found.alerts.is_empty()
    assert found.lines() == []
    assert watch(small(), tables=empty).hits.height == 1


def test_ledgers_that_rules_cannot_look_at_are_refused():
    assert refused(small().drop("time")) == "time_missing"
    assert refused(small().with_columns(pl.lit("now").alias("time"))) == "time_missing"
    hole = pl.when(pl.col("block") == 2).then(None).otherwise(pl.col("time")).alias("time")
    assert refused(small().with_columns(hole)) == "time_missing"
    assert refused(small().with_columns(pl.col("time").reverse())) == "time_backwards"
    for unit in (0, -1, 1.0, True):
        assert refused(small(), unit=unit) == "unit"
    with pytest.raises(CannotTrace, match="no column amount"):
        watch(small().drop("amount"))


def test_side_tables_that_cannot_be_right_are_refused():
    world = cases.World(range(3), cases.data())

    def with_table(name, table):
        return refused(world.ledger, tables={name: table})

    side = world.side
    assert with_table("people", side["tags"]) == "table_unknown"
    for name, columns in COLUMNS.items():
        for column in columns:
            assert with_table(name, side[name].drop(column)) == "column_missing"
    assert (
        with_table("tags", side["tags"].with_columns(pl.lit(1).alias("account")))
        == "column_malformed"
    )
    lost = side["taint"].with_columns(pl.lit(None, pl.Int64).alias("time"))
    assert with_table("taint", lost) == "column_malformed"
    share = side["taint"].with_columns(pl.lit(0.5).alias("tainted"))
    assert with_table("taint", share) == "column_malformed"
    twice = pl.concat([side["customers"], side["customers"][:1]])
    assert with_table("customers", twice) == "account_twice"
    nowhere = side["travel"].with_columns(pl.col("log") + 1)
    assert with_table("travel", nowhere) == "place_unknown"


def test_importing_rules_loads_none_of_the_heavy_parts():
    code = "import sys, sandbox.forensics.rules as r; {}; print(*sys.modules)"
    heavy = {"numpy", "numba", "polars"}
    for act, wanted in (("r.Pack.shipped()", set()), ("r.watch", heavy)):
        loaded = subprocess.run(
            [sys.executable, "-c", code.format(act)], capture_output=True, text=True, check=True
        )
        assert heavy & set(loaded.stdout.split()) == wanted


def test_set_up_compiles_every_kernel_for_all_that_it_is_given():
    code = (
        "from sandbox.forensics.rules import Pack, kernels, warm, watch;"
        "from tests.forensics.rules import cases; warm.main();"
        "count = lambda: {n: len(k.signatures) for n, k in kernels.COMPILED.items()};"
        "made = count(); w = cases.World(range(3), cases.data());"
        "watch(w.ledger, Pack.read(cases.data()), tables=w.side);"
        "print(made == count(), min(made.values()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    assert said.stdout.split() == ["True", "1"]


def test_every_code_of_packs_is_raised_and_every_raised_one_has_a_wording():
    told = set(
        tomllib.loads((CHECKOUT / "sandbox/locale/errors/alert_packs.toml").read_text("utf-8"))
    )
    source = "".join(path.read_text("utf-8") for path in HERE.glob("*.py"))
    assert set(re.findall(r"CannotWatch\(\s*\"([a-z_.]+)\"", source)) == told


def test_the_newest_500_pieces_of_evidence_are_kept_and_all_are_counted():
    rows = cases.frame([("a", "b", T - 1, number) for number in range(700)])
    slow = Pack.shipped().changed(2, {"R01.n": 3})
    data = {**slow.data, "version": 3}
    data["rules"]["R01"]["bands"] = [[0, 10], [500, 50], [501, 60], [700, 100]]
    hits = watch(rows, Pack.read(data)).hits.filter(pl.col("rule") == "R01")
    assert hits["pieces"].to_list() == hits["value"].to_list() == [4, 500, 501, 700]
    assert hits["evidence"].list.len().to_list() == [4, 500, 500, 500]
    assert hits["evidence"][3].to_list() == list(range(200, 700))
    assert hits["since_block"].to_list() == [0, 0, 1, 200]


def test_some_rules_look_alone_and_find_what_they_find_among_all():
    whole = watch(half(3, "first").transfers)
    some = watch(half(3, "first").transfers, only=("R05", "R01"))
    assert some.hits.equals(whole.hits.filter(pl.col("rule").is_in(["R01", "R05"])))
    assert set(some.hits["rule"]) == {"R01", "R05"}
    assert some.not_computable == {}


def test_rules_that_lack_their_table_find_nothing_alone_and_unknown_ones_are_refused():
    rows = half(3, "first").transfers
    lone = watch(rows, only=["R06"])
    assert lone.hits.is_empty()
    assert lone.not_computable == {"R06": ("customers",)}
    with pytest.raises(CannotWatch) as caught:
        watch(rows, only=["R28"])
    assert caught.value.code == "alert_pack.rule_unknown"
