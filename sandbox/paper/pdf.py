"""Pages to print as PDF: one typeface with Kyrgyz letters, page numbers, the notice on each page.

Rules:

1. The typeface is embedded, so that a letter looks the same everywhere and its text, ө ү ң too, can
   be searched and copied. It comes from the locked npm packages, as the pages' own does.
2. What people typed is text: nothing of it is markup.
3. The same content gives the same bytes.
4. One PDF is made at a time: it is work, and the library keeps state for the whole process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from html import escape
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import segno
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from sandbox.kit.errors import Unavailable

INK: Final = HexColor("#16211d")
SOFT: Final = HexColor("#4a5650")
LINE: Final = HexColor("#b9c0ba")
ACCENT: Final = HexColor("#0b5a53")
MARGIN: Final = 18 * mm
INSET: Final = 6
"""Points that the library keeps free on each side of its column."""
WIDTH: Final = A4[0] - 2 * MARGIN - 2 * INSET
ACROSS: Final = A4[1] - 2 * MARGIN - 2 * INSET
"""Points between the margins of a page that lies on its side."""
PIECE: Final = 600
"""Characters of one cell: a longer text goes on in the next row, which may be on the next page."""
PIECE_LINES: Final = 14
WAIT_SECONDS: Final = 20.0
FACES: Final = {
    "Inter": "400Regular/Inter_400Regular.ttf",
    "Inter-Bold": "700Bold/Inter_700Bold.ttf",
}
_ONE_AT_A_TIME: Final = threading.Lock()


def style(name: str, size: float, **more: Any) -> ParagraphStyle:
    """A style of text. ``size``: points."""
    base: dict[str, Any] = {"fontName": "Inter", "textColor": INK, "leading": size * 1.4}
    return ParagraphStyle(name, fontSize=size, **{**base, **more})


TEXT: Final = style("text", 9.5, spaceAfter=3)
SMALL: Final = style("small", 8, textColor=SOFT)
LABEL: Final = style("label", 8, textColor=SOFT, spaceBefore=2)
TITLE: Final = style("title", 15, fontName="Inter-Bold", leading=19, spaceAfter=4)
HEADING: Final = style("heading", 11, fontName="Inter-Bold", spaceBefore=10, spaceAfter=4)


def make_pdf(  # noqa: PLR0913 - what stands on a file
    story: Callable[[], Iterable[Flowable]],
    *,
    node_modules: Path,
    title: str,
    foot: str,
    lang: str,
    page_word: str,
    subject: str = "",
    head: str = "",
    across: bool = False,
) -> bytes:
    """Lay pages out.

    Args:
        story: makes what stands on them, in order, once the typeface is known.
        node_modules: where the locked npm packages lie.
        title: of the document.
        foot: stands at the foot of each page.
        lang: the language that comes first.
        page_word: ``page`` in the reader's language.
        subject: stands in the file's own description, for programs.
        head: stands at the head of each page, if anything.
        across: pages lie on their side, for wide tables.

    Raises:
        Unavailable: ``papers.busy``.
    """
    if not _ONE_AT_A_TIME.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("papers.busy")
    try:
        _register(node_modules)
        out = BytesIO()
        document = SimpleDocTemplate(
            out,
            pagesize=landscape(A4) if across else A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=22 * mm,
            title=title,
            author="Synak",
            subject=subject,
            lang=lang,
            invariant=1,
        )
        document.build(list(story()), canvasmaker=_numbered(foot, page_word, head))
        return out.getvalue()
    finally:
        _ONE_AT_A_TIME.release()


@lru_cache(maxsize=4)
def _register(node_modules: Path) -> None:
    """Make the typeface known; once."""
    for name, path in FACES.items():
        pdfmetrics.registerFont(TTFont(name, node_modules / "@expo-google-fonts/inter" / path))
    pdfmetrics.registerFontFamily(
        "Inter", normal="Inter", bold="Inter-Bold", italic="Inter", boldItalic="Inter-Bold"
    )


def _numbered(foot: str, page_word: str, head: str) -> type[Canvas]:
    """A canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):  # type: ignore[misc] # the library says nothing of its types
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            """Keep the page for the end."""
            self.pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Write each page's number, then the whole."""
            for number, state in enumerate(self.pages, 1):
                self.__dict__.update(state)
                self.setFont("Inter", 7.5)
                self.setFillColor(SOFT)
                self.drawString(MARGIN + INSET, 13 * mm, foot[:110])
                text = f"{page_word} {number} / {len(self.pages)}"
                self.drawRightString(self._pagesize[0] - MARGIN - INSET, 13 * mm, text)
                if head:
                    self.setFont("Inter-Bold", 9)
                    self.setFillColor(INK)
                    self.drawCentredString(self._pagesize[0] / 2, self._pagesize[1] - 12 * mm, head)
                super().showPage()
            super().save()

    return Numbered


