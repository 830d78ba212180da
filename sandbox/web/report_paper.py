"""A periodic report as a file: CSV and XLSX of its figures, PDF of all that its reader sees.

Rules: a file is made from what the page shows to the same reader, so nobody gets from it what the
page keeps back; a version's PDF has its corrections beside the figures, who submitted, signed and
judged it, and the hash that they signed, so that paper and record can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from starlette.responses import Response

from sandbox.domain.figures import Figure, Section, Unit
from sandbox.domain.reports import NARRATIVE, ReportAct, ReportVersion
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.paper import pdf
from sandbox.services.report_views import ReportView
from sandbox.web import report_text as words
from sandbox.web.exports import pdf_answer, table_answer
from sandbox.web.letter_pdf import NOTICES, PAGE
from sandbox.web.visit import Visit
from sandbox.web.words import chain_name, name_of

HEADER: Final = ("section", "figure", "value", "end_value", "limit", "unit", "firm_says", "reason")


def report_answer(visit: Visit, view: ReportView, form: str, names: Mapping[str, str]) -> Response:
    """A report as a download.

    Args:
        visit: who takes it.
        view: what they see of it.
        form: one of ``exports.FORMS``.
        names: how its people (:func:`people_of`) are written.

    Raises:
        Unavailable: ``papers.busy``.
    """
    name = f"{view.report.id}-v{view.shown.version}" if view.shown else f"{view.report.id}-draft"
    if form != "pdf":
        return table_answer(visit, form, name, HEADER, _rows(visit.lang, view))
    lang, report = visit.lang, view.report
    made = pdf.make_pdf(
        lambda: _story(lang, view, names),
        node_modules=visit.parts.node_modules,
        title=f"{report.id} · {words.period_text(lang, report.period)}",
        foot=f"{name} · {view.permit.number} · {forms.when(visit.at, lang)} · Synak",
        lang=lang,
        page_word=translator(lang).gettext(PAGE),
        subject=view.shown.digest if view.shown else "",
    )
    return pdf_answer(made, name)


def people_of(view: ReportView) -> set[str]:
    """The accounts that stand in a report's PDF."""
    shown = view.shown
    by = (shown.submitted_by, shown.signed_by, shown.judged_by) if shown else ()
    return {each for each in by if each}


def _rows(lang: Language, view: ReportView) -> Iterator[tuple[object, ...]]:
    for each in view.figures:
        own = view.corrections.get(each.key)
        yield (
            words.section_text(lang, each.section.value),
            words.figure_text(lang, each),
            _cell(each, each.value),
            _cell(each, each.end),
            _limit(lang, each, plain=True),
            each.asset,
            own.value if own else None,
            own.reason if own else None,
        )


def _cell(figure: Figure, value: int | None) -> int | Decimal | None:
    if value is None or figure.unit is Unit.COUNT:
        return value
    return Decimal(words.plain_amount(value, figure.asset))


def _limit(lang: Language, figure: Figure, *, plain: bool) -> object:
    if figure.limit == "no limit":
        return translator(lang).gettext("no limit")
    if not plain:
        return words.value_text(lang, figure, figure.limit)
    known = figure.limit is not None and figure.limit.isdecimal()
    return _cell(figure, int(figure.limit)) if figure.limit and known else None


def _story(lang: Language, view: ReportView, names: Mapping[str, str]) -> Iterator[Any]:
    """Notice, facts, the firm's words, figures, signatures."""
    _ = translator(lang).gettext
    shown = view.shown
    for _lang, notice in NOTICES:
        yield pdf.line(notice, pdf.SMALL)
    yield pdf.gap(1)
    yield pdf.rule()
    period = words.period_text(lang, view.report.period)
    yield pdf.line(_("Report for %(period)s") % {"period": period}, pdf.TITLE)
    if shown is None:
        yield pdf.line(_("A draft: nothing is filed yet."), pdf.SMALL)
    yield pdf.facts(*_about(lang, view))
    if (shown.based_on if shown else view.report.based_on).get("incomplete"):
        yield pdf.gap(2)
        yield from pdf.text(
            _("Not every block of the period is indexed yet: compute the figures again later."),
            pdf.SMALL,
        )
    if view.narrative:
        yield from pdf.heading(_("In the firm's words"))
    for name in NARRATIVE:
        if view.narrative.get(name):
            yield pdf.line(words.field_text(lang, name), pdf.LABEL)
            yield from pdf.text(view.narrative[name])
    for section, figures in groupby(_in_order(view), lambda each: each.section.value):
        yield from pdf.heading(words.section_text(lang, section))
        yield _figures(lang, view, section, list(figures))
    if shown is not None:
        yield from _signatures(lang, view, shown, names)


