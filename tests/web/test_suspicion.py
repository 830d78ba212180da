"""Suspicious-transaction reports: written, submitted, worked on, and that nobody else sees any."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.suspicion import FILING, Indicator, Outcome, ReportState, digest_of
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import checksum
from sandbox.web.suspicion_words import INDICATORS, OUTCOMES, STATES
from tests.services.alert_world import wallet
from tests.support.papers import pdf
from tests.web.alert_desk import look_at_payments, newest_alert, with_ledger
from tests.web.seams import START
from tests.web.test_alerts import PLACES
from tests.web.world import Browser, World

pytestmark = pytest.mark.slow
HOME = "/desk/suspicion"
INBOX = "/desk/intelligence"
REPORT = {
    "chain": "kgst",
    "noticed_at": "2026-11-21T13:00",
    "since": "2026-11-21T12:00",
    "until": "2026-11-21T15:00",
    "indicator.burst": "yes",
    "parties": f"{wallet(1)} eleven times to one shop",
    "narrative": "Eleven equal payments within <half> an hour.",
    "actions": "Asked for identification again.",
}


@pytest.fixture
def ledger(desk: World) -> World:
    """A permit whose customers paid suspiciously."""
    desk.number = with_ledger(desk)
    return desk


def begin(browser: Browser, number: str) -> str:
    """A fresh draft's number."""
    done = browser.post(HOME, {"permit": number})
    assert done.status_code == 303, done.text
    return re.search(r"STR-\d{4}-[0-9A-Z]{8}", done.headers["location"])[0]


def write(browser: Browser, report: str, fields: dict[str, str], do: str = "save"):
    """Press a button of the form."""
    page = browser.get(f"{HOME}/{report}").text
    revision = re.search(r'name="revision" value="(\d+)"', page)
    shown = {"revision": revision[1] if revision else "0", "do": do}
    return browser.act(f"{HOME}/{report}", shown | fields)


def submitted(desk: World, who: str = "cholpon", **more: str) -> str:
    """A submitted report."""
    browser = desk.browser(who)
    report = begin(browser, desk.number)
    assert write(browser, report, REPORT, "collect").status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        hashes = u.suspicions.get(report).answers["transactions"]
    done = write(browser, report, REPORT | {"transactions": hashes} | more, "submit")
    assert done.status_code == 303, done.text
    return report


def test_a_compliance_officer_reports_and_the_service_works_on_it(ledger: World) -> None:
    cholpon, meerim = ledger.browser("cholpon", "ky"), ledger.browser("meerim", "ru")
    report = submitted(ledger)
    page = cholpon.get(f"{HOME}/{report}").text
    assert "&lt;half&gt;" in page
    listed = meerim.get(INBOX).text
    assert report in listed
    page = meerim.get(f"{HOME}/{report}").text
    assert page.count("/desk/explorer/kgst/transactions/0x") == 11
    assert "11\u00a0000,00" in page
    assert meerim.post(f"{HOME}/{report}/assign", {"assignee": "azamat"}).status_code == 303
    assert meerim.post(f"{HOME}/{report}/note", {"text": "Seen <b>before</b>."}).status_code == 303
    assert report not in meerim.get(f"{INBOX}?who=me").text
    azamat = ledger.browser("azamat")
    assert report in azamat.get(f"{INBOX}?who=me&order=amount&q={wallet(1)}").text
    assert report not in azamat.get(f"{INBOX}?q=nothing-of-the-kind").text
    assert "Seen &lt;b&gt;before&lt;/b&gt;." in azamat.get(f"{HOME}/{report}").text
    ended = {"outcome": "passed_on", "text": "To the investigators."}
    assert azamat.post(f"{HOME}/{report}/close", ended).status_code == 401
    assert azamat.act(f"{HOME}/{report}/close", ended).status_code == 303
    assert azamat.act(f"{HOME}/{report}/close", ended).status_code == 409
    assert report in azamat.get(f"{INBOX}?state=closed").text
    assert "To the investigators." not in cholpon.get(f"{HOME}/{report}").text
    table = azamat.get(f"{INBOX}/reports.csv").text
    assert f"{report},firm,Kattap Pay,{ledger.number}" in table
    assert azamat.post(f"{HOME}/{report}/reopen", {"text": "More came."}).status_code == 303
    with ledger.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.supervision_record.of_subject(report)]
        assert u.suspicions.get(report).state is ReportState.IN_WORK
    done = ["submitted", "assigned", "noted", "closed", "reopened"]
    assert kinds == [f"str.{each}" for each in done]