def text(value: str, kind: ParagraphStyle = TEXT) -> list[Flowable]:
    """A text as typed, in pieces that pages can break between."""
    return [Paragraph(each, kind) for each in pieces(value)]


def line(value: str, kind: ParagraphStyle = TEXT) -> Flowable:
    """One short text."""
    return Paragraph(escape(value), kind)


def heading(value: str) -> list[Flowable]:
    """A heading that is never the last thing on its page."""
    return [room(), Paragraph(escape(value), HEADING)]


def room(height: float = 30) -> Flowable:
    """Go on to the next page unless so much is left. ``height``: millimetres."""
    return CondPageBreak(height * mm)


def pieces(value: str) -> list[str]:
    r"""A text as escaped markup, cut where lines or words end.

    >>> pieces("a < b\nc")
    ['a &lt; b<br/>c']
    """
    found: list[list[str]] = [[]]
    for row in value.split("\n"):
        for part in _parts(row):
            now = found[-1]
            if now and (len(now) >= PIECE_LINES or sum(map(len, now)) + len(part) > PIECE):
                found.append([])
            found[-1].append(part)
    return ["<br/>".join(escape(part) for part in rows) for rows in found]


def _parts(row: str) -> Iterable[str]:
    while len(row) > PIECE:
        place = row.rfind(" ", PIECE // 2, PIECE)
        place = PIECE if place < 0 else place
        yield row[:place]
        row = row[place:].lstrip()
    yield row


def facts(*pairs: tuple[str, str]) -> Flowable:
    """What is known of something: a label and its text each, over as many pages as they need."""
    rows = [row for label, value in pairs for row in flowing([[line(label, LABEL)], text(value)])]
    return table(rows, (0.35, 0.65))


def flowing(cells: Sequence[Sequence[Flowable]]) -> list[list[Any]]:
    """A row whose cells may be long, as rows that pages can break between.

    Args:
        cells: each in its pieces, in order.
    """
    return [list(row) for row in zip_longest(*cells, fillvalue="")]


def beside(left: str, right: str, kind: ParagraphStyle = TEXT) -> Flowable:
    """Two texts side by side, over as many pages as they need."""
    rows = [
        [Paragraph(one, kind), Paragraph(other, kind)]
        for one, other in zip_longest(pieces(left), pieces(right), fillvalue="")
    ]
    return table(rows, (0.5, 0.5), ruled=False)


def table(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *,
    ruled: bool = True,
    head: int = 0,
    width: float = WIDTH,
) -> Flowable:
    """A table.

    Args:
        rows: cells, flowables each.
        widths: shares of the page's width.
        ruled: with a line under each row.
        head: so many rows are repeated on each page.
        width: points; ``ACROSS`` on pages that lie on their side.
    """
    look: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    if ruled:
        look.append(("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE))
    sized = [share * width for share in widths]
    return Table(list(rows), colWidths=sized, style=look, repeatRows=head, hAlign="LEFT")


def rule(width: float = WIDTH) -> Flowable:
    """A line over the page's width. ``width``: points; ``ACROSS`` on its side."""
    look = [("LINEABOVE", (0, 0), (-1, 0), 1.2, ACCENT)]
    return Table([[""]], colWidths=[width], rowHeights=[4], style=look)


def gap(height: float) -> Flowable:
    """Empty space. ``height``: millimetres."""
    return Spacer(1, height * mm)


def qr(address: str, size: float = 26) -> Flowable:
    """An address as a QR code. ``size``: millimetres. Source: ISO/IEC 18004."""
    rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    cell = size * mm / len(rows)
    drawing = Drawing(size * mm, size * mm)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                place = (across * cell, (len(rows) - 1 - down) * cell)
                drawing.add(Rect(*place, cell, cell, fillColor=INK, strokeColor=None))
    return drawing
