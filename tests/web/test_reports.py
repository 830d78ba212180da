"""Periodic reports from the worker's opening to acceptance, as each seat meets them."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from sandbox.domain.alerts.hours import ALWAYS
from sandbox.domain.regime import DeadlineKind
from sandbox.services.automatic import run_deadlines
from sandbox.services.notices import follow
from sandbox.services.publication import Desk
from sandbox.services.report_opening import open_reports
from tests.services.alert_world import Ledger, add_customers
from tests.web.alert_desk import look_at_payments, watcher
from tests.web.seams import START
from tests.web.world import World

pytestmark = pytest.mark.slow

TOLD = {"happened": "Three merchants joined the market.", "risks": "One phone was lost."}


@pytest.fixture
def number(desk: World) -> str:
    """A permit with a ledger and monthly reports, the first due on 14 December."""
    number = desk.granted()
    add_customers(desk.parts.store, number, 4)
    ledger = Ledger(desk.parts.store, at=START - timedelta(days=3))
    ledger.block((0, 1, 20_000), (0, 2, 5_000), minutes=60)
    ledger.block((1, 4, 400), (1, 4, 75), minutes=31)
    ledger.block((2, 4, 1_000), (4, 1, 10), minutes=2)
    desk.refuse(number)
    _require(desk, number)
    return number


def _require(desk: World, number: str, every: str = "1", due: str = "2026-12-14") -> None:
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    form = {"kind": "report", "what": "Monthly report.", "expected": "The report.", "due": due}
    done = desk.browser("ermek").act(f"/desk/files/{file}/requirements", {**form, "every": every})
    assert done.status_code == 303, done.text


def _worker(desk: World) -> Desk:
    return watcher(desk)


def _opened(desk: World) -> str:
    """The report of November."""
    desk.clock.forward(timedelta(days=10))
    assert open_reports(_worker(desk)) == 1
    with desk.parts.store.unit(read_only=True) as u:
        return u.reports.select()[-1].id


def _text(desk: World, who: str, path: str, lang: str = "en") -> str:
    answer = desk.browser(who, lang).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def _digest(desk: World, report: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', _text(desk, "ermek", report))
    return found[1] if found else ""


def _submit(desk: World, path: str, **more: str) -> None:
    done = desk.browser("aigul").act(f"{path}/submit", {**TOLD, **more})
    assert done.status_code == 303, done.text


def test_nothing_is_opened_before_the_period_ends_and_once_afterwards(
    desk: World, number: str
) -> None:
    desk.clock.forward(timedelta(days=9))
    assert open_reports(_worker(desk)) == 0
    desk.clock.forward(timedelta(days=1))
    assert open_reports(_worker(desk)) == 1
    assert open_reports(_worker(desk)) == 0
    with desk.parts.store.unit(read_only=True) as u:
        (report,) = u.reports.select()
        (requirement,) = u.requirements.of_file(report.file)
        (deadline,) = u.deadlines.running(report.file, [DeadlineKind.PERIODIC_REPORT])
    assert (report.period.name, report.sponsor_signs) == ("2026-11", True)
    assert deadline.due == report.due < requirement.due
    assert requirement.due.date().isoformat() == "2027-01-21"  # ten working days after the holidays


def test_the_figures_agree_with_the_watchs_hourly_sums_and_with_themselves(
    desk: World, number: str
) -> None:
    report = _opened(desk)
    look_at_payments(desk)
    with desk.parts.store.unit(read_only=True) as u:
        found = {each.key: each.value for each in u.reports.get(report).figures}
        whole = [each for each in u.alert_watch.hours(number, START) if each.hour == ALWAYS]
    assert found["payments.KGST"] == sum(each.payments for each in whole) == 3
    assert found["volume.KGST"] == sum(each.volume for each in whole) == 1475 * 10**18
    held = sum(each.came - each.went for each in whole)
    assert found["held_at_end.KGST"] == held == (25_000 - 1_475 + 10) * 10**18
    assert found["use.per_transaction.KGST"] == 1000 * 10**18
    assert found["refusals.per_transaction"] == 1
    again = _text(desk, "ermek", f"/desk/reports/{report}?again=yes")
    assert "every figure came out the same" in again
    with desk.parts.store.unit() as u:
        kept = u.reports.get(report)
        changed = [
            type(each)(each.section, each.name, 99) if each.key == "halts" else each
            for each in kept.figures
        ]
        u.reports.save(type(kept)(**{**kept.__dict__, "figures": tuple(changed)}))
        u.commit()
    assert "other figures came out" in _text(desk, "ermek", f"/desk/reports/{report}?again=yes")
    refused = desk.browser("aigul").act(f"/desk/reports/{report}/submit", TOLD)
    assert (refused.status_code, "report.figures_changed" in refused.text) == (409, True)
    assert desk.browser("aigul").post(f"/desk/reports/{report}/refresh").status_code == 303
    _submit(desk, f"/desk/reports/{report}")


def test_from_draft_to_acceptance_through_one_return(desk: World, number: str) -> None:
    path = f"/desk/reports/{_opened(desk)}"
    draft = {**TOLD, "value:halts": "1", "reason:halts": "We <b>stopped</b> ourselves for a day."}
    assert desk.browser("cholpon").post(f"{path}/save", draft).status_code == 303
    assert "Three merchants joined" in _text(desk, "aigul", path)
    assert "Three merchants joined" not in _text(desk, "ermek", path)
    assert "Three merchants joined" not in _text(desk, "damira", path)
    _submit(desk, path, **draft)
    seen = _text(desk, "ermek", path)
    assert "Three merchants joined" in seen
    assert "We &lt;b&gt;stopped&lt;/b&gt; ourselves" in seen
    digest = _digest(desk, path)
    early = desk.browser("ermek").act(f"{path}/accept", {"digest": digest})
    assert (early.status_code, "report.sponsor_first" in early.text) == (409, True)
    other = desk.browser("damira").act(f"{path}/sign", {"digest": "0" * 64})
    assert (other.status_code, "report.other_version" in other.text) == (409, True)
    assert desk.browser("damira").act(f"{path}/sign", {"digest": digest}).status_code == 303
    bare = desk.browser("ermek").act(f"{path}/return", {"digest": digest, "reason": " "})
    assert bare.status_code == 400
    back = {"digest": digest, "reason": "Say what became of the phone."}
    assert desk.browser("ermek").act(f"{path}/return", back).status_code == 303
    assert "Say what became of the phone." in _text(desk, "aigul", path)
    _submit(desk, path, **{**draft, "risks": "The phone was found."})
    digest = _digest(desk, path)
    assert desk.browser("damira").act(f"{path}/sign", {"digest": digest}).status_code == 303
    assert desk.browser("ermek").act(f"{path}/accept", {"digest": digest}).status_code == 303
    assert "Report accepted" in _text(desk, "aigul", path)
    compared = _text(desk, "ermek", f"{path}/compare?first=1&second=2")
    assert ("One phone was lost." in compared, "The phone was found." in compared) == (True, True)
    assert "One phone was lost." in _text(desk, "damira", f"{path}?version=1")
    with desk.parts.store.unit(read_only=True) as u:
        open_ = [each.kind for each in u.deadlines.all_running()]
        kinds = [each.kind for each in u.audit.newest(20)]
    assert open_ == []
    for kind in ("submitted", "signed", "returned", "accepted"):
        assert f"report.{kind}" in kinds
    done = desk.browser("aigul").act(f"{path}/submit", TOLD)
    assert done.status_code == 409


def _paper(desk: World, who: str, path: str, lang: str = "en") -> tuple[str, str]:
    """What stands on a report's PDF, in one line; and what its description holds."""
    answer = desk.browser(who, lang).get(path)
    assert answer.headers["content-type"] == "application/pdf", answer.text
    reader = PdfReader(BytesIO(answer.content))
    text = " ".join(each.extract_text() for each in reader.pages)
    tidy = re.sub(r"\s+", " ", text).replace("\u00a0", " ")
    return tidy, (reader.metadata or {}).get("/Subject", "")


