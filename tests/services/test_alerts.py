"""Alert cases, rule sets by two people, dry runs: who may what, and what is written down."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.alerts.cases import AlertState, Closing
from sandbox.domain.alerts.rule_set import SHIPPED
from sandbox.domain.seats import Channel
from sandbox.domain.supervision import SettingKind, SettingState
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from sandbox.kit.money import NO_LIMIT
from sandbox.services import alert_trials, alerts, supervision
from sandbox.services.alert_trials import run_trials
from sandbox.services.alerts import OnAlert
from sandbox.services.supervision import Confirm, Draft
from sandbox.services.supervision_record import first_wrong
from sandbox.store import Store
from sandbox.store.alerts import Wanted
from tests.services import alert_world as at_work
from tests.services.alert_world import (
    AUDITOR,
    FIRM,
    NUMBER,
    OPERATOR,
    REGULATOR,
    SECOND,
    START,
    Ledger,
    actor,
    look,
    open_permit,
    refuse,
    wallet,
)

NOW = START + timedelta(days=2)


@pytest.fixture
def store(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "alerts.db")
    made = Store(f"sqlite:///{tmp_path}/alerts.db")
    open_permit(made)
    ledger = Ledger(made)
    for _ in range(10):
        ledger.block((1, 12, 1_000))
    refuse(made, 0, 1, 2, 3, 4)
    look(made, NOW)
    yield made
    made.close()


def do(store, use_case, who, *arguments, at=NOW, **more):
    person = actor(who, at) if isinstance(who, str) else who
    with store.unit() as u:
        done = use_case(u, person, *arguments, at=at, **more)
        u.commit()
    return done


def see(store, query, who, *arguments, **more):
    with store.unit(read_only=True) as u:
        return query(u, actor(who, NOW), *arguments, **more)


def first(store):
    return at_work.alerts(store)[0].id


# ---------- cases ----------
def test_a_case_is_given_noted_closed_opened_and_each_step_is_in_the_record(store):
    case = first(store)
    given = do(store, alerts.assign, REGULATOR, OnAlert(case, assignee=SECOND))
    assert (given.state, given.assignee) == (AlertState.IN_WORK, SECOND)
    do(store, alerts.note, SECOND, OnAlert(case, text="Asked the firm's customer list."))
    told = OnAlert(case, text="A test by the firm.", closing="explained")
    closed = do(store, alerts.close, SECOND, told)
    assert (closed.state, closed.closed_as, closed.closed_at) == (
        AlertState.CLOSED,
        Closing.EXPLAINED,
        NOW,
    )
    again = do(store, alerts.reopen, REGULATOR, OnAlert(case, text="More came."))
    assert (again.state, again.closed_as, again.reopened) == (AlertState.IN_WORK, None, 1)
    view = see(store, alerts.view_alert, AUDITOR, case)
    assert [(each.kind, each.actor) for each in view.history] == [
        ("alert.raised", "system"),
        ("alert.assigned", REGULATOR),
        ("alert.noted", SECOND),
        ("alert.closed", SECOND),
        ("alert.reopened", REGULATOR),
    ]
    assert view.alert.found == at_work.alerts(store)[0].found
    with store.unit(read_only=True) as u:
        assert (first_wrong(u), u.audit.size()) == (None, 0)


@pytest.mark.parametrize(
    ("use_case", "command", "error", "code"),
    [
        (alerts.assign, {"assignee": FIRM}, InvalidInput, "alert.no_such_person"),
        (alerts.assign, {"assignee": AUDITOR}, InvalidInput, "alert.no_such_person"),
        (alerts.note, {"text": " "}, InvalidInput, "text.empty"),
        (alerts.close, {"text": "x", "closing": "bored"}, InvalidInput, "alert.reason_unknown"),
        (alerts.close, {"text": "", "closing": "referred"}, InvalidInput, "text.empty"),
        (alerts.reopen, {"text": "x"}, Conflict, "alert.not_closed"),
    ],
)
def test_a_step_that_cannot_be_changes_nothing(store, use_case, command, error, code):
    case = first(store)
    with pytest.raises(error) as refused:
        do(store, use_case, REGULATOR, OnAlert(case, **command))
    assert refused.value.code == code
    assert len(see(store, alerts.view_alert, REGULATOR, case).history) == 1


def test_a_closed_case_takes_no_second_closing_and_no_new_hand_but_notes(store):
    case = first(store)
    told = {"text": "Nothing behind it.", "closing": "false_positive"}
    do(store, alerts.close, REGULATOR, OnAlert(case, **told))
    for use_case, command in ((alerts.close, told), (alerts.assign, {"assignee": SECOND})):
        with pytest.raises(Conflict, match=r"alert\.closed"):
            do(store, use_case, SECOND, OnAlert(case, **command))
    do(store, alerts.note, SECOND, OnAlert(case, text="Agreed."))


def test_a_double_click_is_one_step(store):
    case = first(store)
    command = OnAlert(case, text="Once.", key="key-1")
    do(store, alerts.note, REGULATOR, command)
    do(store, alerts.note, REGULATOR, command)
    assert len(see(store, alerts.view_alert, REGULATOR, case).history) == 2


@pytest.mark.parametrize("who", [FIRM, "damira", OPERATOR])
def test_nobody_else_learns_that_there_are_alerts(store, who):
    case = first(store)
    for query in (
        lambda u, a: alerts.list_alerts(u, a, Wanted()),
        lambda u, a: alerts.view_alert(u, a, case),
        lambda u, a: alerts.view_alert(u, a, "AL-2026-999999"),
        alerts.statistics,
        lambda u, a: supervision.versions(u, a, SettingKind.RULES),
        lambda u, a: alerts.note(u, a, OnAlert(case, text="x"), at=NOW),
        lambda u, a: supervision.confirm(u, a, Confirm("SV-2026-0001"), at=NOW),
        lambda u, a: supervision.draft(
            u, a, Draft(SettingKind.RULES, SHIPPED.as_dict(), "x"), at=NOW
        ),
    ):
        with pytest.raises(NotFound) as refused:
            see(store, query, who)
        assert (refused.value.code, dict(refused.value.params)) == ("web.not_found", {})


def test_an_auditor_reads_and_changes_nothing_and_no_token_handles_a_case(store):
    case = first(store)
    assert see(store, alerts.list_alerts, AUDITOR, Wanted()).open == 2
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        do(store, alerts.note, AUDITOR, OnAlert(case, text="x"))
    by_token = actor(REGULATOR, NOW, channel=Channel.SERVER)
    with pytest.raises(NotAllowed, match=r"seat\.needs_browser"):
        do(store, alerts.note, by_token, OnAlert(case, text="x"))


def test_the_list_filters_searches_and_pages(store):
    ids = [each.id for each in at_work.alerts(store)]
    burst, probing = ids

    def found(**wanted):
        return [e.id for e in see(store, alerts.list_alerts, REGULATOR, Wanted(**wanted)).alerts]

    assert found() == [probing, burst]
    assert found(rule="burst") == found(text=wallet(1)) == found(text=burst.lower()) == [burst]
    assert found(text="%") == found(state=AlertState.CLOSED) == []
    assert found(permit=NUMBER) == [probing, burst]
    do(store, alerts.assign, REGULATOR, OnAlert(burst, assignee=SECOND))
    assert found(assignee=SECOND) == found(state=AlertState.IN_WORK) == [burst]
    page = see(store, alerts.list_alerts, REGULATOR, Wanted(), limit=1)
    assert ([each.id for each in page.alerts], page.more) == ([probing], probing)
    rest = see(store, alerts.list_alerts, REGULATOR, Wanted(), before=page.more, limit=1)
    assert ([each.id for each in rest.alerts], rest.more) == ([burst], None)


def test_statistics_count_how_each_rules_alerts_ended(store):
    burst, probing = (each.id for each in at_work.alerts(store))
    do(store, alerts.close, REGULATOR, OnAlert(burst, text="x", closing="false_positive"))
    counts = {each.rule: each for each in see(store, alerts.statistics, AUDITOR)}
    assert (counts["burst"].open, counts["burst"].false_percent) == (0, 100)
    assert (counts["probing"].open, counts["probing"].false_percent) == (1, None)
    do(store, alerts.close, REGULATOR, OnAlert(probing, text="x", closing="referred"))
    counts = {each.rule: each for each in see(store, alerts.statistics, AUDITOR)}
    assert counts["probing"].false_percent == 0
    assert counts["probing"].closed[Closing.REFERRED] == 1


# ---------- rule sets ----------
def stricter(floor=200_000):
    data = SHIPPED.as_dict()
    data["rules"]["burst"]["values"]["floor"] = floor
    return data


def drafted(store, body=None, who=REGULATOR):
    command = Draft(SettingKind.RULES, body or stricter(), "Too many false alarms.")
    return do(store, supervision.draft, who, command)


def tried(store, days=7):
    setting = drafted(store)
    do(store, supervision.order_trial, REGULATOR, setting.id, days)
    assert run_trials(at_work.desk_of(store, NOW)) == 1
    return see(store, supervision.find_setting, SECOND, setting.id, SettingKind.RULES)


def test_a_dry_run_says_how_many_alerts_would_have_come_and_which(store):
    setting = tried(store)
    trial = setting.trial
    assert (trial["state"], trial["payments"], trial["refusals"]) == ("ready", 10, 5)
    assert trial["by_rule"]["burst"] == [0, 1]
    assert trial["by_rule"]["probing"] == [1, 1]
    assert (trial["raised"], [each["rule"] for each in trial["alerts"]]) == (1, ["probing"])
    assert len(at_work.alerts(store)) == 2
    assert run_trials(at_work.desk_of(store, NOW)) == 0


def test_a_dry_run_of_the_shipped_rules_finds_what_was_raised(store):
    setting = drafted(store, SHIPPED.as_dict())
    do(store, supervision.order_trial, REGULATOR, setting.id, 7)
    run_trials(at_work.desk_of(store, NOW))
    trial = see(store, supervision.find_setting, SECOND, setting.id, SettingKind.RULES).trial
    raised = {(e.rule, e.subject, e.at.isoformat(), e.weight) for e in at_work.alerts(store)}
    assert {(e["rule"], e["subject"], e["at"], e["weight"]) for e in trial["alerts"]} == raised


def test_a_period_with_too_much_is_refused_and_not_cut(store, monkeypatch):
    monkeypatch.setattr(alert_trials, "MOST", 9)
    setting = drafted(store)
    do(store, supervision.order_trial, REGULATOR, setting.id, 7)
    run_trials(at_work.desk_of(store, NOW))
    held = see(store, supervision.find_setting, SECOND, setting.id, SettingKind.RULES)
    assert (held.trial["state"], held.trial["code"]) == ("failed", "alert_rules.too_much")
    with pytest.raises(Conflict, match=r"supervision\.not_tried"):
        do(store, supervision.confirm, SECOND, Confirm(setting.id))


def test_a_second_regulator_puts_a_version_in_force_for_later_blocks_only(store):
    setting = tried(store)
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        do(store, supervision.confirm, REGULATOR, Confirm(setting.id))
    saved = do(store, supervision.confirm, SECOND, Confirm(setting.id))
    assert (saved.version, saved.state) == (2, SettingState.IN_FORCE)
    assert saved.in_force_since == NOW + timedelta(minutes=1)
    before = Ledger(store, at=NOW - timedelta(minutes=30))
    before.number = 9
    for _ in range(10):
        before.block((2, 12, 1_000))
    look(store, NOW)
    assert [(e.rule, e.version) for e in at_work.alerts(store)][2:] == [("burst", 1)]
    before.at = NOW + timedelta(days=3)
    for _ in range(10):
        before.block((3, 12, 1_000))
    for _ in range(10):
        before.block((4, 12, 2_000))
    look(store, NOW)
    newest = at_work.alerts(store)[3:]
    assert [(e.rule, e.subject, e.version) for e in newest] == [("burst", wallet(4), 2)]


def test_an_untried_draft_a_second_draft_and_a_withdrawn_one_are_refused(store):
    setting = drafted(store)
    with pytest.raises(Conflict, match=r"supervision\.not_tried"):
        do(store, supervision.confirm, SECOND, Confirm(setting.id))
    with pytest.raises(Conflict, match=r"supervision\.draft_open"):
        drafted(store)
    do(store, supervision.withdraw, REGULATOR, Confirm(setting.id))
    with pytest.raises(Conflict, match=r"supervision\.not_open"):
        do(store, supervision.confirm, SECOND, Confirm(setting.id))
    assert drafted(store).id != setting.id


def test_setting_rules_needs_a_regulator_a_browser_and_a_recent_password(store):
    command = Draft(SettingKind.RULES, stricter(), "x")
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        do(store, supervision.draft, AUDITOR, command)
    with pytest.raises(NotAllowed, match=r"seat\.needs_browser"):
        do(store, supervision.draft, actor(REGULATOR, NOW, channel=Channel.SERVER), command)
    stale = replace(actor(REGULATOR, NOW), reauthenticated_at=NOW - timedelta(minutes=16))
    with pytest.raises(NotAuthenticated, match=r"seat\.needs_reauthentication"):
        do(store, supervision.draft, stale, command)
    with pytest.raises(InvalidInput, match=r"alert_rules\.outside"):
        do(store, supervision.draft, REGULATOR, replace(command, body=stricter(floor=0)))


# ---------- national caps ----------
def test_caps_are_set_by_two_and_none_is_in_force_before(store):
    caps = {"KGST": str(10**24), "SOM": "no limit"}
    setting = do(
        store, supervision.draft, REGULATOR, Draft(SettingKind.CAPS, caps, "Within the reserve.")
    )
    with store.unit(read_only=True) as u:
        assert supervision.caps_in_force(u, NOW) == {"KGST": NO_LIMIT, "SOM": NO_LIMIT}
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        do(store, supervision.confirm, REGULATOR, Confirm(setting.id))
    saved = do(store, supervision.confirm, SECOND, Confirm(setting.id))
    with store.unit(read_only=True) as u:
        later = NOW + timedelta(minutes=1)
        assert (saved.version, supervision.caps_in_force(u, later)["KGST"]) == (1, 10**24)


@pytest.mark.parametrize(
    "body", [{"KGST": "1"}, {"KGST": "1", "SOM": "-1"}, {"KGST": "1.5", "SOM": "1"}, {}]
)
def test_caps_that_are_no_amounts_are_refused(store, body):
    with pytest.raises(InvalidInput):
        do(store, supervision.draft, REGULATOR, Draft(SettingKind.CAPS, body, "x"))
