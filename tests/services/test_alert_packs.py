"""The rule pack on the desk: drafts by two people, dry runs over the ledgers, the record."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from sandbox.domain.supervision import SettingKind, SettingState
from sandbox.forensics.rules import CannotWatch, Pack
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import alert_pack_ledger, supervision
from sandbox.services.alert_trials import run_trials
from sandbox.services.supervision import Confirm, Draft
from sandbox.services.supervision_record import first_wrong
from sandbox.store import Store
from tests.services import alert_world as at_work
from tests.services.alert_world import (
    AUDITOR,
    FIRM,
    REGULATOR,
    SECOND,
    START,
    Ledger,
    open_permit,
    wallet,
)
from tests.services.test_alerts import do, see

NOW = START + timedelta(days=2)
BELOW = 80_000
"""Som; just below the threshold."""


@pytest.fixture
def store(tmp_path, empty_store):
    """A ledger on which customer 1 splits payments, and the merchant gets from many."""
    shutil.copy(empty_store, tmp_path / "packs.db")
    made = Store(f"sqlite:///{tmp_path}/packs.db")
    open_permit(made)
    ledger = Ledger(made)
    ledger.block(*((0, number, 900_000) for number in range(1, 12)))
    for number in range(6):
        ledger.block((1, 2 + number, BELOW), minutes=60)
    for number in range(1, 12):
        ledger.block((number, 12, 500), minutes=1)
    yield made
    made.close()


def changed(store, values=None, thresholds=None, at=NOW):
    with store.unit(read_only=True) as u:
        return supervision.next_pack(u, values or {}, thresholds or {}, at)


def drafted(store, values=None, thresholds=None, who=REGULATOR):
    body = changed(store, values, thresholds)
    return do(store, supervision.draft, who, Draft(SettingKind.PACK, body, "Fewer signals."))


def tried(store, days=7, analysts=2, **draft):
    setting = drafted(store, **draft)
    do(store, supervision.order_trial, REGULATOR, setting.id, days, analysts=analysts)
    assert run_trials(at_work.desk_of(store, NOW)) == 1
    return see(store, supervision.find_setting, SECOND, setting.id, SettingKind.PACK)


def test_a_dry_run_of_an_unchanged_pack_says_what_the_pack_in_force_finds(store):
    trial = tried(store).trial
    assert trial["state"] == "ready", trial
    assert (trial["movements"], trial["payments"]) == (28, 28)
    assert trial["typologies"]["structuring"] == [0, 1, 0]
    assert trial["rules"]["R01"] == [0, 1, 0]
    assert trial["rules"]["R08"] == [0, 0, 0], "a merchant is no subject"
    assert (
        trial["raised"] == trial["before"] == sum(each[1] for each in trial["typologies"].values())
    )
    told = [each for each in trial["alerts"] if each["typology"] == "structuring"]
    assert [(each["account"], each["outcome"], each["chain"]) for each in told] == [
        (wallet(1), "same", "kgst")
    ]
    assert trial["hundredths"] == [round(100 * trial["raised"] / 14)] * 2
    assert sum(each[2] for each in trial["daily"]) == trial["raised"]
    assert len(trial["daily"]) == 8
    assert trial["not_computable"]["R06"] == ["customers"]
    assert "R01" not in trial["not_computable"]
    assert at_work.alerts(store) == ()


def test_a_dry_run_says_which_alerts_go_and_come(store):
    trial = tried(store, values={"R01.n": 7, "R09.n": 6}).trial
    assert trial["rules"]["R01"] == [1, 0, 0]
    assert trial["rules"]["R09"] == [0, 0, 1]
    assert trial["typologies"]["structuring"] == [1, 0, 0]
    assert trial["before"] - trial["raised"] == sum(
        lost - gained for lost, _, gained in trial["typologies"].values()
    )


def test_what_was_before_the_days_is_seen_and_not_told(store):
    trial = tried(store, days=1).trial
    assert trial["payments"] == 0
    assert trial["movements"] == 28
    assert (trial["raised"], trial["alerts"]) == (0, [])


def test_a_ledger_that_is_too_large_is_refused_and_not_cut(store, monkeypatch):
    monkeypatch.setattr(alert_pack_ledger, "MOST", 27)
    setting = tried(store)
    assert (setting.trial["state"], setting.trial["code"]) == (
        "failed",
        "alert_rules.ledger_too_large",
    )
    with pytest.raises(Conflict, match=r"supervision\.not_tried"):
        do(store, supervision.confirm, SECOND, Confirm(setting.id))


def test_a_pack_is_adopted_by_a_second_person_after_a_dry_run_and_the_record_shows_it(store):
    setting = drafted(store, {"R01.n": 7}, {"mule": (70, 130)})
    with pytest.raises(Conflict, match=r"supervision\.not_tried"):
        do(store, supervision.confirm, SECOND, Confirm(setting.id))
    do(store, supervision.withdraw, REGULATOR, Confirm(setting.id))
    setting = tried(store, values={"R01.n": 7}, thresholds={"mule": (70, 130)})
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        do(store, supervision.confirm, REGULATOR, Confirm(setting.id))
    saved = do(store, supervision.confirm, SECOND, Confirm(setting.id))
    assert (saved.version, saved.state) == (2, SettingState.IN_FORCE)
    with store.unit(read_only=True) as u:
        assert supervision.pack_in_force(u, NOW).version == 1
        pack = supervision.pack_in_force(u, NOW + timedelta(minutes=2))
        done = [each.kind for each in u.supervision_record.of_subject(setting.id)]
        assert first_wrong(u) is None
        version, _ = supervision.rules_in_force(u, NOW + timedelta(minutes=2))
        assert version == 1, "the desk's own rules are another thing"
    assert (pack.version, pack.rules["R01"]["n"]) == (2, 7)
    assert (pack.typologies["mule"].alert, pack.typologies["mule"].interdict) == (70, 130)
    assert done == ["pack.drafted", "pack.trial_ordered", "pack.tried", "pack.confirmed"]
    third = changed(store, {"R01.n": 6}, at=NOW + timedelta(minutes=2))
    assert third["version"] == 3
    assert Pack.read(third).typologies["mule"].alert == 70


def test_a_pack_that_cannot_be_is_not_drafted(store):
    with pytest.raises(CannotWatch, match=r"alert_pack\.outside"):
        changed(store, {"R01.n": 2})
    with pytest.raises(CannotWatch, match=r"alert_pack\.thresholds"):
        changed(store, thresholds={"mule": (100, 60)})
    body = {**Pack.shipped().data, "rules": {}}
    with pytest.raises(CannotWatch, match=r"alert_pack\.rules"):
        do(store, supervision.draft, REGULATOR, Draft(SettingKind.PACK, body, "x"))
    with store.unit(read_only=True) as u:
        assert u.supervision.of_kind(SettingKind.PACK) == ()


@pytest.mark.parametrize(("days", "analysts"), [(7, 0), (7, 101), (8, 1)])
def test_a_dry_run_over_what_cannot_be_is_not_ordered(store, days, analysts):
    setting = drafted(store)
    with pytest.raises(InvalidInput):
        do(store, supervision.order_trial, REGULATOR, setting.id, days, analysts=analysts)


def test_nobody_else_learns_of_the_pack_and_an_auditor_changes_nothing(store):
    setting = drafted(store)
    with pytest.raises(NotFound):
        see(store, supervision.find_setting, FIRM, setting.id, SettingKind.PACK)
    with pytest.raises(NotFound):
        see(store, supervision.find_setting, REGULATOR, setting.id, SettingKind.RULES)
    assert see(store, supervision.find_setting, AUDITOR, setting.id, SettingKind.PACK) == setting
    with pytest.raises(NotAllowed):
        drafted(store, who=AUDITOR)