def test_what_was_submitted_is_sealed_and_can_be_exported(ledger: World) -> None:
    report, cholpon = submitted(ledger), ledger.browser("cholpon")
    told = json.loads(cholpon.get(f"{HOME}/{report}/report.json").text)
    digest = told.pop("sha256")
    assert digest == hashlib.sha256(canonical(told)).hexdigest() == digest_of(told)
    assert told["amount"] == str(11 * 1_000 * 10**18)
    assert {each["kind"] for each in told["parties"]} == {"customer", "merchant"}
    assert [each["person"] for each in told["parties"] if each["named"]] == [f"0x{1:064x}"]
    paper = cholpon.get(f"{HOME}/{report}/report.pdf")
    assert (paper.content[:5], paper.headers["content-type"]) == (b"%PDF-", "application/pdf")
    again = write(cholpon, report, REPORT | {"narrative": "Other words."})
    assert again.status_code == 409
    for act in ("discard", "documents/x/remove"):
        assert cholpon.post(f"{HOME}/{report}/{act}").status_code == 409
    assert json.loads(cholpon.get(f"{HOME}/{report}/report.json").text)["sha256"] == digest


WRONG = [
    ({"narrative": ""}, "narrative"),
    ({"indicator.burst": ""}, "indicators"),
    ({"parties": "0x12 short"}, "parties"),
    ({"transactions": "0x" + "ab" * 32}, "transactions"),
    ({"noticed_at": "2026-11-22T13:00"}, "noticed_at"),
    ({"until": "2026-11-20T13:00"}, "until"),
    ({"since": "soon"}, "since"),
]


def test_what_is_missing_or_wrong_is_named_and_the_form_stays_as_typed(ledger: World) -> None:
    cholpon = ledger.browser("cholpon")
    report = begin(cholpon, ledger.number)
    for fields, part in WRONG:
        answer = write(cholpon, report, REPORT | fields | {"actions": "My own words"}, "submit")
        assert (answer.status_code, "suspicion.incomplete" in answer.text) == (400, True), part
        assert f'href="#{part.replace(".", "-")}"' in answer.text, part
        assert "My own words" in answer.text
    with ledger.parts.store.unit(read_only=True) as u:
        assert u.suspicions.get(report).state is ReportState.DRAFT
        assert u.supervision_record.of_subject(report) == ()
    fields = REPORT | {"revision": "1", "do": "submit"}
    assert ledger.browser("cholpon").post(f"{HOME}/{report}", fields).status_code == 401
    stale = cholpon.act(f"{HOME}/{report}", fields | {"revision": "7"})
    assert "store.changed_meanwhile" in stale.text


def test_a_double_click_submits_once(ledger: World) -> None:
    cholpon = ledger.browser("cholpon")
    report = begin(cholpon, ledger.number)
    fields = REPORT | {"revision": "1", "do": "submit", "_key": "the same"}
    for _ in range(2):
        assert cholpon.act(f"{HOME}/{report}", fields).status_code == 303
    with ledger.parts.store.unit(read_only=True) as u:
        assert len(u.supervision_record.of_subject(report)) == 1


