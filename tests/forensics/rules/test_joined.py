"""Rules on what other parts of the library found, and measured against a case's truth."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from sandbox.forensics import Ledger, trace
from sandbox.forensics.cases import case_seed, plan, recipe
from sandbox.forensics.rules import CannotWatch, joined, measured, watch
from tests.forensics.rules import cases
from tests.forensics.rules.test_examples import START, pays


@pytest.fixture(scope="module")
def case():
    return plan(case_seed(bytes(32), who="aida", lab="S1", attempt=1), recipe("easy"))


def test_a_case_has_tags_and_truth_for_the_rules(case):
    public, truth = case.public(), case.truth()
    table = joined.case_truth(case)
    guilty = {each.lower() for each in truth.guilty}
    moved = [public.transactions[each] for each in truth.secrets.stolen]
    there = {
        side.lower() for each in moved if each.ledger == "kgst" for side in (each.payer, each.payee)
    }
    assert set(table["account"]) == guilty & there
    assert len(table) > 2
    assert set(table["typology"]) <= {"thief", "mule", "deposit"}
    ledger = public.table("kgst")
    for account, since in table.select("account", "since").rows():
        mine = [
            each
            for each in public.transactions
            if account in {each.payer.lower(), each.payee.lower()}
        ]
        assert mine[0].time <= since <= mine[-1].time
    tags = joined.case_tags(public)
    assert 0 < len(tags) <= len(public.tags)
    found = watch(ledger, tables={"tags": tags}, unit=10**16)
    assert set(found.not_computable) >= {"R06", "R20"}
    assert "R15" not in found.not_computable
    measures = measured(found, table, analysts=2)
    row = measures.rules.filter(truth="any", name="R07").row(0, named=True)
    assert row["accounts"] == len(table)
    best = measures.rules.filter(truth="any")["recall"].max()
    assert 0 < best <= 1


def test_a_trace_becomes_a_share_of_what_an_account_had_got_until_then():
    rows = [
        *pays("v", "t", 100, 0),
        *pays("x", "t", 300, 1),
        *pays("t", "m", 200, 2),
        *pays("x", "m", 600, 3),
        *pays("t", "m", 200, 4),
    ]
    found = trace(Ledger.read(cases.frame(rows), opening="least"), "haircut", [0])
    table = joined.taint(found, "theft")
    columns = ("account", "tainted", "whole", "hops", "time")
    assert table.select(columns).rows() == [
        ("t", 100, 100, 0, START),
        ("m", 50, 200, 1, START + 2),
        ("m", 100, 1_000, 1, START + 4),
    ]
    assert set(table["category"]) == {"theft"}
    hits = watch(cases.frame(rows), tables={"taint": table}).hits
    told = hits.filter(rule="R20").select("account", "value").rows()
    assert told == [("t", 100), ("m", 25)]
    with pytest.raises(CannotWatch, match=r"alert_pack\.taint_backward"):
        joined.taint(trace(found.ledger, "haircut", [4], backward=True), "theft")
    timeless = Ledger.read(cases.frame(rows).drop("time"), opening="least")
    with pytest.raises(CannotWatch, match=r"alert_pack\.time_missing"):
        joined.taint(trace(timeless, "haircut", [0]), "theft")


def test_messages_become_what_was_sent_how_late_and_how_much_of_it_fits():
    rows = [
        (1, "complete", [], -3.0, 1.0, None),
        (2, "missing", [], None, None, None),
        (3, "late", ["late"], 90.2, None, None),
        (4, "mismatched", ["originator_name"], 0.0, 0.509, 0.9),
        (5, "mismatched", ["amount", "late"], 9.0, 1.0, 1.0),
    ]
    transfers = pl.DataFrame(
        [(each[0], 0, 0, *each[1:]) for each in rows],
        schema={
            **dict.fromkeys(("block", "transaction", "log"), pl.Int64),
            "status": pl.String,
            "why": pl.List(pl.String),
            **dict.fromkeys(("latency", "originator", "beneficiary"), pl.Float64),
        },
        orient="row",
    )
    table = joined.travel(SimpleNamespace(transfers=transfers))
    assert table.select("block", "sent", "late", "match").rows() == [
        (1, True, -3, 100),
        (2, False, None, None),
        (3, True, 91, None),
        (4, True, 0, 50),
        (5, True, 9, 0),
    ]


def test_clusters_are_taken_as_they_are():
    accounts = pl.DataFrame({"account": ["a", "b"], "cluster": [1, 1], "size": [2, 2]})
    table = joined.clusters(SimpleNamespace(accounts=accounts))
    assert table.rows() == [("a", "1"), ("b", "1")]
    found = watch(cases.frame(pays("a", "b", 30, 0, 1, 2, 3, 4)), tables={"clusters": table})
    assert found.hits.filter(rule="R24")["account"].to_list() == ["a"]
