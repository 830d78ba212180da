"""A paper of blocks as PDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from reportlab.platypus import PageBreak

from sandbox.paper import pdf
from sandbox.paper.blocks import Block, Facts, Grid, Heading, NewPage, Paper, Text

REMARK: Final = pdf.style("remark", 8, textColor=pdf.SOFT, spaceAfter=3)
CELL: Final = pdf.style("cell", 8)
HEAD: Final = pdf.style("cell-head", 8, fontName="Inter-Bold")


def paper_pdf(paper: Paper, *, node_modules: Path) -> bytes:
    """Lay a paper out.

    Args:
        paper: what stands on it.
        node_modules: where the typeface lies.

    Raises:
        Unavailable: ``papers.busy``.
    """
    return pdf.make_pdf(
        lambda: (each for block in paper.blocks for each in _laid(block)),
        node_modules=node_modules,
        title=paper.title,
        head=paper.head,
        foot=paper.foot,
        lang=paper.lang,
        page_word=paper.page_word,
        subject=paper.head,
    )


def _laid(block: Block) -> Iterator[Any]:
    match block:
        case Heading(text, 0):
            yield from (pdf.line(text, pdf.TITLE), pdf.rule())
        case Heading(text, _):
            yield from pdf.heading(text)
        case Text(text, small):
            yield from pdf.text(text, REMARK if small else pdf.TEXT)
        case Facts(pairs):
            if pairs:
                yield from (pdf.facts(*pairs), pdf.gap(2.5))
        case Grid():
            yield from (_table(block), pdf.gap(2.5))
        case NewPage():
            yield PageBreak()


def _table(grid: Grid) -> Any:
    rows = [[pdf.line(name, HEAD) for name in grid.head]]
    for row in grid.rows:
        rows += pdf.flowing([pdf.text(cell, CELL) for cell in row])
    return pdf.table(rows, grid.widths, head=1)
