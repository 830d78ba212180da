"""The watch over the follower's index: exactly once, over restarts and rebuilt indexes."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import event

from sandbox.domain.alerts.cases import AlertState
from sandbox.domain.alerts.hours import ALWAYS, EVERYBODY
from sandbox.domain.supervision import ANCHORED
from sandbox.kit.errors import IntegrityFailure
from sandbox.services import alert_watch
from sandbox.services.alert_watch import AlertWatch, alert_loops
from sandbox.services.supervision_record import anchor, first_wrong
from sandbox.store import Store
from tests.services.alert_world import (
    NUMBER,
    START,
    Ledger,
    alerts,
    desk_of,
    look,
    open_permit,
    refuse,
    wallet,
)
from tests.store.postgres import migrated_database


@pytest.fixture
def store(request, tmp_path, empty_store):
    """With a permit; on PostgreSQL for tests that ask for both stores."""
    if getattr(request, "param", "sqlite") == "postgresql":
        made = Store(migrated_database(request.getfixturevalue("postgres")))
    else:
        shutil.copy(empty_store, tmp_path / "alerts.db")
        made = Store(f"sqlite:///{tmp_path}/alerts.db")
    open_permit(made)
    yield made
    made.close()


both_stores = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


def _burst(ledger, count=10, payer=1):
    for _ in range(count):
        ledger.block((payer, 12, 1_000))


def _told(store):
    return [(each.rule, each.subject, each.place, each.weight) for each in alerts(store)]


@both_stores
def test_ten_payments_in_an_hour_raise_one_alert_with_its_evidence_and_nine_none(store):
    ledger = Ledger(store)
    ledger.block((0, 1, 20_000))
    _burst(ledger, 9)
    look(store)
    assert alerts(store) == ()
    _burst(ledger, 1)
    look(store)
    (alert,) = alerts(store)
    assert (alert.rule, alert.version, alert.permit, alert.kind) == ("burst", 1, NUMBER, "customer")
    assert (alert.subject, alert.value, alert.weight) == (wallet(1), 10, 50)
    assert (alert.since, alert.at) == (ledger.at - timedelta(hours=1), ledger.at)
    assert alert.state is AlertState.NEW
    evidence = alert.found["evidence"]
    assert [each["block"] for each in evidence] == list(range(1, 11))
    assert {each["amount"] for each in evidence} == {str(1_000 * 10**18)}
    assert alert.found["figures"][0] == ["payments", "10", "count"]
    with store.unit(read_only=True) as u:
        (entry,) = u.supervision_record.of_subject(alert.id)
        assert (entry.kind, first_wrong(u)) == ("alert.raised", None)
        assert u.audit.size() == 0


def test_block_by_block_and_in_one_go_raise_the_same(store, tmp_path):
    ledger = Ledger(store)
    for payer in (1, 2, 1, 3):
        _burst(ledger, 6, payer)
        look(store)
    step_by_step = _told(store)
    other = Store(f"sqlite:///{tmp_path}/other.db")
    other.migrate()
    open_permit(other)
    ledger = Ledger(other)
    for payer in (1, 2, 1, 3):
        _burst(ledger, 6, payer)
    look(other)
    assert _told(other) == step_by_step
    assert [each[:2] for each in step_by_step] == [("burst", wallet(1))]
    other.close()


class Killed(Exception):
    pass


@pytest.mark.parametrize("step", ["alerts.looked", "alerts.before_commit"])
def test_a_watch_that_is_killed_goes_on_from_its_cursor_and_raises_once(store, step):
    ledger = Ledger(store)
    _burst(ledger)

    def die(name):
        if name == step:
            raise Killed

    with pytest.raises(Killed):
        look(store, at_step=die)
    assert alerts(store) == ()
    look(store)
    look(store)
    assert len(alerts(store)) == 1
    with store.unit(read_only=True) as u:
        total = next(each for each in u.alert_watch.hours(NUMBER, START) if each.hour == ALWAYS)
    assert total.payments == 10


def test_two_watches_at_once_raise_one_alert(store):
    ledger = Ledger(store)
    _burst(ledger)

    def other_was_faster(name):
        if name == "alerts.looked":
            look(store)

    AlertWatch(desk_of(store, at_step=other_was_faster), "kgst").turn()
    assert len(alerts(store)) == 1


@both_stores
def test_a_rebuilt_index_is_waited_for_and_nothing_is_raised_again(store):
    ledger = Ledger(store)
    _burst(ledger)
    look(store)
    ledger.forget()
    again = Ledger(store)
    _burst(again, 4)
    look(store)
    _burst(again, 6)
    look(store)
    assert len(alerts(store)) == 1
    _burst(again, 10)
    look(store)
    assert [each.weight for each in alerts(store)] == [50, 75]


def test_another_chain_stops_the_watch(store):
    ledger = Ledger(store)
    _burst(ledger, 2)
    look(store)
    with store.unit() as u:
        cursor = u.explorer.cursor("kgst")
        u.explorer.move(type(cursor)(**{**_fields(cursor), "genesis": "0x" + "9" * 64}))
        u.commit()
    with pytest.raises(IntegrityFailure, match=r"alerts\.other_chain"):
        AlertWatch(desk_of(store), "kgst").turn()


def _fields(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_a_turn_takes_whole_blocks_only_however_large(store, monkeypatch):
    monkeypatch.setattr(alert_watch, "AT_ONCE", 5)
    ledger = Ledger(store)
    ledger.block(*[(1, 12, 1_000)] * 3)
    ledger.block(*[(1, 12, 1_000)] * 12)
    ledger.block((2, 12, 1_000))
    watch = AlertWatch(desk_of(store), "kgst")
    assert [watch.turn(), watch.turn(), watch.turn(), watch.turn()] == [3, 12, 1, 0]
    (alert,) = alerts(store)
    assert (alert.place, alert.value) == (1, 15)


def test_the_other_chains_money_is_counted_in_its_own_unit(store):
    ledger = Ledger(store, "som")
    _burst(ledger)
    look(store)
    (alert,) = alerts(store)
    assert (alert.chain, alert.asset) == ("som", "SOM")
    assert {each["amount"] for each in alert.found["evidence"]} == {"100000"}


@both_stores
def test_someone_who_slept_is_known_over_restarts_from_the_store(store):
    ledger = Ledger(store)
    ledger.block((1, 12, 10))
    look(store)
    ledger.block((3, 12, 10), minutes=60 * 24 * 89)
    look(store)
    ledger.block((0, 1, 90_000), minutes=60 * 24)
    look(store)
    (alert,) = alerts(store)
    assert (alert.rule, alert.subject, alert.value) == ("dormant_surge", wallet(1), 9_000_000)
    assert ["idle", "90", "days"] in alert.found["figures"]


@both_stores
def test_five_refusals_by_a_limit_raise_one_alert_and_four_none(store):
    refuse(store, 0, 1, 2, 3)
    look(store)
    assert alerts(store) == ()
    refuse(store, 4, first=5)
    look(store)
    look(store)
    (alert,) = alerts(store)
    assert (alert.rule, alert.permit, alert.place, alert.value) == ("probing", NUMBER, 5, 5)
    assert [each["seq"] for each in alert.found["evidence"]] == [1, 2, 3, 4, 5]


@both_stores
def test_hourly_sums_are_kept_for_the_permit_and_for_all(store):
    ledger = Ledger(store)
    ledger.block((0, 1, 500), (0, 2, 300))
    ledger.block((1, 12, 100), (1, 2, 50))
    look(store)
    ledger.block((2, 12, 10), minutes=120)
    look(store)
    with store.unit(read_only=True) as u:
        for permit in (NUMBER, EVERYBODY):
            total, *hours = u.alert_watch.hours(permit, START)
            assert total.hour == ALWAYS
            assert (total.came - total.went) // 10**18 == 500 + 300 - 100 - 10
            assert [each.payments for each in hours] == [2, 1]
            assert total.volume // 10**18 == 160


def _queries(store, work):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    return len([each for each in asked if not each.startswith(("BEGIN", "PRAGMA"))])


@both_stores
def test_a_turn_asks_as_much_for_many_payments_as_for_few(store):
    ledger = Ledger(store)
    ledger.block((0, 1, 100))
    look(store)
    watch = AlertWatch(desk_of(store), "kgst")
    ledger.block((1, 12, 1))
    few = _queries(store, watch.turn)
    for _ in range(3):
        ledger.block(*[(payer, 12, 1) for payer in range(1, 12)])
    assert _queries(store, watch.turn) <= few
    assert few < 30


# ---------- the record and its anchor ----------
def test_the_audit_log_grows_by_the_clock_and_not_by_alerts(store):
    ledger = Ledger(store)
    for hour in range(3):
        if hour == 1:
            _burst(ledger)
            look(store)
        for _ in range(3):
            anchor(desk_of(store, START + timedelta(hours=hour, minutes=10)))
    with store.unit(read_only=True) as u:
        found = [(each.kind, each.at) for each in u.audit.page(after=-1, limit=99)]
    assert [kind for kind, _ in found] == [ANCHORED] * 3
    assert [at.hour for _, at in found] == [8, 9, 10]
    assert len(alerts(store)) == 1


@both_stores
def test_an_altered_or_shortened_record_is_found(store):
    ledger = Ledger(store)
    _burst(ledger)
    _burst(ledger, payer=2)
    look(store)
    anchor(desk_of(store))
    with store.unit(read_only=True) as u:
        assert first_wrong(u) is None
    for change, wrong in (
        ("UPDATE supervision_record SET actor = 'nobody' WHERE \"index\" = 1", 1),
        ('DELETE FROM supervision_record WHERE "index" = 1', 1),
        ('UPDATE supervision_record SET hash = before WHERE "index" = 0', 0),
    ):
        with store.unit() as u:
            u.session.connection().exec_driver_sql(change)
            assert first_wrong(u) == wrong, change


def test_the_workers_health_says_nothing_of_what_was_found(store):
    ledger = Ledger(store)
    _burst(ledger)
    loops = alert_loops(desk_of(store))
    for loop in loops:
        loop.once()
    assert len(alerts(store)) == 1
    told = [(loop.name, loop.tells(), loop.last_error) for loop in loops]
    assert [each[0] for each in told] == [
        "supervision.kgst",
        "supervision.som",
        "supervision.refusals",
        "supervision.record",
    ]
    assert {each[1:] for each in told} == {("", None)}
