"""Lists on paper: pages on their side, numbered, the headings on each, the notice on the first.

Rules:

1. A column is as wide as its words need, then as its text would like; what is too long for its
   column goes on in the next line, never off the page.
2. So many lines at most (:data:`MOST_LINES`): laying out is work that one reader does at a time.
   Longer lists are refused before anything is laid out; CSV and XLSX hold them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from reportlab.pdfbase.pdfmetrics import stringWidth

from sandbox.kit.errors import InvalidInput
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.paper import pdf
from sandbox.web.export_words import column_text, title_text, truth_text
from sandbox.web.letter_pdf import NOTICES, PAGE

MOST_LINES: Final = 1_000
"""Lines of one PDF."""
CELL: Final = pdf.style("cell", 7)
HEAD: Final = pdf.style("head", 7, fontName="Inter-Bold")
ROOM: Final = 8
"""Points between two columns."""
WIDEST: Final = 130
"""Points that a column may like to have."""


def table_pdf(
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    lang: Language,
    at: datetime,
    node_modules: Path,
) -> bytes:
    """A list as PDF.

    Args:
        name: of the list, one of ``export_words.TITLES``.
        header: names of ``export_words.COLUMNS``.
        rows: cells as in ``exports.table_answer``.
        lang: the reader's language.
        at: now; stands on every page.
        node_modules: where the typeface lies.

    Raises:
        InvalidInput: ``export.too_long``.
        Unavailable: ``papers.busy``.
    """
    found = list(islice(rows, MOST_LINES + 1))
    if len(found) > MOST_LINES:
        raise InvalidInput("export.too_long", most=MOST_LINES)
    texts = [[cell_text(lang, cell) for cell in row] for row in found]
    headings = [column_text(lang, each) for each in header]
    title = title_text(lang, name)
    return pdf.make_pdf(
        lambda: _story(lang, title, at, [headings, *texts]),
        node_modules=node_modules,
        title=title,
        foot=f"{title} · {forms.when(at, lang)} · Synak",
        lang=lang,
        page_word=translator(lang).gettext(PAGE),
        across=True,
    )


def cell_text(lang: Language, cell: object) -> str:
    """A cell in the reader's form.

    >>> cell_text("en", 12_500), cell_text("en", None), cell_text("en", True)
    ('12,500', '', 'yes')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return truth_text(lang, cell)
    if isinstance(cell, int):
        return forms.number(cell, lang)
    if isinstance(cell, datetime):
        return forms.when(cell, lang)
    return forms.day(cell, lang) if isinstance(cell, date) else str(cell)


def widths_of(rows: Sequence[Sequence[str]], width: float) -> list[float]:
    """Shares of a width, a column each: room for its longest word, then for its text.

    Args:
        rows: the headings first.
        width: points.
    """
    columns = list(zip(*rows, strict=True))
    least = [max(_wide(word) for cell in each for word in cell.split() or [""]) for each in columns]
    liked = [
        max(low, min(WIDEST, max(map(_wide, each))))
        for low, each in zip(least, columns, strict=True)
    ]
    spare = width - sum(least)
    if spare <= 0:
        return [each / sum(least) for each in least]
    more = [want - low for want, low in zip(liked, least, strict=True)]
    part = spare / sum(more) if sum(more) else 0.0
    sized = [low + add * part for low, add in zip(least, more, strict=True)]
    return [each / sum(sized) for each in sized]


def _wide(text: str) -> float:
    return float(stringWidth(text, HEAD.fontName, HEAD.fontSize)) + ROOM + 1


def _story(
    lang: Language, title: str, at: datetime, rows: Sequence[Sequence[str]]
) -> Iterator[Any]:
    _ = translator(lang).gettext
    for _lang, notice in NOTICES:
        yield pdf.line(notice, pdf.SMALL)
    yield pdf.gap(1)
    yield pdf.rule(pdf.ACROSS)
    yield pdf.line(title, pdf.TITLE)
    count = _("Found: %(count)s") % {"count": forms.number(len(rows) - 1, lang)}
    yield pdf.line(f"{count} · {forms.when(at, lang)} · {_('Bishkek time')}", pdf.SMALL)
    yield pdf.gap(2)
    cells = [
        [pdf.line(cell, CELL if place else HEAD) for cell in row] for place, row in enumerate(rows)
    ]
    yield pdf.table(cells, widths_of(rows, pdf.ACROSS), head=1, width=pdf.ACROSS)
