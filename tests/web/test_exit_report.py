"""The exit report: figures from the data, lessons by the firm, accepted by a regulator."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from sandbox.domain.exit_report import ReportState, digest_of
from sandbox.services.exit_facts import exit_facts
from sandbox.web.exit_lines import REPORT_TONES, REPORT_WORDS, report_sections
from tests.services.alert_world import START, Ledger, add_customers
from tests.support.authority import competent_elsewhere
from tests.web.settlement_world import ended
from tests.web.world import World

LESSONS = "Customers understood the cap once the shop had told them of it; we would say it earlier."
NUMBER = "SB-2026-0001"


def test_every_state_has_a_word_and_a_tone() -> None:
    assert {each.value for each in ReportState} == set(REPORT_WORDS) == set(REPORT_TONES)


def test_what_customers_paid_and_took_home_are_two_lines(desk: World) -> None:
    desk.granted()
    add_customers(desk.parts.store, NUMBER, 3)
    ledger = Ledger(desk.parts.store, at=START - timedelta(days=2))
    ledger.block((0, 1, 20_000), (0, 2, 5_000))
    ledger.block((1, 3, 400), (2, 3, 75), (1, 0, 19_600), (3, 0, 475))
    with desk.parts.store.unit(read_only=True) as u:
        permit = u.permits.get(NUMBER)
        facts = exit_facts(u, permit, u.files.get(permit.file), at=desk.clock.now())
    lines = dict(report_sections("en", facts)[1][1])
    told = {name: text.replace("\u00a0", " ") for name, text in lines.items()}
    assert told["Paid by customers"] == "2 · 475.00 KGST"
    assert told["Taken home by customers"] == "1 · 19,600.00 KGST"


@pytest.mark.slow
def test_a_report_from_the_figures_to_its_acceptance(desk: World) -> None:
    desk.granted()
    desk.refuse(NUMBER)
    desk.refuse(NUMBER, seq=2)
    with desk.parts.store.unit(read_only=True) as u:
        file_id = u.permits.get(NUMBER).file
    path = f"/desk/files/{file_id}/report"
    aigul = desk.browser("aigul")
    assert aigul.get(path).status_code == 404
    assert aigul.act(path, {"lessons": LESSONS}).status_code == 404
    ended(desk)
    draft = aigul.get(path).text
    assert "A draft" in draft
    assert f'href="{path}"' in aigul.get(f"/desk/files/{file_id}").text
    ermek = desk.browser("ermek")
    assert ermek.get(path).status_code == 404
    assert desk.browser("omar").get(path).status_code == 404
    assert desk.browser("bakyt").act(path, {"lessons": LESSONS}).status_code == 404
    short = aigul.act(path, {"lessons": "Fine."})
    assert short.status_code == 400
    assert "Fine." in short.text
    assert aigul.act(path, {"lessons": LESSONS}).status_code == 303
    assert aigul.act(path, {"lessons": LESSONS}).status_code == 409
    with desk.parts.store.unit(read_only=True) as u:
        report = u.exit_reports.get(file_id)
    assert report.facts["refusals"] == {"per_transaction": 2}
    assert report.facts["people"]["customer"] == {"registered": 1}
    assert report.facts["dates"]["how"] == "file.surrender"
    assert report.digest == digest_of(report.facts, LESSONS)
    page = ermek.get(path).text
    assert report.digest in page
    assert 'id="judge"' in page
    assert 'id="judge"' not in desk.browser("jyldyz").get(path).text
    with competent_elsewhere(desk, file_id):
        page = ermek.get(path).text
        assert (report.digest in page, 'id="judge"' in page) == (True, False)
    assert LESSONS in page
    assert "licence" not in page.replace("not a licence", "").replace("is a licence or", "")
    assert ermek.act(path + "/judgement", {"judgement": "return"}).status_code == 400
    back = ermek.sign(path, path + "/judgement", {"judgement": "return", "reason": "Say why."})
    assert back.status_code == 303
    assert "Say why." in aigul.get(path).text
    more = LESSONS + " Merchants asked for receipts."
    assert aigul.act(path, {"lessons": more}).status_code == 303
    assert aigul.act(path + "/judgement", {"judgement": "accept"}).status_code == 403
    assert ermek.sign(path, path + "/judgement", {"judgement": "accept"}).status_code == 303
    assert ermek.act(path + "/judgement", {"judgement": "accept"}).status_code == 409
    with desk.parts.store.unit(read_only=True) as u:
        assert u.exit_reports.get(file_id).state is ReportState.ACCEPTED
    for lang, word in (("en", "Exit report"), ("ru", "Итоговый отчёт"), ("ky", "Жыйынтык отчет")):
        paper = desk.browser("aigul", lang).get(path + ".pdf")
        text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(paper.content)).pages)
        text = " ".join(text.split())
        assert word in text
        assert "Merchants asked for receipts." in text