def test_each_version_is_a_paper_with_its_corrections_and_signatures(
    desk: World, number: str
) -> None:
    path = f"/desk/reports/{_opened(desk)}"
    why = "We <b>stopped</b> ourselves." + "\nand again" * 45
    said = {"value:halts": "1", "reason:halts": why}
    desk.browser("aigul").post(f"{path}/save", {**TOLD, **said})
    draft, _ = _paper(desk, "aigul", f"{path}?form=pdf")
    assert "nothing is filed yet" in draft
    assert "Three merchants joined" in draft
    assert "Three merchants joined" not in _paper(desk, "ermek", f"{path}?form=pdf")[0]
    _submit(desk, path, **said)
    first = _digest(desk, path)
    desk.browser("damira").act(f"{path}/sign", {"digest": first})
    long = "\n".join(["Say what became of the phone.", *("Line." for _ in range(200)), "The last."])
    back = {"digest": first, "reason": long}
    assert desk.browser("ermek").act(f"{path}/return", back).status_code == 303
    _submit(desk, path, risks="The phone was found.")
    for lang, words in {
        "en": ("Signed by the sponsor", "Version 1", "1,475.00 KGST", "Last block, KGST"),
        "ru": ("Подписано партнёром", "Версия 1", "1 475,00 KGST"),
        "ky": ("Өнөктөш", "Версия 1", "1 475,00 KGST"),
    }.items():
        paper, subject = _paper(desk, "ermek", f"{path}?version=1&form=pdf", lang)
        ends = ("Say what became of the phone.", "The last.")
        for word in (*words, "We <b>stopped</b> ourselves.", "Damira Asanova", *ends):
            assert word in paper, (lang, word)
        assert "damira" not in paper
        assert first in paper.replace(" ", "")
        assert subject == first
    last, _ = _paper(desk, "damira", f"{path}?form=pdf")
    assert "The phone was found." in last
    assert "Not signed yet" in last
    assert "stopped" not in last
    for form in ("csv", "xlsx"):
        kept = desk.browser("ermek").get(f"{path}?version=1&form={form}")
        assert kept.status_code == 200
    assert (
        "We <b>stopped</b> ourselves."
        in desk.browser("ermek").get(f"{path}?version=1&form=csv").text
    )
    for form in ("csv", "xlsx", "pdf"):
        assert desk.browser("omar").get(f"{path}?form={form}").status_code == 404
        assert desk.browser("ermek").get(f"{path}?version=9&form={form}").status_code == 404


