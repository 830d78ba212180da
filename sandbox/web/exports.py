"""Tables as files: CSV for programs, XLSX for spreadsheets, PDF for paper; the same values.

Rules:

1. CSV is UTF-8 with a byte order mark; what begins like a formula, in wide letters too, gets
   an apostrophe before it (OWASP, CSV Injection). Numbers are plain, moments ISO 8601 with their
   offset.
2. In XLSX a text is a text, whatever it begins with: never a formula, a number or a link.
   Whole numbers that a spreadsheet holds exactly are numbers, shown in its own language's form;
   moments are Bishkek times.
3. Headings of CSV are names for programs; those of XLSX and PDF are in the reader's language, and
   so is yes or no. A PDF has numbered pages and the notice on its first (``export_pdf``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from starlette.responses import Response, StreamingResponse

from sandbox.locale.catalogue import Language
from sandbox.locale.forms import ZONE
from sandbox.web.export_pdf import table_pdf
from sandbox.web.export_words import column_text, truth_text
from sandbox.web.uploads import download
from sandbox.web.visit import Visit

INSIDE: Final = re.compile(r"([;\t\r\n][\s\"]*)([=+\-@＝＋－＠])")
"""A formula behind what divides cells where a comma is in numbers: Russian and Kyrgyz settings."""
CSV_PART: Final = 200
"""Lines of a CSV file that are read and sent together."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
EXACT: Final = 10**15
"""Whole numbers below it are held exactly by a spreadsheet."""
LONGEST_CELL: Final = 32_767
"""Characters of a cell. Source: Excel's limits."""
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS: Final = ("csv", "xlsx", "pdf")
"""What a list can be exported as."""
Rows = Iterable[Sequence[object]]


def table_answer(visit: Visit, form: str, name: str, header: Sequence[str], rows: Rows) -> Response:
    """A table as a download.

    Args:
        visit: who takes it: the language, the moment, where the typeface lies.
        form: one of ``FORMS``.
        name: the file's, without its ending; one of ``export_words.TITLES`` for a PDF.
        header: names of ``export_words.COLUMNS``.
        rows: cells: text, yes or no, whole numbers, decimals, days, moments, None.

    Raises:
        InvalidInput: ``export.too_long`` for a PDF.
        Unavailable: ``papers.busy``.
    """
    lang = visit.lang
    if form == "pdf":
        made = table_pdf(
            name, header, rows, lang=lang, at=visit.at, node_modules=visit.parts.node_modules
        )
        return pdf_answer(made, name)
    if form == "xlsx":
        headings = [column_text(lang, each) for each in header]
        made = workbook([(name, headings, _said(lang, rows))])
        return download(BytesIO(made), name=f"{name}.xlsx", media=XLSX, size=len(made))
    return csv_answer(f"{name}.csv", header, rows)


def pdf_answer(made: bytes, name: str) -> Response:
    """A PDF as a download. ``name``: the file's, without its ending."""
    return download(BytesIO(made), name=f"{name}.pdf", media="application/pdf", size=len(made))


def _said(lang: Language, rows: Rows) -> Rows:
    """Yes and no in words."""
    for row in rows:
        yield [truth_text(lang, cell) if isinstance(cell, bool) else cell for cell in row]


def csv_answer(name: str, header: Sequence[str], rows: Rows) -> Response:
    """A table as a CSV file that spreadsheet programs open safely, sent as it is read."""
    return StreamingResponse(
        csv_parts(header, rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_parts(header: Sequence[str], rows: Rows) -> Iterator[str]:
    """The text of a CSV file, some lines at a time."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([_harmless(_plain(cell)) for cell in row])
        if number % CSV_PART == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet reckons, whatever it takes for the divider.

    >>> _harmless("=1+1"), _harmless("Asan;=1+1"), _harmless("a-b; c")
    ("'=1+1", "Asan;'=1+1", 'a-b; c')
    """
    inside = INSIDE.sub(r"\1'\2", cell)
    return f"'{inside}" if cell[:1] in FORMULA else inside


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def workbook(sheets: Iterable[tuple[str, Sequence[str], Rows]]) -> bytes:
    """An XLSX file.

    Args:
        sheets: name (at most 31 characters), headings and rows of each.
    """
    out = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        styles = _styles(book)
        for name, header, rows in sheets:
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for place, heading in enumerate(header):
                sheet.write_string(0, place, heading, styles["head"])
                sheet.set_column(place, place, 22)
            for line, row in enumerate(rows, 1):
                for place, cell in enumerate(row):
                    _write(sheet, (line, place), cell, styles)
    return out.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    return {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "number": book.add_format({"num_format": "#,##0"}),
        "decimal": book.add_format({"num_format": "#,##0.00################"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
    }


def _write(sheet: Any, at: tuple[int, int], cell: object, styles: dict[str, Any]) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, datetime):
        local = cell.astimezone(ZONE).replace(tzinfo=None)
        sheet.write_datetime(*at, local, styles["moment"])
    elif isinstance(cell, date):
        sheet.write_datetime(*at, cell, styles["day"])
    elif type(cell) is int and abs(cell) < EXACT:
        sheet.write_number(*at, cell, styles["number"])
    elif isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= 15:
        sheet.write_number(*at, cell, styles["decimal"])
    else:
        sheet.write_string(*at, str(cell)[:LONGEST_CELL])
