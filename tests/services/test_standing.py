"""Days of permits and the daily look: exactly once, and the dry run finds what was raised."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.alerts.rule_set import SHIPPED
from sandbox.domain.complaints import ComplaintOutcome
from sandbox.domain.supervision import Setting, SettingKind, SettingState
from sandbox.services.alert_trials import dry_run
from sandbox.services.standing import DayBook, tallies, watch_standing
from sandbox.store import Store
from tests.services.alert_world import (
    NUMBER,
    START,
    Ledger,
    alerts,
    complain,
    desk_of,
    open_permit,
)
from tests.store.postgres import migrated_database


@pytest.fixture
def store(request, tmp_path, empty_store):
    """With a permit; on PostgreSQL for tests that ask for both stores."""
    if getattr(request, "param", "sqlite") == "postgresql":
        made = Store(migrated_database(request.getfixturevalue("postgres")))
    else:
        shutil.copy(empty_store, tmp_path / "standing.db")
        made = Store(f"sqlite:///{tmp_path}/standing.db")
    open_permit(made)
    yield made
    made.close()


both_stores = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
NEXT_DAY = START.replace(hour=19)
"""One hour after the first day has ended in Bishkek."""


def follow(store, at=NEXT_DAY, at_step=lambda _name: None):
    desk = desk_of(store, at, at_step)
    for chain in ("kgst", "som"):
        while DayBook(desk, chain).turn():
            pass
    while watch_standing(desk):
        pass


def days(store):
    with store.unit(read_only=True) as u:
        return u.permit_days.within(START - timedelta(days=9), START + timedelta(days=99))


@both_stores
def test_a_day_that_is_over_raises_what_its_figures_say_and_only_once(store):
    ledger = Ledger(store)
    ledger.block((0, 1, 20_000), (1, 12, 500))
    complain(store, 1)
    follow(store)
    assert alerts(store) == ()
    complain(store, 1, first=2, at=START + timedelta(days=1))
    follow(store, NEXT_DAY + timedelta(hours=23, minutes=59))
    assert alerts(store) == ()
    for _ in range(2):
        follow(store, NEXT_DAY + timedelta(days=1))
        (alert,) = alerts(store)
    assert (alert.rule, alert.subject, alert.permit) == ("complaint_rate", NUMBER, NUMBER)
    assert (alert.value, alert.weight, alert.chain, alert.kind) == (20, 50, "", "")
    assert [each["ref"] for each in alert.found["evidence"]] == ["C-per001", "C-per002"]
    (day,) = days(store)
    assert (day.payments, day.customers, day.until) == (
        1,
        19_500 * 10**18,
        START.replace(hour=18),
    )


def test_complaints_count_by_person_and_without_an_account_only_once_upheld(store):
    complain(store, 2, customer="")
    complain(store, 1, outcome=ComplaintOutcome.REJECTED, first=3)
    follow(store)
    assert alerts(store) == ()
    with store.unit(read_only=True) as u:
        assert tallies(u, START - timedelta(days=1), NEXT_DAY) == {}
    complain(store, 2, customer="", outcome=ComplaintOutcome.PARTLY)
    with store.unit(read_only=True) as u:
        assert len(tallies(u, START - timedelta(days=1), NEXT_DAY)[NUMBER]) == 2


class Killed(Exception):
    pass


def test_days_after_a_kill_and_in_one_go_or_many_are_the_same(store):
    ledger = Ledger(store)
    ledger.block((0, 1, 900), (0, 2, 900))
    ledger.block((1, 2, 100), (2, 12, 300))

    def die(name):
        if name == "standing.before_commit":
            raise Killed

    with pytest.raises(Killed):
        follow(store, at_step=die)
    assert days(store) == ()
    follow(store)
    first = days(store)
    ledger.block((1, 12, 50), minutes=24 * 60)
    follow(store, NEXT_DAY + timedelta(days=1))
    second = days(store)
    assert [(each.payments, each.customers // 10**18) for each in second] == [(2, 1500), (1, 1450)]
    assert second[0] == first[0]
    assert second[1] == replace(
        first[0], until=second[1].until, payments=1, customers=1450 * 10**18
    )


def test_missed_days_are_looked_at_as_they_ended_and_the_dry_run_finds_the_same(store):
    follow(store)
    for day in range(1, 6):
        complain(store, 2, first=1 + 2 * day, at=START + timedelta(days=day))
    late = NEXT_DAY + timedelta(days=8)
    follow(store, late)
    raised = [(each.rule, each.at, each.value, each.weight) for each in alerts(store)]
    assert [(value, weight) for _, _, value, weight in raised] == [(20, 50), (60, 75)]
    trial = {"days": 30, "until": late.isoformat()}
    draft = Setting(
        *("SV-1", SettingKind.RULES, 0, SettingState.DRAFT, SHIPPED.as_dict(), ""),
        *("ermek", "person-ermek", late, trial),
    )
    with store.unit(read_only=True) as u:
        tried = dry_run(u, draft)
    told = [(e["rule"], e["at"], e["value"], e["weight"]) for e in reversed(tried["alerts"])]
    assert told == [(rule, at.isoformat(), str(v), w) for rule, at, v, w in raised]