def test_nobody_acts_out_of_turn_and_strangers_learn_nothing(desk: World, number: str) -> None:
    path = f"/desk/reports/{_opened(desk)}"
    for who in ("omar", "operator", "timur", "lira"):
        assert desk.browser(who).get(path).status_code == 404, who
        assert desk.browser(who).act(f"{path}/submit", TOLD).status_code in (403, 404), who
    assert number not in _text(desk, "omar", "/desk/reports")
    assert desk.browser("lira").get("/desk/reports").status_code == 404
    for who in ("bakyt", "damira", "ermek", "jyldyz"):
        assert desk.browser(who).act(f"{path}/submit", TOLD).status_code in (403, 404), who
        assert desk.browser(who).post(f"{path}/save", TOLD).status_code in (403, 404), who
    late = desk.browser("aigul")
    desk.clock.forward(timedelta(hours=1))
    assert late.post(f"{path}/submit", TOLD).status_code in (401, 403)
    _submit(desk, path)
    digest = {"digest": _digest(desk, path), "reason": "Because."}
    for who in ("aigul", "jyldyz"):
        for act in ("sign", "accept", "return"):
            assert desk.browser(who).act(f"{path}/{act}", digest).status_code in (403, 404)
    assert desk.browser("ermek").act(f"{path}/sign", digest).status_code in (403, 404)


def test_what_is_overdue_is_shown_and_told(desk: World, number: str) -> None:
    report = _opened(desk)
    assert "Days late" not in _text(desk, "ermek", "/desk/reports")
    desk.clock.forward(timedelta(days=15))
    run_deadlines(_worker(desk))
    run_deadlines(_worker(desk))
    follow(_worker(desk), public_url="http://x", mail=False)
    for who in ("aigul", "damira", "ermek"):
        assert "Days late: 2" in _text(desk, who, "/desk/reports?state=overdue"), who
        assert "Periodic report is overdue" in _text(desk, who, "/desk/notices"), who
    assert "Periodic report" in _text(desk, "aigul", "/desk/")
    _submit(desk, f"/desk/reports/{report}")
    assert report not in _text(desk, "ermek", "/desk/reports?state=overdue")
    with desk.parts.store.unit(read_only=True) as u:
        assert u.reports.get(report).late(desk.clock.now())


def test_by_hand_such_a_requirement_is_only_lifted(desk: World, number: str) -> None:
    with desk.parts.store.unit(read_only=True) as u:
        (one,) = u.requirements.of_file(u.permits.get(number).file)
    path = f"/desk/files/{one.file}/requirements/{one.id}"
    filed = desk.browser("aigul").act(f"{path}/file", {"evidence": "Here."})
    assert (filed.status_code, "met by the reports" in filed.text) == (409, True)
    judged = desk.browser("ermek").act(f"{path}/reject", {"reason": "No."})
    assert judged.status_code == 409
    page, enough = path.rpartition("/")[0], {"reason": "Enough."}
    assert desk.browser("ermek").sign(page, f"{path}/lift", enough).status_code == 303
    desk.clock.forward(timedelta(days=20))
    assert open_reports(_worker(desk)) == 0


def test_a_quarter_and_a_day_off_move_the_day(desk: World) -> None:
    number = desk.granted()
    _require(desk, number, every="3", due="2027-01-20")
    desk.clock.forward(timedelta(days=41))
    assert open_reports(_worker(desk)) == 1
    with desk.parts.store.unit(read_only=True) as u:
        (report,) = u.reports.select()
    assert (report.period.name, report.due.date().isoformat()) == ("2026-10..2026-12", "2027-01-20")
    for day in ("2027-01-18", "2027-01-19"):
        form = {"day": day, "kind": "day_off", "reason": "Mourning.", "year": "2027"}
        desk.agreed("/desk/calendar/days", form)
    with desk.parts.store.unit(read_only=True) as u:
        moved = u.reports.get(report.id)
        (deadline,) = u.deadlines.running(report.file, [DeadlineKind.PERIODIC_REPORT])
    assert moved.due == deadline.due > report.due


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_the_pages_read_in_each_language(desk: World, number: str, lang: str) -> None:
    report = _opened(desk)
    words = {"ky": "Мезгилдик отчеттор", "ru": "Периодические отчёты", "en": "Periodic reports"}
    for who in ("aigul", "ermek"):
        assert words[lang] in _text(desk, who, "/desk/reports", lang)
        assert report in _text(desk, who, f"/desk/reports/{report}", lang)
    export = desk.browser("ermek", lang).get("/desk/reports?form=csv")
    assert report in export.text
    assert number not in desk.browser("omar", lang).get("/desk/reports?form=csv").text
