"""The attendance sheet of an exam's room, in Kyrgyz with Russian: page, PDF and spreadsheet.

Before the exam it lists who is expected, afterwards also who started and handed in, and when. The
form is ours, made after what such sheets usually hold; each university has to confirm its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_
from sandbox.paper import pdf
from sandbox.services.exam_views import Attendance, Attended
from sandbox.web.exports import workbook
from sandbox.web.letter_pdf import PAGE
from sandbox.web.mark_sheet_files import CELL, CENTRE
from sandbox.web.mark_sheet_paper import COLUMNS as OF_SHEETS
from sandbox.web.mark_sheet_paper import FACTS as OF_SHEET
from sandbox.web.mark_sheet_paper import LISTED, NAME_AND_DATE, Pair, pair

TITLE = N_("Attendance sheet of an exam")
FACTS = {
    **{key: OF_SHEET[key] for key in ("university", "course")},
    "exam": N_("Exam"),
    **{key: OF_SHEET[key] for key in ("group", "term")},
    "window": N_("Opens and closes (Bishkek)"),
    "reopened": N_("Opened again after the closing"),
    "minutes": N_("Minutes that everybody has"),
}
COLUMNS = {
    **{key: OF_SHEETS[key] for key in ("place", "name", "number")},
    "started": N_("Started"),
    "handed_in": N_("Handed in"),
    "note": N_("Note"),
    "arrival": N_("Signature on arrival"),
    "end": N_("Signature at the end"),
}
FROM_GROUP = N_("group %(group)s")
ELSEWHERE = N_("in another room")
EXTRA = N_("+%(count)s min")
STARTED = N_("Started")
HANDED_IN = N_("Handed in")
INVIGILATOR = N_("Invigilator")
WIDTHS = (0.05, 0.29, 0.12, 0.09, 0.09, 0.12, 0.12, 0.12)


@dataclass(frozen=True, slots=True)
class Paper:
    """An attendance sheet, ready to be laid out.

    Attributes:
        rows: cells by line, in the order of the columns.
        totals: how many are listed, started, handed in.
        signers: an invigilator each, with the name.
    """

    title: Pair
    facts: tuple[tuple[Pair, str], ...]
    columns: tuple[Pair, ...]
    rows: tuple[tuple[str | int, ...], ...]
    totals: tuple[tuple[Pair, int], ...]
    signers: tuple[tuple[Pair, str], ...]
    to_fill: Pair


def attendance_paper(sheet: Attendance, *, numbers: bool) -> Paper:
    """An attendance sheet. ``numbers``: with student numbers, for who leads."""
    here = [each for each in sheet.lines if not each.elsewhere]
    counts = {
        LISTED: len(sheet.lines),
        STARTED: sum(each.seat.started is not None for each in here),
        HANDED_IN: sum(each.seat.handed_in is not None for each in here),
    }
    return Paper(
        title=pair(TITLE),
        facts=tuple(_facts(sheet)),
        columns=tuple(pair(each) for each in COLUMNS.values()),
        rows=tuple(_row(n, each, numbers=numbers) for n, each in enumerate(sheet.lines, 1)),
        totals=tuple((pair(label), count) for label, count in counts.items()),
        signers=tuple((pair(INVIGILATOR), each) for each in sheet.invigilators),
        to_fill=pair(NAME_AND_DATE),
    )


def _facts(sheet: Attendance) -> Iterator[tuple[Pair, str]]:
    own, name = sheet.room, str(sheet.book.exam.assignment)
    said = {
        "university": sheet.university,
        "course": Pair(*(sheet.course.get(lang, "") for lang in ("ky", "ru"))).line,
        "exam": Pair(*(sheet.titles.get(lang, name) for lang in ("ky", "ru"))).line,
        "group": own.group,
        "term": own.term,
        "window": f"{forms.when(own.opens, 'ru')} – {forms.when(own.closes, 'ru')}",
        "reopened": "; ".join(
            f"{forms.when(at, 'ru')} – {forms.when(until, 'ru') if until else ''}, {by}"
            for at, until, by in sheet.reopened
        ),
        "minutes": str(sheet.book.exam.minutes),
    }
    for key, label in FACTS.items():
        if said[key]:
            yield pair(label), said[key]


def _row(place: int, line: Attended, *, numbers: bool) -> tuple[str | int, ...]:
    seat, notes = line.seat, []
    if line.elsewhere:
        notes.append(pair(ELSEWHERE).line)
    if line.group:
        notes.append(pair(FROM_GROUP, group=line.group).line)
    if seat.extra:
        notes.append(pair(EXTRA, count=seat.extra).line)
    handed_in = seat.handed_in.at if seat.handed_in else None
    times = ("", "") if line.elsewhere else (_clock(seat.started), _clock(handed_in))
    return (place, line.name, line.number if numbers else "", *times, "; ".join(notes), "", "")


def _clock(at: datetime | None) -> str:
    return "" if at is None else forms.clock(at, "ru")


def attendance_pdf(paper: Paper, *, node_modules: Path) -> bytes:
    """Lay a sheet out, on its side.

    Raises:
        Unavailable: ``papers.busy``.
    """
    return pdf.make_pdf(
        lambda: _story(paper),
        node_modules=node_modules,
        title=paper.title.ky,
        foot=paper.title.line,
        lang="ky",
        page_word=translator("ky").gettext(PAGE),
        subject="",
        across=True,
    )


def _story(paper: Paper) -> Iterator[Any]:
    width = pdf.ACROSS
    yield pdf.line(paper.title.line, CENTRE)
    facts = [[pdf.line(label.line, pdf.LABEL), pdf.line(value)] for label, value in paper.facts]
    yield pdf.table(facts, (0.32, 0.68), width=width)
    yield pdf.gap(4)
    head = [
        [pdf.line(each, pdf.SMALL) for each in dict.fromkeys((heading.ky, heading.ru))]
        for heading in paper.columns
    ]
    rows = [[pdf.line(str(cell), CELL) for cell in row] for row in paper.rows]
    yield pdf.table([head, *rows], WIDTHS, head=1, width=width)
    yield pdf.room(50)
    counts = [[pdf.line(label.line, CELL), pdf.line(str(n), CELL)] for label, n in paper.totals]
    yield pdf.table(counts, (0.5, 0.1), width=width)
    yield pdf.gap(6)
    for label, name in paper.signers:
        line = [pdf.line(f"{label.line}: {name}"), pdf.line("_" * 46)]
        below = ["", pdf.line(paper.to_fill.line, pdf.SMALL)]
        yield pdf.table([line, below], (0.5, 0.5), ruled=False, width=width)


def attendance_xlsx(paper: Paper) -> bytes:
    """Two tables: the lines, and what the sheet is; each text is a text (``exports``)."""
    about = [
        *((label.line, value) for label, value in paper.facts),
        *((label.line, count) for label, count in paper.totals),
        *((label.line, name) for label, name in paper.signers),
    ]
    return workbook(
        [
            (pair(HANDED_IN).ky, [each.line for each in paper.columns], paper.rows),
            (pair(LISTED).ky, [paper.title.line, ""], about),
        ]
    )
