"""Limits that the desk watches: at the limit a permit goes on, one unit above it is suspended."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from sandbox.domain.life import AutomaticState, DeadlineState
from sandbox.domain.lifecycle import FileState
from sandbox.domain.regime import DeadlineKind
from sandbox.kit.money import NO_LIMIT
from sandbox.services.desk_limits import desk_lines, uses, watch_limits
from sandbox.services.policies import policy_of
from sandbox.store import Store
from tests.services.alert_world import NUMBER, START, Ledger, complain, desk_of, open_permit
from tests.services.test_standing import follow
from tests.store.postgres import migrated_database

SOM = 10**18
TEAM = 99


@pytest.fixture
def store(request, tmp_path, empty_store):
    """With a permit; on PostgreSQL for tests that ask for both stores."""
    if getattr(request, "param", "sqlite") == "postgresql":
        made = Store(migrated_database(request.getfixturevalue("postgres")))
    else:
        shutil.copy(empty_store, tmp_path / "limits.db")
        made = Store(f"sqlite:///{tmp_path}/limits.db")
    open_permit(made)
    yield made
    made.close()


both_stores = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


def limited(store, *, loss_cap=NO_LIMIT, complaint_rate=NO_LIMIT):
    """Put limits into the permit's conditions."""
    with store.unit() as u:
        permit = u.permits.get(NUMBER)
        asset = replace(permit.terms.assets[0], loss_cap=loss_cap)
        terms = replace(permit.terms, assets=(asset,), complaint_rate=complaint_rate)
        u.permits.save(replace(permit, terms=terms, settlement="0x" + "00" * 19 + "63"))
        u.commit()


def look(store, at=START):
    watch_limits(desk_of(store, at))
    with store.unit(read_only=True) as u:
        permit = u.permits.get(NUMBER)
        return u.files.get(permit.file).state, policy_of(u, permit, u.files.get(permit.file)).state


def settled(store, amount, *, gone):
    """Customers pay the firm's settlement wallet, which pays a stranger."""
    ledger = Ledger(store)
    ledger.block((0, 1, amount), (1, TEAM, amount))
    ledger.block((TEAM, 77, gone))
    follow(store, START)
    return ledger


@both_stores
def test_a_loss_at_the_cap_goes_on_and_one_unit_above_it_suspends(store):
    limited(store, loss_cap=500 * SOM)
    ledger = settled(store, 900, gone=500)
    with store.unit(read_only=True) as u:
        (use,) = uses(u, [u.permits.get(NUMBER)], at=START)[NUMBER]
    assert (use.used, use.limit, use.passed) == (500 * SOM, 500 * SOM, False)
    assert look(store) == (FileState.ACTIVE, "active")
    limited(store, loss_cap=500 * SOM - 1)
    assert look(store) == (FileState.SUSPENDED, "suspended")
    with store.unit(read_only=True) as u:
        waits = u.automatic.interim_of("F-2026-0001")
        entries = u.audit.of_subjects("F-2026-0001")
        (duty,) = u.deadlines.running("F-2026-0001", [DeadlineKind.DUTY_CONFIRMATION])
    assert (waits.act.value, waits.deadline) == ("limit_passed", duty.id)
    (told,) = [each for each in entries if each.kind == "file.limit_passed"]
    assert told.body["data"]["limit"] == "KGST.loss_cap"
    assert told.body["data"]["used"] == str(500 * SOM)
    ledger.block((0, TEAM, 900))
    follow(store, START)
    assert look(store)[0] is FileState.SUSPENDED


@both_stores
def test_a_complaint_rate_at_the_limit_goes_on_and_one_person_more_suspends(store):
    limited(store, complaint_rate=30)
    complain(store, 3)
    complain(store, 3, at=START + timedelta(minutes=1), customer="")
    at = START + timedelta(hours=1)
    with store.unit(read_only=True) as u:
        lines = desk_lines(u, [u.permits.get(NUMBER)], at=at)[NUMBER]
    assert [(each.clause, each.limit, each.used, each.held_by) for each in lines] == [
        ("complaint_rate", "30", "30", "desk")
    ]
    assert look(store, at)[0] is FileState.ACTIVE
    complain(store, 1, first=4, at=at)
    assert look(store, at + timedelta(days=31))[0] is FileState.ACTIVE
    assert look(store, at)[0] is FileState.SUSPENDED


def test_without_a_limit_nothing_is_asked_and_nothing_happens(store):
    settled(store, 900, gone=900)
    complain(store, 9)
    assert look(store)[0] is FileState.ACTIVE
    with store.unit(read_only=True) as u:
        assert u.permits.watched_by_the_desk() == ()
        assert desk_lines(u, u.permits.all(), at=START) == {}


def lifted(store, at):
    """What the duty officer's word leaves behind."""
    with store.unit() as u:
        waits = u.automatic.interim_of("F-2026-0001")
        u.automatic.save(replace(waits, state=AutomaticState.LIFTED, decided_at=at))
        u.files.save(replace(u.files.get("F-2026-0001", lock=True), state=FileState.ACTIVE))
        u.commit()


def cures(store):
    with store.unit(read_only=True) as u:
        found = u.deadlines.of_file("F-2026-0001")
    return [each for each in found if each.kind is DeadlineKind.LIMIT_CURE]


def test_who_is_let_go_on_has_time_once_for_this_limit_and_none_for_another_value(store):
    limited(store, loss_cap=100 * SOM)
    settled(store, 900, gone=500)
    assert look(store)[0] is FileState.SUSPENDED
    at = START + timedelta(hours=2)
    lifted(store, at)
    assert look(store, at)[0] is FileState.ACTIVE
    assert look(store, at)[0] is FileState.ACTIVE
    (cure,) = cures(store)
    assert (cure.state, cure.owner.value, cure.days) == (DeadlineState.OPEN, "applicant", 5)
    assert look(store, cure.due)[0] is FileState.ACTIVE
    assert look(store, cure.due + timedelta(seconds=1))[0] is FileState.SUSPENDED
    assert len(cures(store)) == 1


def test_a_limit_that_is_lowered_while_the_firm_has_time_leaves_it_none(store):
    limited(store, loss_cap=100 * SOM)
    settled(store, 900, gone=500)
    look(store)
    lifted(store, START)
    assert look(store)[0] is FileState.ACTIVE
    limited(store, loss_cap=99 * SOM)
    assert look(store)[0] is FileState.SUSPENDED
    assert len(cures(store)) == 1


def test_a_suspension_that_lapses_unconfirmed_gives_no_time(store):
    limited(store, loss_cap=100 * SOM)
    settled(store, 900, gone=500)
    assert look(store)[0] is FileState.SUSPENDED
    with store.unit() as u:
        waits = u.automatic.interim_of("F-2026-0001")
        u.automatic.save(replace(waits, state=AutomaticState.CONFIRMED, decided_at=START))
        u.files.save(replace(u.files.get("F-2026-0001", lock=True), state=FileState.ACTIVE))
        u.commit()
    assert look(store, START + timedelta(days=4))[0] is FileState.SUSPENDED
    assert cures(store) == []


def test_a_look_asks_as_often_for_many_permits_as_for_one(store):
    limited(store, loss_cap=100 * SOM, complaint_rate=30)
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    with store.unit(read_only=True) as u:
        permits = u.permits.watched_by_the_desk()
        uses(u, permits, at=START)
        one = len(asked)
        asked.clear()
        uses(u, [replace(permits[0], number=f"SB-2026-{n:04}") for n in range(1, 300)], at=START)
    assert len(asked) + 1 <= one
    assert one <= 6
