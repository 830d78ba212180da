"""Lists and reports on paper: all of it on the page, numbered, in the reader's words."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pypdf import PdfReader

from sandbox.kit.errors import InvalidInput
from sandbox.locale.catalogue import LANGUAGES, Language
from sandbox.paper import pdf
from sandbox.toolchain.layout import node_modules
from sandbox.web.export_pdf import MOST_LINES, table_pdf, widths_of
from sandbox.web.incidents import HEADER

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ROW = (
    *("I-2026-00001", "SB-2026-0001", "Damage of a chain's journal", "Critical", "Final report"),
    *("aigul", AT, AT, AT, True, 1_250_000, AT, AT),
)
A4_ACROSS = (842, 595)
PAGES = {"ky": "бет", "ru": "стр.", "en": "page"}


def _read(made: bytes) -> list[str]:
    return [
        re.sub(r"\s+", " ", page.extract_text()).replace("\xad", "")
        for page in PdfReader(io.BytesIO(made)).pages
    ]


def _made(lang: Language, lines: int, row: tuple[object, ...] = ROW) -> bytes:
    return table_pdf(
        "incidents", HEADER, [row] * lines, lang=lang, at=AT, node_modules=node_modules()
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_register_has_headings_and_numbers_on_every_page(lang: Language) -> None:
    made = _made(lang, 60)
    pages = _read(made)
    assert len(pages) > 1
    number = {"ky": "Номери", "ru": "Номер", "en": "Number"}[lang]
    for place, text in enumerate(pages, 1):
        assert f"{PAGES[lang]} {place} / {len(pages)}" in text
        assert number in text
    assert sum(text.count("I-2026-00001") for text in pages) == 60
    assert {"ky": "Симуляцияланган", "ru": "Симулированные", "en": "Simulated"}[lang] in pages[0]
    assert {"ky": "ооба", "ru": "да", "en": "yes"}[lang] in pages[0]
    box = PdfReader(io.BytesIO(made)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == A4_ACROSS


def test_columns_fill_the_page_and_hold_their_longest_word() -> None:
    rows = [["a", "b", "c"], ["short", "a longer text of many words", "wordwithoutanyspace" * 2]]
    shares = widths_of(rows, 700)
    assert sum(shares) == pytest.approx(1)
    assert shares[2] > shares[0]
    narrow = widths_of([["x" * 200, "y" * 200]], 700)
    assert sum(narrow) == pytest.approx(1)


def test_what_people_typed_is_text_and_a_list_without_lines_is_a_page() -> None:
    row = ("<b>I</b>", *ROW[1:4], "&amp;", *ROW[5:9], False, Decimal("1.5"), None, None)
    (text,) = _read(_made("en", 1, row))
    assert "<b>I</b>" in text
    assert "&amp;" in text
    assert "Found: 0" in _read(_made("en", 0))[0]


def test_a_longer_list_is_refused_before_it_is_laid_out() -> None:
    with pytest.raises(InvalidInput) as caught:
        _made("en", MOST_LINES + 1)
    assert caught.value.code == "export.too_long"


@pytest.mark.parametrize("told", ["word " * 4_000, "line\n" * 200, "x" * 20_000])
def test_a_long_text_beside_its_label_goes_on_over_pages(told: str) -> None:
    made = pdf.make_pdf(
        lambda: [pdf.facts(("Reasons", f"{told}the end"), ("Digest", "abc"))],
        node_modules=node_modules(),
        title="t",
        foot="f",
        lang="en",
        page_word="page",
    )
    pages = _read(made)
    assert len(pages) > 1
    assert "the end" in pages[-1]
    assert pages[-1].index("Digest") > pages[-1].index("the end")
