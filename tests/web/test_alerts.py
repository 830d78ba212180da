"""The alert pages: what regulators do there, and that nobody else sees any difference."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.web.alert_desk import (
    look_at_payments,
    look_at_refusals,
    newest_alert,
    try_rules,
    with_ledger,
)
from tests.web.world import World

HOME = "/desk/cohort/alerts"
EVERYBODY_ELSE = ["aigul", "bakyt", "cholpon", "damira", "omar", "operator", "lira", "timur", None]


@pytest.fixture
def found(desk: World) -> World:
    """A desk on which the rules found something."""
    desk.number = with_ledger(desk)
    look_at_payments(desk)
    look_at_refusals(desk)
    return desk


def test_a_regulator_finds_an_alert_takes_it_notes_and_closes_it(found: World) -> None:
    ermek = found.browser("ermek")
    assert HOME in ermek.get("/desk/cohort").text
    listed = ermek.get(HOME).text
    assert "Burst of payments" in listed
    assert "Probing of limits" in listed
    alert = newest_alert(found)
    only = ermek.get(f"{HOME}?rule=burst").text
    assert "Burst of payments" in only
    assert alert not in only
    page = ermek.get(f"{HOME}/{alert}").text
    assert "Probing of limits" in page
    assert "Version 1" in page
    given = ermek.post(f"{HOME}/{alert}/assign", {"assignee": "ermek"})
    assert given.status_code == 303
    assert alert in ermek.get(f"{HOME}?who=me").text
    ermek.post(f"{HOME}/{alert}/note", {"text": "Asked <b>them</b>."})
    told = {"closing": "referred", "text": "To the inbox."}
    assert ermek.post(f"{HOME}/{alert}/close", told).status_code == 303
    page = found.browser("feruza").get(f"{HOME}/{alert}").text
    assert "Asked &lt;b&gt;them&lt;/b&gt;." in page
    assert "Referred" in page
    assert "Open again" in page
    assert alert not in ermek.get(f"{HOME}?state=new").text


def test_each_payment_of_the_evidence_leads_to_its_transaction_or_block(found: World) -> None:
    ermek = found.browser("ermek")
    alert = re.search(r"AL-\d{4}-\d{6}", ermek.get(f"{HOME}?rule=burst").text)[0]
    page = ermek.get(f"{HOME}/{alert}").text
    assert page.count("/desk/explorer/kgst/blocks/") == 10
    assert page.count("1,000.00") >= 10
    assert "/desk/explorer/kgst/addresses/0x" in page
    assert "Customer 1" in page


def test_what_cannot_be_keeps_what_was_typed_and_says_why(found: World) -> None:
    ermek, alert = found.browser("ermek"), newest_alert(found)
    answer = ermek.post(f"{HOME}/{alert}/close", {"closing": "bored", "text": "My words"})
    assert (answer.status_code, "alert.reason_unknown" in answer.text) == (400, True)
    assert "My words" in answer.text
    assert ermek.get(f"{HOME}/AL-2026-999999").status_code == 404


def test_the_console_shows_a_permits_alerts_to_those_with_the_right_alone(found: World) -> None:
    ermek, alert = found.browser("ermek"), newest_alert(found)
    console = f"/desk/permits/{found.number}/console"
    assert alert in ermek.get(console).text
    own = found.browser("aigul").get(console)
    assert (own.status_code, alert in own.text, "/desk/cohort" in own.text) == (200, False, False)
    assert alert in ermek.get(f"{HOME}?permit={found.number}").text
    assert alert not in ermek.get(f"{HOME}?permit=SB-2026-9999").text

    part = f"/desk/permits/{found.number}/alerts"
    asks = {"hx-request": "true"}
    fragment = ermek.get(part, headers=asks)
    assert (alert in fragment.text, "<html" in fragment.text) == (True, False)
    by_hand = ermek.get(part)
    assert (by_hand.status_code, by_hand.text) == (303, "")
    assert by_hand.headers["location"] == f"{HOME}?permit={found.number}"
    for who in ("aigul", "damira", "operator"):
        assert found.browser(who).get(part).status_code == 404
        assert found.browser(who).get(part, headers=asks).status_code == 404


def test_the_csv_holds_the_filtered_alerts_and_no_formula(found: World) -> None:
    answer = found.browser("jyldyz").get(f"{HOME}.csv?rule=probing")
    lines = answer.text.removeprefix("\ufeff").strip().splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert (lines[0].split(",")[:2], len(lines)) == (["id", "rule"], 2)
    assert ",probing,1,kgst," in lines[1]


def test_an_auditor_reads_everything_and_is_offered_no_act(found: World) -> None:
    jyldyz, alert = found.browser("jyldyz"), newest_alert(found)
    page = jyldyz.get(f"{HOME}/{alert}")
    assert page.status_code == 200
    assert f"{HOME}/{alert}/close" not in page.text
    for path in (HOME, "/desk/cohort/rules", "/desk/cohort/caps"):
        assert jyldyz.get(path).status_code == 200
    assert jyldyz.post(f"{HOME}/{alert}/note", {"text": "x"}).status_code == 403
    assert jyldyz.act("/desk/cohort/caps", {"reasons": "x"}).status_code == 403


# ---------- who must not learn ----------
PLACES = [
    "/desk/",
    "/desk/files",
    "/desk/permits",
    "/desk/permits/{number}",
    "/desk/permits/{number}/console",
    "/desk/permits/{number}/refusals.csv",
    "/desk/cohort",
    "/desk/audit",
    "/desk/audit/head.json",
    "/desk/evidence",
    "/desk/explorer/kgst",
    "/desk/explorer/kgst/addresses/0x0000000000000000000000000000000000000001",
    "/desk/explorer/search?chain=kgst&q={alert}",
    "/desk/files?q={alert}",
    "/desk/public/permits/{number}",
    "/desk/api/v1/audit/head",
    "/desk/api/v1/refusals",
    "/desk/api/v1/permits",
    HOME,
    f"{HOME}.csv",
    f"{HOME}/{{alert}}",
    "/desk/cohort/rules",
    "/desk/cohort/rules/draft",
    "/desk/cohort/rules/SV-2026-0001",
    "/desk/cohort/pack",
    "/desk/cohort/pack/draft",
    "/desk/cohort/caps",
    "/desk/cohort/record",
    "/desk/permits/{number}/alerts",
]


def _seen(desk: World, who: str | None, alert: str) -> dict[str, tuple[int, str, int]]:
    browser = desk.browser(who)
    seen = {}
    for place in PLACES:
        answer = browser.get(place.format(number=desk.number, alert=alert))
        text = re.sub(r'value="[\w-]{16,}"|<span class="mono">[0-9a-f]{16}</span>', "", answer.text)
        text = re.sub(r"\b[0-9a-f]{16}\b", "", text)
        seen[place] = (answer.status_code, text, len(answer.headers))
    return seen


def _settled(desk: World) -> None:
    """Everything is looked at but the refusals; the clock does not move."""
    desk.number = with_ledger(desk)
    look_at_payments(desk)


@pytest.mark.slow
def test_no_other_seat_sees_any_difference_when_an_alert_comes_and_is_worked_on(
    desk: World,
) -> None:
    _settled(desk)
    before = {who: _seen(desk, who, "AL-2026-000002") for who in EVERYBODY_ELSE}
    look_at_refusals(desk)
    ermek, alert = desk.browser("ermek"), newest_alert(desk)
    assert alert == "AL-2026-000002"
    assert ermek.post(f"{HOME}/{alert}/assign", {"assignee": "ermek"}).status_code == 303
    told = {"closing": "explained", "text": "Their own test."}
    assert ermek.post(f"{HOME}/{alert}/close", told).status_code == 303
    caps = {"KGST": "1,000", "SOM": "", "reasons": "x"}
    assert ermek.act("/desk/cohort/caps", caps).status_code == 303
    hidden = [place for place in PLACES if place.startswith("/desk/cohort/")]
    for who in EVERYBODY_ELSE:
        after = _seen(desk, who, alert)
        assert after == before[who], who
        if who is not None:
            answers = {
                (after[each][0], re.sub(r'next=[^"]*', "", after[each][1])) for each in hidden
            }
            assert [status for status, _ in answers] == [404], who


def test_a_regulator_does_see_the_difference(desk: World) -> None:
    _settled(desk)
    before = _seen(desk, "ermek", "AL-2026-000002")
    look_at_refusals(desk)
    after = _seen(desk, "ermek", "AL-2026-000002")
    assert {place for place in PLACES if before[place] != after[place]} >= {HOME, f"{HOME}.csv"}
    assert before["/desk/audit"] == after["/desk/audit"]


def test_no_other_seats_posts_reach_a_case_or_a_setting(found: World) -> None:
    alert = newest_alert(found)
    paths = (
        f"{HOME}/{alert}/assign",
        f"{HOME}/{alert}/note",
        f"{HOME}/{alert}/close",
        f"{HOME}/{alert}/reopen",
        "/desk/cohort/rules",
        "/desk/cohort/rules/SV-2026-0001/trial",
        "/desk/cohort/rules/SV-2026-0001/confirm",
        "/desk/cohort/caps",
        "/desk/cohort/caps/SV-2026-0001/confirm",
    )
    for who in ("aigul", "damira", "operator"):
        browser = found.browser(who)
        for path in paths:
            answer = browser.act(path, {"text": "x", "closing": "explained", "reasons": "x"})
            assert (answer.status_code, "web.not_found" in answer.text) == (404, True), path
    with found.parts.store.unit(read_only=True) as u:
        assert len(u.supervision_record.of_subject(alert)) == 1


def test_the_records_page_says_that_it_holds_and_which_entry_does_not(found: World) -> None:
    jyldyz = found.browser("jyldyz")
    page = jyldyz.get("/desk/cohort/record").text
    assert "The record holds: 2 entries." in page
    assert f"{HOME}/{newest_alert(found)}" in page
    with found.parts.store.unit() as u:
        u.session.connection().exec_driver_sql(
            "UPDATE supervision_record SET actor = 'x' WHERE \"index\" = 1"
        )
        u.commit()
    assert "First wrong entry: 1." in jyldyz.get("/desk/cohort/record").text


# ---------- rules and caps ----------
def draft_form(browser) -> dict[str, str]:
    """The draft form's fields as a browser would send them."""
    text = browser.get("/desk/cohort/rules/draft").text
    fields = {}
    for tag in re.findall(r"<input [^>]+>", text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and "checkbox" in tag and " checked" in tag:
            fields[name[1]] = "yes"
        elif name and "checkbox" not in tag and not name[1].startswith("_"):
            fields[name[1]] = value[1]
    return fields


def test_rules_are_drafted_tried_and_confirmed_by_a_second_regulator(found: World) -> None:
    ermek, feruza = found.browser("ermek", "ky"), found.browser("feruza", "ru")
    fields = draft_form(ermek) | {"reasons": "Fewer false alarms.", "burst.window": "30"}
    assert fields["structuring.threshold"].replace("\u00a0", "").startswith("85")
    drafted = ermek.act("/desk/cohort/rules", fields)
    assert drafted.status_code == 303, drafted.text
    place = drafted.headers["location"].split("?")[0]
    page = ermek.get(place).text
    assert page.count('<tr class="changed">') == 1
    assert f"{place}/confirm" not in page
    assert ermek.act(f"{place}/trial", {"days": "7"}).status_code == 303
    try_rules(found)
    assert f"{place}/confirm" not in ermek.get(place).text
    assert f"{place}/confirm" in feruza.get(place).text
    assert ermek.act(f"{place}/confirm").status_code == 403
    assert feruza.act(f"{place}/confirm").status_code == 303
    assert feruza.act(f"{place}/confirm").status_code == 409


def test_a_wrong_number_keeps_the_form_and_says_why(found: World) -> None:
    ermek = found.browser("ermek")
    fields = draft_form(ermek) | {"reasons": "x", "burst.window": "soon", "fan_in.floor": "77"}
    answer = ermek.act("/desk/cohort/rules", fields)
    assert (answer.status_code, "alert_rules.not_a_number" in answer.text) == (400, True)
    assert 'value="77"' in answer.text
    right = fields | {"burst.window": "30"}
    assert found.browser("feruza").post("/desk/cohort/rules", right).status_code == 401


def test_a_national_cap_is_a_bar_on_the_cohort_page_once_two_have_set_it(found: World) -> None:
    ermek, feruza = found.browser("ermek"), found.browser("feruza")
    assert "No national cap is set." in ermek.get("/desk/cohort").text
    fields = {"KGST": "400,000", "SOM": "", "reasons": "The pilot's size."}
    assert ermek.act("/desk/cohort/caps", fields).status_code == 303
    page = feruza.get("/desk/cohort/caps").text
    setting = re.search(r"SV-\d{4}-\d{4}", page)[0]
    assert feruza.act(f"/desk/cohort/caps/{setting}/confirm").status_code == 303
    found.clock.forward(timedelta(minutes=2))
    page = feruza.get("/desk/cohort").text
    assert "400,000.00" in page
    assert re.search(r"<meter[^>]+value=\"5\d\"[^>]+In customers", page)


# ---------- charts ----------
def test_the_charts_tables_hold_what_the_ledger_holds(found: World) -> None:
    page = found.browser("ermek").get(f"/desk/permits/{found.number}/console").text
    held = 11 * 20_000 - 3 * (400 + 800 + 1_200 + 3 * 75) - 11 * 1_000
    assert f"{held:,}.00" in page
    assert page.count("<tr data-x=") == 30 + 30 + 6
    today = page.split('id="chart-kgst-paid"')[1].split("</table>")[0]
    assert "11,000.00" in today
    sizes = page.split('id="chart-kgst-sizes"')[1].split("</table>")[0]
    counts = [int(each) for each in re.findall(r'data-y="(\d+)"', sizes)]
    assert sum(counts) == 18 + 11
    assert (counts[0], counts[5]) == (9, 0)
