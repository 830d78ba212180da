"""A mark sheet as files: PDF for the signatures on paper, XLSX for the office."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.locale import translator
from sandbox.paper import pdf
from sandbox.web.exports import workbook
from sandbox.web.letter_pdf import PAGE
from sandbox.web.mark_sheet_paper import LISTED, TITLE, Pair, Paper, pair

BEFORE_PARTS = 3
"""Columns before the points of modules."""
WIDTHS = (0.05, 0.31, 0.13, 0.08, 0.07, 0.07, 0.16, 0.13)
PART = 0.09
"""For each module's points, beside the shares above; the name gives a sixth of it."""
CENTRE = pdf.style("centre", 13, fontName="Inter-Bold", alignment=1, spaceAfter=2)
NOTE = pdf.style("note", 10, fontName="Inter-Bold", alignment=1, spaceAfter=4)
CELL = pdf.style("cell", 8.5)


def sheet_pdf(paper: Paper, *, node_modules: Path) -> bytes:
    """Lay a sheet out; the whole course's lies on its side, for the points of its modules.

    Raises:
        Unavailable: ``papers.busy``.
    """
    foot = f"SHA-256 {paper.digest}" if paper.digest else paper.notes[0].line
    return pdf.make_pdf(
        lambda: _story(paper),
        node_modules=node_modules,
        title=paper.title.ky,
        foot=foot,
        lang="ky",
        page_word=translator("ky").gettext(PAGE),
        subject=paper.digest,
        across=bool(paper.parts),
    )


def _story(paper: Paper) -> Iterator[Any]:
    width = pdf.ACROSS if paper.parts else pdf.WIDTH
    yield pdf.line(paper.title.line, CENTRE)
    for each in paper.notes:
        yield pdf.line(each.line, NOTE)
    facts = [[pdf.line(label.line, pdf.LABEL), pdf.line(value)] for label, value in paper.facts]
    yield pdf.table(facts, (0.32, 0.68), width=width)
    yield pdf.gap(4)
    widths = list(WIDTHS)
    widths[1] -= PART / 6 * len(paper.parts)
    widths[BEFORE_PARTS:BEFORE_PARTS] = [PART] * len(paper.parts)
    scaled = [each / sum(widths) for each in widths]
    head = [_stacked(each) for each in _headings(paper)]
    rows = [[_cell(each) for each in row] for row in paper.printed]
    yield pdf.table([head, *rows], scaled, head=1, width=width)
    yield pdf.room(70)
    yield pdf.line(paper.totals_title.line, pdf.HEADING)
    counts = [
        [pdf.line(each.letter, CELL), pdf.line(each.words.line, CELL), _cell(each.count)]
        for each in paper.totals
    ]
    yield pdf.table(counts, (0.08, 0.52, 0.1), width=width)
    yield pdf.gap(6)
    for each in paper.signers:
        line = [pdf.line(each.line), pdf.line("_" * 46)]
        yield pdf.table(
            [line, ["", pdf.line(paper.to_fill.line, pdf.SMALL)]],
            (0.4, 0.6),
            ruled=False,
            width=width,
        )


def _headings(paper: Paper) -> tuple[Pair, ...]:
    return (*paper.columns[:BEFORE_PARTS], *paper.parts, *paper.columns[BEFORE_PARTS:])


def _stacked(heading: Pair) -> list[Any]:
    texts = dict.fromkeys((heading.ky, heading.ru))
    return [pdf.line(each, pdf.SMALL) for each in texts]


def _cell(value: str | int) -> Any:
    return pdf.line(str(value), CELL)


def sheet_xlsx(paper: Paper) -> bytes:
    """Two tables: the lines, and what the sheet is; each text is a text (``exports``)."""
    facts = [
        *((each.line, "") for each in paper.notes),
        *((label.line, value) for label, value in paper.facts),
        *((f"{each.letter} {each.words.line}".strip(), each.count) for each in paper.totals),
        *([("SHA-256", paper.digest)] if paper.digest else []),
    ]
    lines, about = pair(TITLE).ky, pair(LISTED).ky
    return workbook(
        [
            (lines, [each.line for each in _headings(paper)], paper.rows),
            (about, [paper.title.line, ""], facts),
        ]
    )
