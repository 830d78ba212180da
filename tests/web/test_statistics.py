"""Statistics of the year and exports: the same figures in every form, nothing that is a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services.report_opening import open_reports
from sandbox.store.alerts import AlertWatchTables
from sandbox.store.statistics import StatisticsTables
from sandbox.web import console
from sandbox.web.exports import csv_parts, workbook
from tests.services.alert_world import Ledger, add_customers
from tests.support.authority import another_authority
from tests.web.alert_desk import look_at_payments, watcher
from tests.web.seams import PEOPLE, START
from tests.web.test_incidents import WENT_WRONG
from tests.web.world import World

SPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "http://evil.example/")


def _sheet(made: bytes) -> list[list[tuple[str, str]]]:
    """Cells of the first sheet: kind (``s`` for text, ``n`` for a number) and what they show."""
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        texts = [
            "".join(each.itertext())
            for each in ET.fromstring(book.read("xl/sharedStrings.xml")).findall("x:si", SPACE)
        ]
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert sheet.findall(".//x:f", SPACE) == []
    assert sheet.findall(".//x:hyperlink", SPACE) == []
    found = []
    for row in sheet.findall(".//x:row", SPACE):
        cells = []
        for cell in row.findall("x:c", SPACE):
            value = cell.findtext("x:v", "", SPACE)
            kind = cell.get("t", "n")
            cells.append((kind, texts[int(value)] if kind == "s" else value))
        found.append(cells)
    return found


def printed(made: bytes) -> str:
    """What stands on a PDF, in one line."""
    reader = PdfReader(io.BytesIO(made))
    return re.sub(r"\s+", " ", " ".join(each.extract_text() for each in reader.pages))


def _csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_text_is_a_text_in_every_file() -> None:
    rows = [(each, 7, Decimal("1.25"), 10**15, None) for each in NASTY]
    cells = _sheet(workbook([("list", ["a", "b", "c", "d", "e"], rows)]))[1:]
    for text, row in zip(NASTY, cells, strict=True):
        assert row[0] == ("s", text.replace("\r", "_x000D_") if "\r" in text else text)
        assert [kind for kind, _ in row[1:]] == ["n", "n", "s"]
    lines = _csv("".join(csv_parts(["a"], [(each,) for each in NASTY])))[1:]
    assert [row[0][:1] for row in lines] == ["'"] * 6 + ["h"]


@pytest.mark.parametrize("text", ["＝1+1", "＋1", "－1", "＠SUM(A1)", "\n=1+1"])
def test_a_formula_in_wide_letters_or_behind_a_line_end_is_a_text_too(text: str) -> None:
    (row, other) = _csv("".join(csv_parts(["a"], [(text,), (f"x{text}",)])))[1:]
    inside = text.replace("\n=", "\n'=")
    assert (row[0], other[0]) == (f"'{inside}", f"x{inside}")


@pytest.mark.parametrize(
    "text", ["Asan;=1+1", 'Asan; "@SUM(A1)', "Asan\t-1", "Asan;＝1", "x\r\n+1"]
)
def test_a_formula_behind_another_settings_divider_is_a_text_too(text: str) -> None:
    """Russian and Kyrgyz Excel divide a CSV by semicolons, inside quotes that it did not open."""
    (row,) = _csv("".join(csv_parts(["a", "b"], [("s001", text)])))[1:]
    assert re.search(r"[;\t\n][\s\"]*'[=+\-@＝]", row[1])
    assert row[1].replace("'", "") == text
    (kept,) = _csv("".join(csv_parts(["a"], [("Kim; Lee - 7",)])))[1:]
    assert kept == ["Kim; Lee - 7"]


def test_moments_and_days_are_bishkek_times_in_a_workbook_and_iso_in_csv() -> None:
    at, day = datetime(2026, 11, 30, 18, tzinfo=UTC), date(2026, 12, 1)
    (_, row) = _sheet(workbook([("list", ["a", "b"], [(at, day)])]))
    assert [Decimal(value) for _, value in row] == [46357, 46357]
    (_, line) = _csv("".join(csv_parts(["a", "b"], [(at, day)])))
    assert line == ["2026-11-30T18:00:00+00:00", "2026-12-01"]


@pytest.fixture
def number(desk: World) -> str:
    """A year with a permit, payments, a refusal, a complaint, an incident and a report."""
    number = desk.granted()
    desk.submitted()
    store = desk.parts.store
    add_customers(store, number, 3)
    ledger = Ledger(store, at=START - timedelta(days=2))
    ledger.block((0, 1, 20_000), (0, 2, 5_000), minutes=60)
    ledger.block((1, 3, 400), (2, 3, 75), minutes=31)
    look_at_payments(desk)
    desk.refuse(number)
    desk.browser("aigul").act("/desk/incidents", {**WENT_WRONG, "permit": number})
    with store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    form = {"kind": "report", "what": "Monthly.", "expected": "It.", "due": "2026-12-14"}
    done = desk.browser("ermek").act(f"/desk/files/{file}/requirements", {**form, "every": "1"})
    assert done.status_code == 303, done.text
    desk.clock.forward(timedelta(days=24))
    assert open_reports(watcher(desk)) == 1
    return number


def _figures(text: str) -> dict[tuple[str, str], str]:
    return {(row[1], row[2]): row[3] for row in _csv(text)[1:]}


@pytest.mark.slow
def test_the_year_is_counted(desk: World, number: str) -> None:
    answer = desk.browser("ermek").get("/desk/cohort/statistics?form=csv")
    found = _figures(answer.text)
    for key, value in {
        ("Applications", "Submitted"): "2",
        ("Permits granted", ""): "1",
        ("Permits at the end", "Being put in force"): "1",
        ("Payments of customers, and money taken home", "KGST"): "2",
        ("Refusals", "Amount per transaction"): "1",
        ("Incidents reported", ""): "1",
        ("Incidents by kind", "Outage or delay"): "1",
        ("Alerts raised", ""): "0",
        ("Reports due", ""): "1",
        ("Reports not submitted", ""): "1",
    }.items():
        assert found.get(key) == value, (key, found)
    granted = [row for row in _csv(answer.text) if row[1].startswith("Paid and taken")]
    assert [row[3:] for row in granted] == [
        ["475", "KGST", "All authorities together"],
        ["0", "SOM", "All authorities together"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_every_form_says_the_same_in_each_language(desk: World, number: str, lang: str) -> None:
    browser, path = desk.browser("ermek", lang), "/desk/cohort/statistics"
    shown = browser.get(path).text
    lines = _csv(browser.get(f"{path}?form=csv").text)[1:]
    cells = _sheet(browser.get(f"{path}?form=xlsx").content)[1:]
    paper = printed(browser.get(f"{path}?form=pdf").content)
    assert len(lines) == len(cells) > 30
    for line, row in zip(lines, cells, strict=True):
        known = [cell for cell in line if cell]
        assert [value for _, value in row] == known
        assert line[1] in shown.replace("&#39;", "'")
        assert line[1] in paper
    sums = {"en": "475.00", "ru": "475,00", "ky": "475,00"}
    assert f"{sums[lang]}\u00a0KGST" in shown
    assert f"{sums[lang]} KGST" in paper.replace("\u00a0", " ")


@pytest.mark.slow
def test_the_page_is_for_supervisors_alone(desk: World, number: str) -> None:
    for who in ("aigul", "damira", "cholpon", "operator", "timur", "lira", "omar"):
        for form in ("", "?form=csv", "?form=xlsx", "?form=pdf"):
            assert desk.browser(who).get(f"/desk/cohort/statistics{form}").status_code == 404
    assert desk.browser("jyldyz").get("/desk/cohort/statistics").status_code == 200
    for year in ("2025", "2027", "20x6"):
        status = desk.browser("ermek").get(f"/desk/cohort/statistics?year={year}").status_code
        assert status == (200 if year == "20x6" else 404), year


@pytest.mark.slow
def test_each_authority_stands_beside_the_whole_and_sees_itself_alone(
    desk: World, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEOPLE, "saltanat", ("Saltanat", "market", Seat.REGULATOR))
    with desk.parts.store.unit() as u:
        another_authority(u, START)
        seats = (Seat.REGULATOR,)
        u.accounts.add(Account("saltanat", "Saltanat", "p-s", "market", seats, "en", True, START))
        other = u.files.get("F-2026-0002")
        u.files.save(replace(other, authority="market", submitted_at=START))
        u.commit()
    path = "/desk/cohort/statistics"
    seen = {
        who: _csv(desk.browser(who).get(f"{path}?form=csv").text)[1:]
        for who in ("jyldyz", "ermek", "saltanat")
    }
    counted = {
        who: {row[5]: row[3] for row in rows if row[1:3] == ["Applications", "Submitted"]}
        for who, rows in seen.items()
    }
    assert counted["jyldyz"] == {"All authorities together": "2", "NBKR": "1", "MARKET": "1"}
    assert counted["ermek"] == {"NBKR": "1"}
    assert counted["saltanat"] == {"MARKET": "1"}
    paid = {
        who: {
            row[5]: row[3]
            for row in rows
            if row[1].startswith("Paid and taken") and row[4] == "KGST"
        }
        for who, rows in seen.items()
    }
    assert paid["jyldyz"] == {"All authorities together": "475", "NBKR": "475", "MARKET": "0"}
    assert (paid["ermek"], paid["saltanat"]) == ({"NBKR": "475"}, {"MARKET": "0"})
    refused = {row[5] for row in seen["jyldyz"] if row[1] == "Refusals"}
    assert refused == {"All authorities together", "NBKR"}
    for who, parts in (("jyldyz", 3), ("ermek", 1)):
        page = desk.browser(who).get(path).text
        assert ("MARKET" in page) is (parts == 3)
        reader = PdfReader(io.BytesIO(desk.browser(who).get(f"{path}?form=pdf").content))
        printed = " ".join(each.extract_text() for each in reader.pages)
        assert ("MARKET" in printed) is (parts == 3)
        assert "475.00" in printed.replace("\u00a0", " ")
    monkeypatch.setattr(console, "USE_AGE", 3_600.0)
    charts = {who: desk.browser(who).get("/desk/cohort").text for who in ("ermek", "saltanat")}
    assert "475.00" in charts["ermek"]
    assert "475.00" not in charts["saltanat"]
    read: list[str] = []
    for name, of in (("complaints", StatisticsTables), ("hours_of_authority", AlertWatchTables)):
        monkeypatch.setattr(of, name, _noted(name, getattr(of, name), read))
    desk.browser("jyldyz").get(path)
    assert sorted(read) == ["complaints", "hours_of_authority", "hours_of_authority"]
    read.clear()
    for who in ("gulnara", "feruza", "saltanat", "saltanat"):
        desk.browser(who).get("/desk/cohort")
    assert read == [], "drawn once for all readers of one authority"


def _noted(name: str, real: Callable[..., Any], read: list[str]) -> Callable[..., Any]:
    def called(*args: Any) -> Any:
        read.append(name)
        return real(*args)

    return called


@pytest.mark.slow
def test_lists_are_exported_with_the_readers_sight_and_filters(desk: World, number: str) -> None:
    for path, mine in (
        ("/desk/permits", number),
        ("/desk/files", "F-2026-0001"),
        ("/desk/reports", "R-2026-00001"),
        ("/desk/incidents", "I-2026-00001"),
    ):
        for form in ("csv", "xlsx", "pdf"):
            both = {who: desk.browser(who).get(f"{path}?form={form}") for who in ("ermek", "omar")}
            assert {each.status_code for each in both.values()} == {200}, path
            shown = {"csv": lambda each: each.text, "xlsx": lambda each: str(_sheet(each.content))}
            read = shown.get(form, lambda each: printed(each.content))
            seen = {who: read(each) for who, each in both.items()}
            assert (mine in seen["ermek"], mine in seen["omar"]) == (True, False), (path, form)
    none = desk.browser("ermek").get("/desk/reports?state=report_accepted&form=xlsx").content
    assert len(_sheet(none)) == 1
    assert len(_sheet(desk.browser("ermek").get("/desk/reports?form=xlsx").content)) == 2
    assert desk.browser("ermek").get("/desk/complaints?form=xlsx").status_code == 200
    assert "Found: 0" in printed(desk.browser("ermek").get("/desk/complaints?form=pdf").content)
