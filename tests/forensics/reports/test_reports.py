"""Reports: data that is checked, made into papers in three languages, each page marked."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from sandbox.forensics.errors import NotAsWritten
from sandbox.forensics.exhibits import Exhibit
from sandbox.forensics.reports import (
    Annex,
    Answer,
    Asset,
    CannotReport,
    Finding,
    Order,
    Report,
    Specialist,
    report_docx,
    report_pdf,
)
from sandbox.locale import LANGUAGES
from tests.forensics.exhibits import samples

CHECKOUT = Path(__file__).resolve().parents[3]
QUESTIONS = ["Куда ушли деньги, похищенные 3 марта?", "Ал дарек кимге таандык?"]
MARKS = {
    "ky": "Окуу материалы, далил эмес.",
    "ru": "Учебный материал, не доказательство.",
    "en": "Training material, not evidence.",
}
CONFIRMED = {"ky": "такталышы керек", "ru": "подлежат подтверждению", "en": "is to be confirmed"}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def kept():
    return samples.exhibit(samples.ledger(scale=samples.WHOLE))


@pytest.fixture(scope="module")
def report(kept):
    return Report.of(kept, questions=QUESTIONS).with_(
        number="7/26",
        date="2026-11-23",
        place="Бишкек",
        order=Order(number="12", date="2026-11-20", by="investigator", case="T-07"),
        specialist=Specialist(name="analyst 3", position="analyst"),
        asset=Asset("KGST", 18),
        materials=("Кат алышуу (chat.txt)",),
        findings=(Finding("250 KGST <биржага> түштү.", (1, 2)), Finding("Кат бар.", (4,))),
        answers=(Answer(1, "250 KGST у биржи.", (1,)), Answer(2, "Нужны сведения.", (1, 2))),
        limits="Внутренний учёт биржи не исследован.",
    )


def pages(content):
    found = PdfReader(io.BytesIO(content)).pages
    return [re.sub(r"\s+", " ", page.extract_text()) for page in found]


def docx_text(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [
            ET.fromstring(package.read(f"word/{each}.xml")) for each in ("header1", "document")
        ]
    return ["\n".join(e.text or "" for e in part.iter(f"{W}t")) for part in parts]


def refused(code, function, *arguments, **options):
    with pytest.raises(CannotReport) as error:
        function(*arguments, **options)
    assert error.value.code == code
    assert len({error.value.explain(each) for each in LANGUAGES}) == 3
    return error.value.params


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_everything_on_marked_pages(report, kept, language):
    texts = pages(report_pdf(report, kept, language))
    for text in texts:
        assert MARKS[language] in text
    whole = " ".join(texts)
    head, body = docx_text(report_docx(report, kept, language))
    assert head == MARKS[language]
    for said in (whole, re.sub(r"\s+", " ", body)):
        assert CONFIRMED[language] in said
        for each in (*QUESTIONS, "250 KGST <биржага> түштү.", "Нужны сведения."):
            assert each in said
        assert said.replace(" ", "").count(kept.head) == 2
        assert "Clayton's case" in said
        assert "0x" + "5e" * 20 in said.replace(" ", "")
        for name in kept.files:
            assert name in said
    assert {"ky": "Тыянактар", "ru": "Выводы", "en": "Conclusion"}[language] in whole
    shown = {"ky": "466,666666666666666667", "ru": "466,666666666666666667"}
    assert shown.get(language, "466.666666666666666667") in whole


def test_the_same_data_gives_the_same_bytes(report, kept):
    for make in (report_docx, report_pdf):
        assert make(report, kept, "ky") == make(Report.read(report.json()), kept, "ky")
    other = report.with_(place="Ош")
    assert report_docx(other, kept, "ky") != report_docx(report, kept, "ky")


def test_a_report_is_json_that_is_edited_and_read_strictly(report):
    content = json.loads(report.json())
    assert Report.read(report.json()) == report
    content["limits"] = "другие"
    assert Report.read(json.dumps(content)).limits == "другие"
    content["findings"][0]["entry"] = 1
    assert "entry" in refused("specialist.malformed", Report.read, json.dumps(content))["reason"]
    refused("specialist.malformed", Report.read, b"{")
    refused("specialist.malformed", Report.read, b"\xff")
    refused("specialist.malformed", report.with_, unknown="x")
    refused("specialist.malformed", report.with_, questions=[1])


@pytest.mark.parametrize(
    ("changes", "code", "params"),
    [
        ({"questions": ()}, "no_question", {}),
        ({"questions": (*QUESTIONS, "Third?")}, "question_unanswered", {"question": 3}),
        ({"questions": (" ", QUESTIONS[1])}, "question_unanswered", {"question": 1}),
        ({"answers": (Answer(1, " ", (1,)),)}, "question_unanswered", {"question": 1}),
        ({"findings": ()}, "answer_unfounded", {"question": 1}),
        ({"findings": (Finding("x", ()),) * 2}, "finding_unfounded", {"finding": 1}),
        (
            {"findings": (Finding("x", (1,)), Finding("", (1,)))},
            "finding_unfounded",
            {"finding": 2},
        ),
        ({"findings": (Finding("x", (6,)),) * 2}, "finding_unfounded", {"finding": 1}),
        ({"annexes": (Annex("x", "else.csv"),)}, "annex_unknown", {"name": "else.csv"}),
        ({"number": " "}, "field_missing", {"field": "number"}),
        ({"order": Order()}, "field_missing", {"field": "order.number"}),
        ({"specialist": Specialist()}, "field_missing", {"field": "specialist.name"}),
    ],
)
def test_a_report_that_may_not_go_out_is_refused_and_says_why(report, kept, changes, code, params):
    changed = report.with_(**changes)
    for make in (report_docx, report_pdf):
        said = refused(f"specialist.{code}", make, changed, kept, "ru")
        assert {**said, **params} == said
    assert report_docx(changed, kept, "ru", form=True)
    report.check(kept)


def test_answers_that_are_too_many_are_refused(report, kept):
    twice = (*report.answers, Answer(1, "again", (1,)))
    refused("specialist.answer_unknown", report.with_(answers=twice).check, kept)
    more = (*report.answers, Answer(3, "to nobody", (1,)))
    refused("specialist.answer_unknown", report.with_(answers=more).check, kept)
    unfounded = (report.answers[0], Answer(2, "x", (3,)))
    refused("specialist.answer_unfounded", report.with_(answers=unfounded).check, kept)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_is_printed_with_what_is_missing_left_open(kept, language):
    blank = Report.of(kept, questions=["1?", "2?"])
    refused("specialist.field_missing", report_pdf, blank, kept, language)
    texts = pages(report_pdf(blank, kept, language, form=True))
    assert all(MARKS[language] in text for text in texts)
    assert "".join(texts).count("_" * 30) > 12
    said = {"ky": "Бланк:", "ru": "Бланк:", "en": "A form:"}[language]
    assert said in texts[0]


def test_a_report_on_an_exhibit_that_cannot_be_made_again_is_refused(report, kept):
    wrong = samples.exhibit(samples.ledger(scale=samples.WHOLE, moves=samples.MOVES[:4]))
    mixed = Exhibit(kept.entries, {**kept.files, "ledger.csv": wrong.files["ledger.csv"]})
    for make in (report_docx, report_pdf):
        with pytest.raises(NotAsWritten, match=r"exhibits\.other_ledger"):
            make(report, mixed, "ky")


def test_annexes_are_tables_or_hashes(report, kept):
    later = samples.AT + timedelta(hours=1)
    files = {
        "many.csv": b"a,b\n" + b"1,2\n" * 300,
        "wide.csv": b",".join(b"c%d" % each for each in range(30)) + b"\n1\n",
        "bad.csv": b"\xff\xfe",
        "empty.csv": b"",
        "ragged.csv": b"a,b\n1\n1,2,3\n",
    }
    more = kept.add(files, by="a", at=later)
    names = [*files, "fifo-forward-accounts.csv", "ledger.csv", "chat.txt"]
    changed = report.with_(annexes=tuple(Annex(f"annex {each}", each) for each in names))
    texts = pages(report_pdf(changed, more, "en"))
    whole = " ".join(texts)
    assert "Printed: the first 200 of 300 rows." in whole
    for each in names:
        assert sum(f"annex {each}" in text for text in texts) == 2
    assert "c17" not in whole
    assert "Still held" in whole
    assert report_docx(changed, more, "en")


def test_importing_reports_loads_none_of_the_heavy_parts():
    code = "import sys, sandbox.forensics.reports; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"numpy", "numba", "polars", "reportlab"} & set(loaded.stdout.split()) == set()


def test_every_wording_of_reports_is_raised_somewhere_and_every_code_has_one():
    source = (CHECKOUT / "sandbox/forensics/reports/report.py").read_text()
    told = tomllib.loads((CHECKOUT / "sandbox/locale/errors/specialist.toml").read_text("utf-8"))
    raised = {f"specialist.{part.split(chr(34))[0]}" for part in source.split('"specialist.')[1:]}
    assert raised - {"specialist.name"} == set(told)
