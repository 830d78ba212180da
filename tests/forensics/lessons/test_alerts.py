"""Alerts for reports: three stories, each with life around it, and nothing that gives it away."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from sandbox.forensics.lessons import desk_alert
from sandbox.forensics.lessons.alerts import MAY, MUST_NOT

NUMBERS = range(10_000, 10_060)


def strange(alert):
    """What the lesson calls suspicious."""
    week = datetime.fromisoformat(alert.raised) - timedelta(days=7)
    known = set(alert.customer["known"])
    return [
        each
        for each in alert.rows
        if datetime.fromisoformat(each["time"]) >= week
        and each["amount"] >= 10_000
        and not {each["payer"], each["payee"]} & known
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_each_alert_has_something_to_report_and_something_to_leave_out(number):
    alert = desk_alert(number)
    own = alert.customer["account"]
    assert alert == desk_alert(number)
    meant = strange(alert)
    assert {own} == {own} & {each[side] for each in meant for side in ("payer", "payee")}
    assert len(meant) >= 6
    first = meant[0]["no"]
    within = [each for each in alert.rows if each["no"] > first and each not in meant]
    assert len(within) >= 2, "ordinary life goes on"
    assert [each["no"] for each in alert.rows] == [*range(1, len(alert.rows) + 1)]
    assert alert.rows[-1]["time"] < alert.raised < alert.noticed
    assert sorted(each["time"] for each in alert.rows) == [each["time"] for each in alert.rows]


def test_all_stories_and_both_kinds_of_acts_come_up_and_none_says_which():
    found = Counter(desk_alert(number).rule for number in NUMBERS)
    assert set(found) == {"R01", "R04", "R08"}
    for number in NUMBERS:
        acts = desk_alert(number).acts
        assert (len(acts), len({*acts} & {*MAY}), len({*acts} & {*MUST_NOT})) == (8, 4, 4)
    orders = {tuple(each in MAY for each in desk_alert(number).acts) for number in NUMBERS}
    assert len(orders) > 20


def test_who_takes_the_whole_account_reports_too_much():
    for number in NUMBERS:
        alert = desk_alert(number)
        assert len(strange(alert)) <= len(alert.rows) - 8
