"""Statistics of the year for the supervisor: a page with charts, CSV, XLSX and PDF.

Rules: whoever may not see alerts gets the page of an address that does not exist; every form is
made from the same lines, so the same figures stand in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO
from itertools import groupby
from typing import Any, Final

from babel import dates
from fastapi import APIRouter
from starlette.responses import Response

from sandbox.kit.digits import is_digits
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.paper import pdf
from sandbox.services import statistics_year
from sandbox.services.statistics_year import Line, Part, YearStatistics
from sandbox.web import statistics_words as words
from sandbox.web.exports import table_answer
from sandbox.web.letter_pdf import NOTICES, PAGE
from sandbox.web.pages import page
from sandbox.web.report_text import plain_amount
from sandbox.web.uploads import download
from sandbox.web.visit import Reader, Visit

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/cohort/statistics"
HEADER: Final = ("section", "figure", "about", "value", "unit", "authority")


@router.get(HOME)
def show(visit: Reader, year: str = "", form: str = "") -> Response:
    """The year's figures, as a page or as a file."""
    choices = statistics_year.years(visit.at)
    wanted = int(year) if is_digits(year) and len(year) == 4 else choices[0]
    with visit.parts.store.unit(read_only=True) as u:
        found = statistics_year.statistics_of(u, visit.known, wanted, at=visit.at)
    name = f"synak-statistics-{found.year}"
    if form == "pdf":
        return _pdf(visit, found, name)
    if form in ("csv", "xlsx"):
        return table_answer(visit, form, name, HEADER, rows_of(visit.lang, found.parts))
    return page(
        visit,
        "statistics.html",
        found=found,
        years=choices,
        sections=[(name, list(lines)) for name, lines in groupby(found.lines, _section)],
        whose=partial(words.whose, visit.lang),
        split_note=translator(visit.lang).gettext(words.PARTS),
        charts=[each for each in found.lines if any(each.months)],
        months=month_names(visit.lang),
        section_text=partial(words.section_text, visit.lang),
        line_text=partial(words.line_text, visit.lang),
        about_text=partial(words.about_text, visit.lang),
        value_text=partial(words.value_text, visit.lang),
        drawn=lambda line, value: plain_amount(value, line.asset) if line.asset else str(value),
    )


def month_names(lang: Language) -> list[str]:
    """January to December, as they stand alone."""
    names = dates.get_month_names("wide", "stand-alone", locale=lang)
    return [str(names[month]) for month in range(1, 13)]


def rows_of(lang: Language, parts: Iterable[Part]) -> Iterator[tuple[object, ...]]:
    """The lines as rows of a file, one part after another."""
    for part in parts:
        for each in part.lines:
            yield (
                words.section_text(lang, each.section),
                words.line_text(lang, each),
                words.about_text(lang, each),
                words.value_cell(each),
                words.unit_text(each),
                words.whose(lang, part),
            )


def _section(line: Line) -> str:
    return line.section


def _pdf(visit: Visit, found: YearStatistics, name: str) -> Response:
    made = pdf.make_pdf(
        lambda: _story(visit.lang, found),
        node_modules=visit.parts.node_modules,
        title=name,
        foot=f"{name} · {forms.when(found.until, visit.lang)} · Synak",
        lang=visit.lang,
        page_word=translator(visit.lang).gettext(PAGE),
    )
    return download(BytesIO(made), name=f"{name}.pdf", media="application/pdf", size=len(made))


def _story(lang: Language, found: YearStatistics) -> Iterator[Any]:
    _ = translator(lang).gettext
    for _lang, notice in NOTICES:
        yield pdf.line(notice, pdf.SMALL)
    yield pdf.gap(4)
    yield pdf.line(_("Statistics of the year %(year)s") % {"year": found.year}, pdf.TITLE)
    until = _("as of %(time)s") % {"time": forms.when(found.until, lang)}
    yield pdf.line(f"{until} · {_('Bishkek time')}", pdf.SMALL)
    if len(found.parts) > 1:
        yield from pdf.text(_(words.PARTS))
    for part in found.parts:
        yield pdf.line(words.whose(lang, part), pdf.TITLE)
        yield from _sections(lang, part)


def _sections(lang: Language, part: Part) -> Iterator[Any]:
    for section, lines in groupby(part.lines, _section):
        yield from pdf.heading(words.section_text(lang, section))
        rows = [
            [
                pdf.line(words.line_text(lang, each)),
                pdf.line(words.about_text(lang, each)),
                pdf.line(words.value_text(lang, each, each.value)),
            ]
            for each in lines
        ]
        yield pdf.table(rows, (0.45, 0.3, 0.25))
