"""A paper of blocks as DOCX and as PDF: the same bytes, whole XML, everything on it."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree as ET

from pypdf import PdfReader

from sandbox.paper.blocks import Facts, Grid, Heading, NewPage, Paper, Text
from sandbox.paper.blocks_pdf import paper_pdf
from sandbox.paper.docx import FIRST_MOMENT, paper_docx
from sandbox.toolchain.layout import node_modules

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TYPED = "<b>Өтүү & ү\x00ң</b>"
PAPER = Paper(
    title="Тажрыйба",
    lang="ky",
    head="Окуу материалы",
    foot="№ 7 {PAGE}",
    page_word="бет",
    blocks=(
        Heading("Тажрыйба", 0),
        Heading("1. Биринчи"),
        Text(f"{TYPED}\nэкинчи сап"),
        Text("эскертүү", small=True),
        Facts((("Күнү", "2026-11-23"), ("Жери", ""))),
        Facts(()),
        Grid(("A", "B"), tuple((str(each), "0x" + "a" * 64) for each in range(90)), (0.2, 0.8)),
        NewPage(),
        Text("акыркы барак"),
    ),
)


def opened(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert {each.date_time for each in package.infolist()} == {FIRST_MOMENT}
        return {name: package.read(name) for name in package.namelist()}


def test_the_same_paper_gives_the_same_bytes():
    assert paper_docx(PAPER) == paper_docx(PAPER)
    pdfs = [paper_pdf(PAPER, node_modules=node_modules()) for _ in range(2)]
    assert pdfs[0] == pdfs[1]


def test_a_docx_holds_what_it_names_and_names_what_it_holds():
    parts = opened(paper_docx(PAPER))
    assert next(iter(parts)) == "[Content_Types].xml"
    trees = {name: ET.fromstring(content) for name, content in parts.items()}
    types = {each.get("PartName") for each in trees["[Content_Types].xml"]} - {None}
    assert types == {f"/{each}" for each in parts if each.endswith(".xml")} - {
        "/[Content_Types].xml"
    }
    for place, base in (("_rels/.rels", ""), ("word/_rels/document.xml.rels", "word/")):
        assert {base + each.get("Target") for each in trees[place]} <= set(parts)
    names = {e.get(f"{W}styleId") for e in trees["word/styles.xml"].iter(f"{W}style")}
    used = {e.get(f"{W}val") for e in trees["word/document.xml"].iter(f"{W}pStyle")}
    assert used <= names


def test_a_docx_says_everything_as_it_was_typed():
    parts = opened(paper_docx(PAPER))
    document = ET.fromstring(parts["word/document.xml"])
    texts = [each.text or "" for each in document.iter(f"{W}t")]
    assert TYPED.replace("\x00", "\ufffd") in texts
    assert "экинчи сап" in texts
    rows = list(document.iter(f"{W}tr"))
    assert len(rows) == 2 + 91
    assert len(list(document.iter(f"{W}tblHeader"))) == 1
    heads = [e.get(f"{W}val") for e in document.iter(f"{W}pStyle")]
    assert (heads.count("Title"), heads.count("Heading1")) == (1, 1)
    assert "Окуу материалы" in parts["word/header1.xml"].decode()
    foot = parts["word/footer1.xml"].decode()
    assert "№ 7 {PAGE}" in foot
    assert re.findall(r'w:instr=" (\w+) "', foot) == ["PAGE", "NUMPAGES"]
    assert b'<w:lang w:val="ky"/>' in parts["word/styles.xml"]
    section = document.find(f"{W}body/{W}sectPr")
    assert [e.tag.removeprefix(W) for e in section][:2] == ["headerReference", "footerReference"]


def test_a_pdf_has_the_head_on_every_page_and_its_tables_go_on():
    pages = PdfReader(io.BytesIO(paper_pdf(PAPER, node_modules=node_modules()))).pages
    texts = [re.sub(r"\s+", " ", page.extract_text()) for page in pages]
    assert len(texts) >= 4
    for number, text in enumerate(texts, 1):
        assert "Окуу материалы" in text
        assert f"бет {number} / {len(texts)}" in text
    assert "<b>Өтүү &" in texts[0]
    assert "акыркы барак" in texts[-1]
    assert sum(text.count("0xaaaa") for text in texts) == 90