def _in_order(view: ReportView) -> list[Figure]:
    """The figures, those of a section together, as the page has them."""
    order = list(dict.fromkeys(each.section for each in view.figures))
    return sorted(view.figures, key=lambda each: order.index(each.section))


def _about(lang: Language, view: ReportView) -> Iterator[tuple[str, str]]:
    _ = translator(lang).gettext
    shown, report = view.shown, view.report
    yield _("Number"), report.id
    if shown is not None:
        yield _("Version"), str(shown.version)
    yield _("Permit"), f"{view.permit.number} · {view.permit.title}"
    yield _("Operator"), view.org_name
    if view.sponsor_name:
        yield _("Holder (sponsor)"), view.sponsor_name
    if shown is None or shown.version == report.version:
        yield _("State"), name_of(lang, report.state.value)
    yield _("Due"), forms.when(report.due, lang)
    if view.overdue:
        yield _("Days late"), forms.number(view.overdue, lang)
    blocks = (shown.based_on if shown else report.based_on).get("blocks", {})
    for chain, block in blocks.items():
        label = _("Last block, %(chain)s") % {"chain": chain_name(lang, chain)}
        yield label, forms.number(int(block), lang)


def _figures(lang: Language, view: ReportView, section: str, figures: list[Figure]) -> Any:
    _ = translator(lang).gettext
    limits = section == Section.LIMITS.value
    said = any(each.key in view.corrections for each in figures)
    head = [_("Figure"), _("Highest in the period") if limits else _("By the system")]
    head += [_("At the end"), _("Limit")] if limits else []
    head += [_("The firm says")] if said else []
    rows: list[list[Any]] = [[pdf.line(each, pdf.LABEL) for each in head]]
    for each in figures:
        values = [words.value_text(lang, each, each.value)]
        if limits:
            values += [words.value_text(lang, each, each.end), str(_limit(lang, each, plain=False))]
        cells = [[pdf.line(text)] for text in (words.figure_text(lang, each), *values)]
        own = view.corrections.get(each.key)
        if said:
            cells.append([*pdf.text(own.value), *pdf.text(own.reason, pdf.SMALL)] if own else [])
        rows += pdf.flowing(cells)
    return pdf.table(rows, _shares(len(head), said=said), head=1)


def _shares(columns: int, *, said: bool) -> tuple[float, ...]:
    last = 0.28 if said else 0.0
    values = columns - 1 - (1 if said else 0)
    first = 0.34 if values > 1 else (0.42 if said else 0.6)
    each = (1 - first - last) / values
    return (first, *(each,) * values, *((last,) if said else ()))


def _signatures(
    lang: Language, view: ReportView, shown: ReportVersion, names: Mapping[str, str]
) -> Iterator[Any]:
    """Who submitted, signed and judged this version, when, and what exactly."""
    _ = translator(lang).gettext
    yield from pdf.heading(_("Signatures"))
    submitted = _when(lang, names[shown.submitted_by], shown.submitted_at)
    signed = _when(lang, names.get(shown.signed_by or ""), shown.signed_at)
    pairs = [(_("Submitted by the firm"), submitted)]
    if signed or view.report.sponsor_signs:
        pairs.append((_("Signed by the sponsor"), signed or _("Not signed yet")))
    if shown.outcome is not None:
        accepted = shown.outcome is ReportAct.ACCEPT
        judged = _("Report accepted") if accepted else _("Returned for correction")
        pairs.append((judged, _when(lang, names.get(shown.judged_by or ""), shown.judged_at)))
    if shown.reason:
        pairs.append((_("Reasons"), shown.reason))
    yield pdf.facts(*pairs, ("SHA-256", shown.digest))


def _when(lang: Language, by: str | None, at: Any) -> str:
    return f"{by} · {forms.when(at, lang)}" if by and at else ""