def test_a_report_is_late_one_second_after_its_deadline(ledger: World) -> None:
    noticed = START - timedelta(hours=FILING.hours)
    stamp = (noticed + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M")
    in_time = submitted(ledger, noticed_at=stamp)
    ledger.clock.forward(timedelta(seconds=1))
    late = submitted(ledger, noticed_at=stamp)
    meerim = ledger.browser("meerim")
    found = meerim.get(f"{INBOX}?late=yes").text
    assert (late in found, in_time in found) == (True, False)


def test_a_regulator_reports_from_an_alert_whose_evidence_fills_the_form(ledger: World) -> None:
    look_at_payments(ledger)
    alert, ermek = newest_alert(ledger), ledger.browser("ermek")
    begun = ermek.post(f"/desk/cohort/alerts/{alert}/report")
    place = begun.headers["location"]
    assert ermek.post(f"/desk/cohort/alerts/{alert}/report").headers["location"] == place
    report = place.rsplit("/", 1)[1]
    with ledger.parts.store.unit(read_only=True) as u:
        answers = dict(u.suspicions.get(report).answers)
        evidence = u.alerts.get(alert).found["evidence"]
    assert answers["indicators"] == "burst"
    assert len(answers["transactions"].split()) == len(evidence)
    ticked = {"indicator.burst": "yes", "actions": "None."}
    assert write(ermek, report, answers | ticked, "submit").status_code == 303
    page = ledger.browser("meerim").get(place).text
    assert alert in page
    assert ledger.browser("feruza").get(place).status_code == 200
    assert ledger.browser("cholpon").get(place).status_code == 404
    assert ledger.browser("cholpon").post(f"/desk/cohort/alerts/{alert}/report").status_code == 404


def test_reports_that_name_the_same_person_or_address_are_found(ledger: World) -> None:
    firm, sponsor = submitted(ledger), submitted(ledger, "nazgul")
    other = submitted(ledger, parties=wallet(3), transactions="")
    with ledger.parts.store.unit() as u:
        person = u.customers.select(u.customers.columns.place == 0)[0]
        u.customers.save(replace(person, wallet=checksum(wallet(50))))
        u.commit()
    same = submitted(ledger, parties=f"{wallet(50)}\n{wallet(3)}", transactions="")
    with ledger.parts.store.unit(read_only=True) as u:
        told = {each.id: why for each, why in u.suspicions.related(firm, 9)}
        assert told == {sponsor: "person", same: "person"}
        assert {(each.id, why) for each, why in u.suspicions.related(other, 9)} == {
            (same, "person")
        }
    page = ledger.browser("meerim").get(f"{HOME}/{firm}").text
    assert (sponsor in page, same in page, other in page) == (True, True, False)


def test_the_service_sees_alerts_that_were_passed_on_and_no_other(ledger: World) -> None:
    look_at_payments(ledger)
    alert, meerim = newest_alert(ledger), ledger.browser("meerim")
    place = f"{INBOX}/alerts/{alert}"
    assert meerim.get(place).status_code == 404
    assert alert not in meerim.get(f"{INBOX}/alerts").text
    told = {"closing": "referred", "text": "To the service."}
    assert (
        ledger.browser("ermek").post(f"/desk/cohort/alerts/{alert}/close", told).status_code == 303
    )
    assert "To the service." in meerim.get(place).text
    assert alert in meerim.get(f"{INBOX}/alerts").text
    for path in ("/desk/cohort/alerts", "/desk/cohort/rules", f"/desk/cohort/alerts/{alert}"):
        assert meerim.get(path).status_code == 404, path
    assert meerim.get(f"/desk/permits/{ledger.number}").status_code == 404
    assert ledger.number not in meerim.get("/desk/permits").text


def test_documents_are_checked_kept_and_taken_away_while_it_is_a_draft(ledger: World) -> None:
    cholpon = ledger.browser("cholpon")
    report = begin(cholpon, ledger.number)
    place = f"{HOME}/{report}/documents"

    def send(name: str, content: bytes):
        return cholpon.post(place, files={"upload": (name, content, "application/pdf")})

    assert "document.not_what_it_says" in send("a.pdf", b"MZ").text
    assert send("a.pdf", pdf()).status_code == 303
    assert "document.same" in send("b.pdf", pdf()).text
    with ledger.parts.store.unit(read_only=True) as u:
        kept = u.attachments.of(report)[0]
    answer = cholpon.get(f"{place}/{kept.id}")
    assert answer.content == pdf()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert ledger.browser("meerim").get(f"{place}/{kept.id}").status_code == 404
    assert cholpon.post(f"{place}/{kept.id}/remove").status_code == 303
    folder = ledger.parts.blobs / "intelligence" / report
    assert [each for each in folder.rglob("*") if each.is_file()] == []
    assert send("a.pdf", pdf()).status_code == 303
    assert write(cholpon, report, REPORT, "submit").status_code == 303
    with ledger.parts.store.unit(read_only=True) as u:
        kept = u.attachments.of(report)[0]
        assert u.suspicions.get(report).content["attachments"][0]["sha256"] == kept.sha256
    assert ledger.browser("meerim").get(f"{place}/{kept.id}").content == pdf()
    assert ledger.browser("aigul").get(f"{place}/{kept.id}").status_code == 404


# ---------- no tipping off ----------
EVERYBODY_ELSE = [
    *("aigul", "bakyt", "damira", "nazgul", "ermek", "jyldyz"),
    *("omar", "operator", "lira", "timur", None),
]
OWN_PLACES = [
    HOME,
    f"{HOME}/{{report}}",
    f"{HOME}/{{report}}/report.json",
    f"{HOME}/{{report}}/report.pdf",
    f"{HOME}/{{report}}/documents/x",
    INBOX,
    f"{INBOX}/reports.csv",
    f"{INBOX}/alerts",
    f"{INBOX}/alerts/AL-2026-000001",
]
HIDDEN_FROM_ALL = OWN_PLACES[1:]
RECORD = "/desk/cohort/record"
"""Supervisors see that the record grew by an entry of the service, and nothing else of it."""


def _seen(desk: World, who: str | None, report: str) -> dict[str, tuple[int, str, int]]:
    browser, seen = desk.browser(who), {}
    for place in [*OWN_PLACES, *PLACES, "/desk/notices"]:
        if place == RECORD:
            continue
        answer = browser.get(place.format(number=desk.number, alert="AL-2026-1", report=report))
        text = re.sub(r'value="[\w-]{16,}"|\b[0-9a-f]{16}\b', "", answer.text)
        text = re.sub(r"STR-\d{4}-[0-9A-Z]{8}", "", text)
        seen[place] = (answer.status_code, text, len(answer.headers))
    return seen


def test_nobody_else_sees_any_difference_when_a_firm_reports(ledger: World) -> None:
    unknown = "STR-2026-ABCDEFGH"
    before = {who: _seen(ledger, who, unknown) for who in EVERYBODY_ELSE}
    report = submitted(ledger)
    meerim = ledger.browser("meerim")
    assert meerim.post(f"{HOME}/{report}/assign", {"assignee": "meerim"}).status_code == 303
    for who in EVERYBODY_ELSE:
        after = _seen(ledger, who, report)
        assert after == before[who], who
        if who is not None:
            assert {after[each][0] for each in HIDDEN_FROM_ALL} == {404}, who
    assert report in ledger.browser("cholpon").get(HOME).text
    page = ledger.browser("jyldyz").get(RECORD).text
    assert "An entry of the intelligence service" in page
    assert report not in page
    assert "cholpon" not in page.lower()


def test_nobody_elses_posts_reach_a_report(ledger: World) -> None:
    report = submitted(ledger)
    acts = ("", "/discard", "/documents/x/remove", "/assign", "/note", "/close", "/reopen")
    for who in ("aigul", "damira", "nazgul", "ermek", "operator"):
        for each in acts:
            answer = ledger.browser(who).act(f"{HOME}/{report}{each}", {"text": "x"})
            assert (answer.status_code, "web.not_found" in answer.text) == (404, True), (who, each)
    cholpon = ledger.browser("cholpon")
    for each in acts[3:]:
        assert cholpon.act(f"{HOME}/{report}{each}", {"text": "x"}).status_code == 404, each
    with ledger.parts.store.unit(read_only=True) as u:
        assert len(u.supervision_record.of_subject(report)) == 1


def test_a_sponsors_report_is_hidden_from_the_firm_and_others_of_the_sponsor(
    ledger: World,
) -> None:
    report = submitted(ledger, "nazgul")
    for who in ("cholpon", "aigul", "damira"):
        assert ledger.browser(who).get(f"{HOME}/{report}").status_code == 404, who
    assert ledger.browser("damira").get(HOME).status_code == 404
    assert ledger.browser("meerim").get(f"{HOME}/{report}").status_code == 200


def test_nobody_reports_about_a_permit_of_others(ledger: World) -> None:
    for who in ("cholpon", "nazgul"):
        assert ledger.browser(who).post(HOME, {"permit": "SB-2026-9999"}).status_code == 404
    assert ledger.browser("ermek").post(HOME, {"permit": ledger.number}).status_code == 404


def test_every_word_of_a_report_is_there() -> None:
    assert set(INDICATORS) == {each.value for each in Indicator}
    assert set(STATES) == {each.value for each in ReportState}
    assert set(OUTCOMES) == {each.value for each in Outcome}
