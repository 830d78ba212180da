"""Incidents from the first notice to the lessons, as each seat meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.incidents import IncidentKind
from sandbox.domain.regime import DeadlineKind
from sandbox.services.automatic import run_deadlines
from sandbox.services.journal_batches import note_comparison
from sandbox.services.notices import follow
from tests.web.alert_desk import watcher
from tests.web.world import World

pytestmark = pytest.mark.slow

WENT_WRONG = {
    "kind": "incident_outage",
    "severity": "severity_major",
    "noticed": "2026-11-21T12:00",
    "affected": "7",
    "text": "=HYPERLINK(1) payments stood still.",
    "done": "Restarted.",
}


@pytest.fixture
def number(desk: World) -> str:
    return desk.granted()


def _report(desk: World, number: str, **more: str) -> str:
    done = desk.browser("aigul").act("/desk/incidents", {**WENT_WRONG, "permit": number, **more})
    assert done.status_code == 303, done.text
    return str(done.headers["location"]).partition("?")[0]


def _text(desk: World, who: str, path: str, lang: str = "en") -> str:
    answer = desk.browser(who, lang).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def _said(desk: World, who: str, path: str, act: str, text: str = "Because of a cable.") -> int:
    return desk.browser(who).act(f"{path}/{act}", {"text": text}).status_code


def test_from_the_first_notice_to_the_lessons(desk: World, number: str) -> None:
    path = _report(desk, number)
    seen = _text(desk, "ermek", path)
    assert "payments stood still" in seen
    assert "First notice due" in seen
    assert _said(desk, "ermek", path, "close") == 409
    assert _said(desk, "damira", path, "follow_up", "We called them.") == 303
    assert _said(desk, "cholpon", path, "final") == 303
    assert _said(desk, "ermek", path, "ask_again", "How much money?") == 303
    assert _said(desk, "aigul", path, "final", "None was lost.") == 303
    assert _said(desk, "ermek", path, "close", " ") == 400
    assert _said(desk, "ermek", path, "close", "Two cables.") == 303
    for who in ("aigul", "damira", "jyldyz", "bakyt"):
        whole = _text(desk, who, path)
        for words in ("We called them.", "How much money?", "None was lost.", "Two cables."):
            assert words in whole, (who, words)
    assert _said(desk, "aigul", path, "follow_up") == 409
    with desk.parts.store.unit(read_only=True) as u:
        kept = u.incidents.select()[0]
        entries = [each for each in u.audit.newest(20) if each.kind.startswith("incident.")]
        assert u.deadlines.all_running() == ()
    assert (kept.noticed_late, kept.state.value) == (False, "incident_closed")
    assert all("cable" not in str(each.body) for each in entries)
    assert len(entries) == 6


def test_clocks_run_by_severity_and_what_is_late_is_told(desk: World, number: str) -> None:
    hour_ago = (desk.clock.now() - timedelta(hours=5) + timedelta(hours=6)).strftime(
        "%Y-%m-%dT%H:%M"
    )
    in_time = _report(desk, number, noticed=hour_ago, severity="severity_major")
    late = _report(desk, number, noticed=hour_ago, severity="severity_critical")
    assert "First notice late" not in _text(desk, "ermek", in_time)
    assert "Late" in _text(desk, "ermek", late)
    desk.clock.forward(timedelta(days=40))
    run_deadlines(watcher(desk))
    run_deadlines(watcher(desk))
    follow(watcher(desk), public_url="http://x", mail=False)
    for who in ("aigul", "ermek"):
        assert "deadline has passed" in _text(desk, who, "/desk/notices").replace("&#39;", "'")
    assert "Overdue" in _text(desk, "aigul", in_time)


def test_the_kill_switch_opens_one_for_which_the_firm_owes_an_account(
    desk: World, number: str
) -> None:
    halted = desk.browser("ermek").act(
        f"/desk/permits/{number}/halt", {"reasons": "Money moves strangely.", "understood": "yes"}
    )
    assert halted.status_code == 303, halted.text
    with desk.parts.store.unit(read_only=True) as u:
        (one,) = u.incidents.select()
        running = {each.kind for each in u.deadlines.all_running() if each.subject == one.id}
    assert (one.kind, one.noticed_late) == (IncidentKind.KILL_SWITCH, None)
    assert running == {DeadlineKind.INCIDENT_NOTICE, DeadlineKind.INCIDENT_FINAL}
    path = f"/desk/incidents/{one.id}"
    assert _said(desk, "ermek", path, "follow_up", "We look.") == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert u.incidents.get(one.id).noticed_late is None
    assert _said(desk, "aigul", path, "final") == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert u.incidents.get(one.id).noticed_late is False
        assert [each for each in u.deadlines.all_running() if each.subject == one.id] == []


def test_an_edited_calendar_leaves_the_hours_of_a_notice_and_moves_the_days_of_the_account(
    desk: World, number: str
) -> None:
    told = {"reasons": "Money moves strangely.", "understood": "yes"}
    assert desk.browser("ermek").act(f"/desk/permits/{number}/halt", told).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        before = {each.kind: each.due for each in u.deadlines.all_running()}
        (one,) = u.incidents.select()
    form = {"day": "2026-12-01", "kind": "day_off", "reason": "Mourning.", "year": "2026"}
    desk.agreed("/desk/calendar/days", form)
    with desk.parts.store.unit(read_only=True) as u:
        after = {each.kind: each.due for each in u.deadlines.all_running()}
    notice, final = DeadlineKind.INCIDENT_NOTICE, DeadlineKind.INCIDENT_FINAL
    assert after[notice] == before[notice] == one.notice_due
    assert after[final] > before[final]


def test_damage_of_a_journal_is_for_supervisors_alone(desk: World, number: str) -> None:
    answer = {"kgst": {"ok": False, "code": "journal.shorter", "params": {}}}
    note_comparison(watcher(desk), answer)
    note_comparison(watcher(desk), answer)
    with desk.parts.store.unit(read_only=True) as u:
        (one,) = u.incidents.select()
    path = f"/desk/incidents/{one.id}"
    for who in ("aigul", "damira", "omar"):
        assert desk.browser(who).get(path).status_code == 404
        assert one.id not in _text(desk, who, "/desk/incidents")
    assert one.id in _text(desk, "jyldyz", "/desk/incidents")
    assert _said(desk, "jyldyz", path, "close") == 403
    assert _said(desk, "ermek", path, "close", "A disk was changed.") == 303


def test_strangers_learn_nothing_and_nobody_acts_out_of_turn(desk: World, number: str) -> None:
    path = _report(desk, number)
    for who in ("omar", "operator", "lira", "timur"):
        assert desk.browser(who).get(path).status_code == 404
        assert _said(desk, who, path, "follow_up") in (403, 404)
    assert number not in _text(desk, "omar", "/desk/incidents")
    assert desk.browser("lira").get("/desk/incidents").status_code == 404
    for who in ("bakyt", "damira", "ermek", "jyldyz", "omar"):
        done = desk.browser(who).act("/desk/incidents", {**WENT_WRONG, "permit": number})
        assert done.status_code in (403, 404, 400), who
    assert _said(desk, "bakyt", path, "final") == 403
    assert _said(desk, "damira", path, "final") == 403
    assert _said(desk, "aigul", path, "close") == 403
    with desk.parts.store.unit(read_only=True) as u:
        assert len(u.incidents.select()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"noticed": "2030-01-01T00:00"}, "not still to come"),
        ({"noticed": "2020-01-01T00:00"}, "not still to come"),
        ({"kind": "incident_kill_switch"}, "Choose what happened"),
        ({"severity": "grave"}, "Choose how grave"),
        ({"affected": "-1"}, "number of customers"),
        ({"text": " "}, "empty"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    desk: World, number: str, change: dict[str, str], said: str
) -> None:
    form = {**WENT_WRONG, "permit": number, **change}
    done = desk.browser("aigul").act("/desk/incidents", form)
    assert (done.status_code, said in done.text, "Restarted." in done.text) == (400, True, True)


def test_twice_under_one_key_is_once(desk: World, number: str) -> None:
    aigul = desk.browser("aigul")
    form = {**WENT_WRONG, "permit": number, "_key": "the-same"}
    first, second = (aigul.act("/desk/incidents", form) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_the_pages_read_in_each_language_and_find_by_words(
    desk: World, number: str, lang: str
) -> None:
    path = _report(desk, number)
    words = {"ky": "Инциденттер", "ru": "Инциденты", "en": "Incidents"}
    assert words[lang] in _text(desk, "ermek", path, lang)
    found = path.rpartition("/")[2]
    assert found in _text(desk, "ermek", "/desk/incidents?q=STOOD+still", lang)
    assert found not in _text(desk, "ermek", "/desk/incidents?q=nothing", lang)
    export = desk.browser("ermek", lang).get("/desk/incidents?form=csv").text
    assert (found in export, "HYPERLINK" in export) == (True, False)
