"""Dry runs and measures, each against counting by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import polars as pl
import pytest

from sandbox.forensics.accounts import ZERO
from sandbox.forensics.rules import CannotWatch, Pack, compare, measured, watch
from tests.forensics.rules import cases

DAY = 86_400
BELOW = 8_000_000
SHIPPED = Pack.shipped()


def world(number=0):
    return cases.World(range(20 * number, 20 * number + 20), cases.data())


def structuring(**first):
    """Accounts that pay six times below the threshold, an hour apart, from a second on."""
    rows = [
        (who, f"{who}{n}", BELOW, begin + 3_600 * n)
        for who, begin in first.items()
        for n in range(6)
    ]
    return cases.frame(sorted(rows, key=lambda row: row[3]))


def refused(run, *arguments, **options):
    with pytest.raises(CannotWatch) as error:
        run(*arguments, **options)
    return error.value.code.removeprefix("alert_pack.")


def test_a_pack_tried_beside_itself_changes_nothing():
    many, pack = world(), Pack.read(cases.data())
    trial = compare(many.ledger, pack, pack, tables=many.side)
    assert trial.before.digest == trial.after.digest
    for table in (trial.rules, trial.typologies):
        assert table["same"].sum() > 0
        assert table.select("gained", "lost").sum().row(0) == (0, 0)
        assert (table["before"] == table["after"]).all()
    assert set(trial.alerts["outcome"]) == {"same"}
    assert trial.workload["before"] == trial.workload["after"]


def test_gained_lost_and_same_are_what_matching_by_hand_gives():
    many = world(1)
    before = Pack.read(cases.data())
    after = before.changed(3, {"R01.n": 4, "R05.part": 90, "R08.n": 2, "R11.hops": 3})
    trial = compare(many.ledger, before, after, tables=many.side)
    for one, two, counted, name in (
        (trial.before.hits, trial.after.hits, trial.rules, "rule"),
        (trial.before.alerts, trial.after.alerts, trial.typologies, "typology"),
    ):
        for row in counted.iter_rows(named=True):
            there = [
                sorted(table.filter(pl.col(name) == row["name"]).select("account", "time").rows())
                for table in (one, two)
            ]
            same, left = 0, list(there[0])
            for account, when in there[1]:
                fits = [each for each in left if each[0] == account and abs(each[1] - when) < DAY]
                if fits:
                    left.remove(fits[0])
                    same += 1
            assert (row["before"], row["after"]) == (len(there[0]), len(there[1]))
            assert (row["same"], row["lost"]) == (same, len(left))
            assert row["gained"] == len(there[1]) - same
    assert trial.rules["lost"].sum() > 0
    assert trial.rules["gained"].sum() > 0
    outcomes = trial.alerts.group_by("outcome").len()
    for outcome, count in outcomes.rows():
        assert trial.typologies[outcome].sum() == count


def test_only_what_is_found_in_the_range_counts_but_the_rows_before_are_seen():
    rows = structuring(a=0, b=3 * DAY)
    met = 4 * 3_600
    tried = SHIPPED.changed(2, {"R01.n": 10})
    for since, until, lost in (
        (None, None, ["a", "b"]),
        (met, 3 * DAY, ["a"]),
        (met + 1, None, ["b"]),
        (3 * DAY, 3 * DAY + met, []),
        (3 * DAY, 3 * DAY + met + 1, ["b"]),
    ):
        trial = compare(rows, SHIPPED, tried, since=since, until=until)
        assert sorted(trial.alerts["account"]) == lost, (since, until)
    trial = compare(rows, SHIPPED, tried, since=0, until=2 * DAY, analysts=4)
    assert trial.workload == {"before": 1 / 8, "after": 0.0}


def test_a_range_may_be_dates():
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = structuring(a=0, b=3 * DAY)
    moments = [begin + timedelta(seconds=each) for each in rows["time"]]
    rows = rows.with_columns(pl.Series("time", moments))
    tried = SHIPPED.changed(2, {"R01.n": 10})
    trial = compare(rows, SHIPPED, tried, since=begin + timedelta(days=1))
    assert trial.alerts.select("outcome", "account").rows() == [("lost", "b")]


def test_a_range_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch):
    begin = datetime(2026, 1, 1)  # noqa: DTZ001 - as a table without zones has it
    rows = structuring(a=0, b=3 * DAY)
    moments = [begin + timedelta(seconds=each) for each in rows["time"]]
    rows = rows.with_columns(pl.Series("time", moments))
    tried = SHIPPED.changed(2, {"R01.n": 10})
    met = begin + timedelta(hours=4)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Bishkek")
        time.tzset()
        trial = compare(rows, SHIPPED, tried, since=met, until=met + timedelta(seconds=1))
    time.tzset()
    assert trial.alerts.select("outcome", "account").rows() == [("lost", "a")]


def test_a_dry_run_that_cannot_be_right_is_refused():
    rows = structuring(a=0)
    assert refused(compare, rows, SHIPPED, SHIPPED, since=5, until=5) == "range"
    for analysts in (0, -1, 1.5, True):
        assert refused(compare, rows, SHIPPED, SHIPPED, analysts=analysts) == "analysts"
        truth = pl.DataFrame({"account": ["a"], "typology": ["x"], "since": [0]})
        assert refused(measured, watch(rows), truth, analysts=analysts) == "analysts"


def test_measures_are_those_of_counting_by_hand():
    """a and b structure, b after its alert was raised; c is innocent; d is not found."""
    rows = structuring(a=0, b=0, c=DAY)
    truth = pl.DataFrame(
        {
            "account": ["a", "b", "d", "A1"],
            "typology": ["smurfs", "smurfs", "smurfs", "theft"],
            "since": [3_600, 5 * 3_600, 0, 0],
        }
    )
    measures = measured(watch(rows), truth, analysts=2)
    days = (DAY + 5 * 3_600) / DAY
    shared = {"alerts": 3, "false": 2, "per_day": 3 / (2 * days), "computable": True}
    right = {
        "name": "R01",
        "truth": "smurfs",
        "accounts": 3,
        "found": 1,
        "recall": 1 / 3,
        "true": 1,
    }
    right |= {"false_per_true": 2.0, "seconds": 3 * 3_600, **shared}
    said = measures.rules.filter(name="R01", truth="smurfs").row(0, named=True)
    assert said == pytest.approx(right)
    said = measures.rules.filter(name="R01", truth="any").row(0, named=True)
    assert said == pytest.approx({**right, "truth": "any", "accounts": 4, "recall": 1 / 4})
    said = measures.rules.filter(name="R01", truth="theft").row(0, named=True)
    none = {"truth": "theft", "accounts": 1, "found": 0, "recall": 0.0, "true": 0}
    assert said == pytest.approx({**right, **none, "false_per_true": None, "seconds": None})
    said = measures.rules.filter(name="R02", truth="any").row(0, named=True)
    assert (said["alerts"], said["true"], said["false"], said["recall"]) == (0, 0, 0, 0.0)
    said = measures.rules.filter(name="R06", truth="any").row(0, named=True)
    assert said["computable"] is False
    said = measures.typologies.filter(name="structuring", truth="smurfs").row(0, named=True)
    assert (said["recall"], said["true"], said["false"]) == (pytest.approx(1 / 3), 1, 2)


def test_measures_of_random_cases_are_those_of_counting():
    many = world(2)
    found = watch(many.ledger, Pack.read(cases.data()), tables=many.side)
    names = [name for name in many.ledger.names.to_list() if name != ZERO]
    begin = many.ledger.places["time"][0]
    rows = [
        (name, kind, begin + number * 40_000)
        for number, name in enumerate(names)
        for kind, every in (("mule", 3), ("smurf", 4))
        if number % every == 0
    ]
    truth = pl.DataFrame(rows, schema=["account", "typology", "since"], orient="row")
    measures = measured(found, truth)
    seen = 0
    for table, told, column in (
        (measures.rules, found.hits, "rule"),
        (measures.typologies, found.alerts, "typology"),
    ):
        for row in table.iter_rows(named=True):
            alerts = told.filter(pl.col(column) == row["name"]).select("account", "time").rows()
            about = {
                name: since for name, kind, since in reversed(rows) if row["truth"] in {kind, "any"}
            }
            anybody = {name: since for name, _, since in rows}
            true = [each for each in alerts if each[1] >= about.get(each[0], 10**12)]
            false = [each for each in alerts if each[1] < anybody.get(each[0], 10**12)]
            waited = sorted(
                min(when for name, when in true if name == who) - about[who]
                for who in {name for name, _ in true}
            )
            assert (row["accounts"], row["found"]) == (len(about), len(waited))
            assert row["recall"] == pytest.approx(float(Fraction(len(waited), len(about))))
            assert (row["true"], row["false"]) == (len(true), len(false))
            assert row["seconds"] == (waited[(len(waited) - 1) // 2] if waited else None)
            seen += len(true)
    assert seen > 100


def test_a_truth_that_cannot_be_right_is_refused():
    found = watch(structuring(a=0))
    truth = pl.DataFrame({"account": ["a"], "typology": ["x"], "since": [0]})
    assert measured(found, truth).rules.height == 27 * 2
    for wrong in (
        truth.drop("since"),
        truth.with_columns(pl.lit("today").alias("since")),
        truth.with_columns(pl.lit(None, pl.String).alias("account")),
        truth.with_columns(pl.lit(1).alias("typology")),
        truth.with_columns(pl.lit("any").alias("typology")),
        pl.concat([truth, truth.with_columns(pl.lit(5, pl.Int64).alias("since"))]),
    ):
        assert refused(measured, found, wrong) == "truth"
    assert measured(found, truth.clear()).rules["recall"].to_list() == [None] * 27
