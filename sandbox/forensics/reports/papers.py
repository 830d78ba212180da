"""A report on paper: checked, its traces made again, laid out, written."""

from __future__ import annotations

from pathlib import Path

from sandbox.forensics.exhibits.exhibit import Exhibit
from sandbox.forensics.reports.layout import paper_of
from sandbox.forensics.reports.report import Report
from sandbox.locale.catalogue import Language
from sandbox.paper.blocks import Paper
from sandbox.paper.blocks_pdf import paper_pdf
from sandbox.paper.docx import paper_docx
from sandbox.toolchain.layout import node_modules


def report_docx(
    report: Report, exhibit: Exhibit, language: Language, *, form: bool = False
) -> bytes:
    """A report as DOCX, to be edited.

    Args:
        report: what was written.
        exhibit: on which it rests.
        language: ``ky``, ``ru`` or ``en``: of headings and of the method.
        form: leave open what is missing, and say that it is a form.

    Raises:
        CannotReport: as ``Report.check``, unless it is a form.
        NotAsWritten: a trace that is made again differs (``Exhibit.verify``).
    """
    return paper_docx(_paper(report, exhibit, language, form=form))


def report_pdf(
    report: Report,
    exhibit: Exhibit,
    language: Language,
    *,
    form: bool = False,
    fonts: Path | None = None,
) -> bytes:
    """A report as PDF.

    Args:
        report: what was written.
        exhibit: on which it rests.
        language: as for ``report_docx``.
        form: as for ``report_docx``.
        fonts: where the locked npm packages lie, if elsewhere than set-up puts them.

    Raises:
        CannotReport: as ``Report.check``, unless it is a form.
        NotAsWritten: a trace that is made again differs (``Exhibit.verify``).
        Unavailable: ``papers.busy``.
    """
    paper = _paper(report, exhibit, language, form=form)
    return paper_pdf(paper, node_modules=fonts or node_modules())


def _paper(report: Report, exhibit: Exhibit, language: Language, *, form: bool) -> Paper:
    if not form:
        report.check(exhibit)
    exhibit.verify()
    return paper_of(report, exhibit, language, form=form)
