"""Published figures of the shipped pack on cases are those that are measured."""

from __future__ import annotations

import json

import polars as pl
import pytest

from sandbox.forensics import rules
from sandbox.forensics.rules import CannotWatch, Pack, measured, measured_over, watch
from tests.bench import alert_rules
from tests.forensics.rules.test_trials import DAY, structuring


@pytest.mark.slow
def test_published_rates_are_those_that_are_measured() -> None:
    published = json.loads(alert_rules.MEASURED.read_text("utf-8"))
    assert alert_rules.rates() == published, "python -m tests.bench.alert_rules --publish"


def test_measured_cases_are_the_published_ones_and_nothing_is_told_before_a_report() -> None:
    case = alert_rules.case_of("easy", 1)
    ledger = case.public().ledger("kgst")
    side = alert_rules.side_tables(case.public(), ledger)
    assert len(side["taint"]) > 10
    assert side["taint"]["time"].min() >= max(each.moment for each in case.public().reports)
    found = watch(ledger, tables=side, unit=alert_rules.KGST)
    assert {*found.not_computable} == {*published()["easy"]["not_computable"]}


def truth_of(account, since):
    """Somebody took part in smurfing since a second."""
    return pl.DataFrame({"account": [account], "typology": ["smurfing"], "since": [since]})


def published():
    return json.loads(alert_rules.MEASURED.read_text("utf-8"))["difficulties"]


def test_several_cases_are_measured_as_one_whose_accounts_never_meet() -> None:
    one, two = watch(structuring(a=0)), watch(structuring(a=0, b=3 * DAY))
    guilty = truth_of("a", 0)
    over = measured_over([(one, guilty), (two, guilty)], analysts=2)
    row = over.rules.filter(name="R01", truth="any").row(0, named=True)
    assert (row["accounts"], row["found"], row["true"], row["false"]) == (2, 2, 2, 1)
    days = max(one.span / DAY, 1) + max(two.span / DAY, 1)
    assert row["per_day"] == pytest.approx(3 / (2 * days))
    alone = measured_over([(two, guilty)])
    assert alone.rules.equals(measured(two, guilty).rules)


def test_what_was_found_by_different_packs_is_not_measured_together() -> None:
    rows = structuring(a=0)
    other = watch(rows, Pack.shipped().changed(2, {"R01.n": 7}))
    for several in ([], [(watch(rows), truth_of("a", 0)), (other, truth_of("a", 0))]):
        with pytest.raises(CannotWatch) as caught:
            measured_over(several)
        assert caught.value.code == "alert_pack.several"
    assert rules.measured_over is measured_over
