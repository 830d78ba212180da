"""The adopted pack at work: exactly once, from its moment on, and the same however often."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from sandbox.domain.supervision import SettingKind
from sandbox.kit.errors import IntegrityFailure, InvalidInput
from sandbox.services import alert_pack_ledger, supervision
from sandbox.services.alert_pack_watch import PackWatch, pack_loops, watched_up_to
from sandbox.services.alert_trials import run_trials
from sandbox.services.supervision import Confirm, Draft
from sandbox.services.supervision_record import first_wrong
from sandbox.store import Store
from tests.services import alert_world as at_work
from tests.services.alert_world import (
    NUMBER,
    REGULATOR,
    SECOND,
    START,
    Ledger,
    alerts,
    open_permit,
    wallet,
)
from tests.services.test_alerts import do

BELOW = 80_000
"""Som; just below the threshold."""


@pytest.fixture
def made(tmp_path, empty_store):
    """Makes stores with a permit."""
    stores = []

    def make():
        path = tmp_path / f"packs-{len(stores)}.db"
        shutil.copy(empty_store, path)
        stores.append(Store(f"sqlite:///{path}"))
        open_permit(stores[-1])
        return stores[-1]

    yield make
    for each in stores:
        each.close()


@pytest.fixture
def store(made):
    return made()


@pytest.fixture
def ledger(store):
    return funded(store)


def funded(store):
    """A ledger on which everybody has money."""
    ledger = Ledger(store)
    ledger.block(*((0, number, 2_000_000) for number in range(1, 12)))
    return ledger


def adopt(store, at, values=None):
    """A pack, confirmed by two; in force a minute later."""
    with store.unit(read_only=True) as u:
        body = supervision.next_pack(u, values or {}, {}, at)
    draft = Draft(SettingKind.PACK, body, "For a trial.")
    setting = do(store, supervision.draft, REGULATOR, draft, at=at)
    do(store, supervision.order_trial, REGULATOR, setting.id, 7, at=at, analysts=2)
    run_trials(at_work.desk_of(store, at))
    return do(store, supervision.confirm, SECOND, Confirm(setting.id), at=at)


def split(ledger, payer=1, count=6):
    """Payments just below the threshold, an hour apart."""
    for number in range(count):
        ledger.block((payer, 2 + number, BELOW), minutes=60)


def look(store, at_step=lambda _name: None, chain="kgst"):
    at = START + timedelta(days=30)
    return PackWatch(at_work.desk_of(store, at, at_step), chain).turn()


def structuring(store):
    return [each for each in alerts(store) if each.rule == "pack.structuring"]


def test_nothing_is_raised_before_two_regulators_adopted_a_pack(store, ledger):
    split(ledger)
    assert look(store) == 0
    assert alerts(store) == ()
    with store.unit(read_only=True) as u:
        assert watched_up_to(u) == {}


def test_the_adopted_pack_raises_an_alert_with_its_working_and_its_evidence(store, ledger):
    adopt(store, ledger.at)
    split(ledger)
    assert look(store) > 0
    (alert,) = structuring(store)
    assert (alert.subject, alert.permit, alert.kind) == (wallet(1), NUMBER, "customer")
    assert (alert.version, alert.chain, alert.asset) == (2, "kgst", "KGST")
    assert (alert.value, alert.weight, alert.found["level"]) == (50, 50, "alert")
    assert [each["rule"] for each in alert.found["rules"]] == ["R01"]
    assert [each["payee"] for each in alert.found["evidence"]] == [wallet(n) for n in range(2, 7)]
    assert {each["payer"] for each in alert.found["evidence"]} == {wallet(1)}
    assert all(each["hash"] for each in alert.found["evidence"])
    with store.unit(read_only=True) as u:
        (entry,) = u.supervision_record.of_subject(alert.id)
        assert (entry.kind, first_wrong(u)) == ("alert.raised", None)
        assert watched_up_to(u)["kgst"].place == ledger.number
        assert u.audit.size() == 0, "the audit log's size would tell a firm"


def test_what_was_met_before_the_pack_came_is_not_raised(store, ledger):
    split(ledger)
    adopt(store, ledger.at)
    ledger.block((2, 3, 10), minutes=5)
    look(store)
    assert structuring(store) == []


def test_each_block_is_judged_by_the_pack_of_its_time(store, ledger):
    adopt(store, ledger.at, {"R01.n": 7})
    split(ledger, payer=1, count=6)
    adopt(store, ledger.at, {"R01.n": 5})
    ledger.block((3, 2, 1), minutes=60 * 24 * 3)
    split(ledger, payer=2, count=6)
    look(store)
    assert [(each.subject, each.version) for each in structuring(store)] == [(wallet(2), 3)]


def test_block_by_block_and_in_one_go_raise_the_same(made):
    stores = made(), made()
    ledgers = [funded(each) for each in stores]
    for store, ledger in zip(stores, ledgers, strict=True):
        adopt(store, ledger.at)
    for payer in (1, 2, 3):
        for number in range(6):
            for each in ledgers:
                each.block((payer, 5 + number, BELOW), (payer, 11, 300_000), minutes=50)
            look(stores[0])
    look(stores[1])
    told = [
        sorted((each.rule, each.subject, each.place, each.value) for each in alerts(store))
        for store in stores
    ]
    assert told[0] == told[1]
    assert len(told[0]) >= 3


def test_a_worker_killed_on_the_way_loses_nothing_and_raises_nothing_twice(store, ledger):
    adopt(store, ledger.at)
    split(ledger)

    def killed(name):
        raise RuntimeError(name)

    with pytest.raises(RuntimeError):
        look(store, killed)
    assert alerts(store) == ()
    first = look(store)
    assert first == len(alerts(store)) > 0
    assert look(store) == 0
    assert len(alerts(store)) == first


def test_a_turn_is_not_due_again_at_once(store, ledger):
    adopt(store, ledger.at)
    watch = PackWatch(at_work.desk_of(store, START + timedelta(days=30)), "kgst")
    split(ledger, count=3)
    watch.turn()
    split(ledger, count=3)
    assert watch.turn() == 0
    assert structuring(store) == []
    assert look(store) > 0


def test_a_ledger_that_is_too_large_or_another_is_refused(store, ledger, monkeypatch):
    adopt(store, ledger.at)
    split(ledger)
    monkeypatch.setattr(alert_pack_ledger, "MOST", 3)
    with pytest.raises(InvalidInput, match=r"alert_rules\.ledger_too_large"):
        look(store)
    monkeypatch.undo()
    look(store)
    with store.unit() as u:
        cursor = u.alert_watch.hold("pack.kgst")
        u.alert_watch.move(type(cursor)("pack.kgst", "0x" + "99" * 32, cursor.place, cursor.at))
        u.commit()
    split(ledger)
    with pytest.raises(IntegrityFailure, match=r"alerts\.other_chain"):
        look(store)
    assert [each.name for each in pack_loops(at_work.desk_of(store))] == [
        "supervision.pack.kgst",
        "supervision.pack.som",
    ]
