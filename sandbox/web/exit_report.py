"""The exit report: page and PDF in the reader's language, the firm's form, the regulator's.

Rules: figures are shown as they will be filed; each act asks for the password; the PDF has what the
page has, the digest too, so that paper and record can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.kit.ids import FileId
from sandbox.locale import forms, translator
from sandbox.paper import pdf
from sandbox.services import exit_reports, files, people
from sandbox.services.exit_reports import FileReport, JudgeReport, ReportView
from sandbox.services.views import FileView
from sandbox.store.unit import UnitOfWork
from sandbox.web.exit_lines import REPORT_TONES, REPORT_WORDS, report_sections
from sandbox.web.letter_pdf import NOTICES, PAGE
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.uploads import download
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/files/{file_id}/report")
def show(visit: Reader, file_id: FileId) -> Response:
    """The report, or its draft."""
    return _page(visit, file_id)


@router.get("/desk/files/{file_id}/report.pdf")
def as_pdf(visit: Reader, file_id: FileId) -> Response:
    """The report on paper."""
    file, view = _view(visit, file_id)
    with visit.parts.store.unit(read_only=True) as u:
        names = people.written(u, {view.report.filed_by} if view.report else ())
    words = translator(visit.lang)
    made = pdf.make_pdf(
        lambda: _story(visit, file, view, names),
        node_modules=visit.parts.node_modules,
        title=f"{words.gettext('Exit report')} · {view.permit}",
        foot=f"{view.permit} · {file.org_name} · Synak",
        lang=visit.lang,
        page_word=words.gettext(PAGE),
    )
    name = f"exit-report-{view.permit}.pdf"
    return download(BytesIO(made), name=name, media="application/pdf", size=len(made))


@router.post("/desk/files/{file_id}/report")
def file(visit: Poster, file_id: FileId) -> Response:
    """The firm files it."""
    command = FileReport(file_id, visit.form.get("lessons", ""), visit.key)
    return _act(
        visit,
        file_id,
        "file",
        "report_filed",
        lambda u: exit_reports.file_report(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/report/judgement")
def judge(visit: Poster, file_id: FileId) -> Response:
    """A regulator accepts or returns it."""
    accept = visit.form.get("judgement") == "accept"
    command = JudgeReport(
        file_id,
        visit.form.get("digest", ""),
        accept,
        visit.form.get("reason", ""),
        visit.key,
    )
    return _act(
        visit,
        file_id,
        "judge",
        "report_accepted" if accept else "report_returned",
        lambda u: exit_reports.judge_report(u, visit.known, command, at=visit.at),
    )


def _act(
    visit: Visit, file_id: FileId, form: str, said: str, work: Callable[[UnitOfWork], Any]
) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/files/{file_id}/report?said={said}",
        again=lambda error: _page(visit, file_id, Problem(error, form)),
    )


def _view(visit: Visit, file_id: FileId) -> tuple[FileView, ReportView]:
    with visit.parts.store.unit(read_only=True) as u:
        file = files.file_view(u, visit.known, file_id, at=visit.at)
        return file, exit_reports.report_view(u, visit.known, file_id, at=visit.at)


def _page(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    file, view = _view(visit, file_id)
    answer = page(
        visit,
        "exit_report.html",
        status=problem.error.status if problem else 200,
        file=file,
        view=view,
        sections=report_sections(visit.lang, view.facts),
        word=partial(_word, visit),
        shade=lambda value: REPORT_TONES.get(value, ""),
        problem=problem,
    )
    if problem and problem.form and b'id="problem"' not in bytes(answer.body):
        return _page(visit, file_id, Problem(problem.error))  # its form is not on the page
    return answer


def _word(visit: Visit, value: str) -> str:
    return translator(visit.lang).gettext(REPORT_WORDS[value])


def _story(
    visit: Visit, file: FileView, view: ReportView, names: Mapping[str, str]
) -> Iterator[Any]:
    _ = translator(visit.lang).gettext
    report = view.report
    yield pdf.line(
        _("Regulatory sandbox of digital money, Kyrgyz Republic: a simulator"), pdf.SMALL
    )
    yield pdf.rule()
    for _lang, notice in NOTICES:
        yield pdf.line(notice, pdf.SMALL)
    yield pdf.gap(4)
    yield pdf.line(f"{_('Exit report')} · {file.title or file.id}", pdf.TITLE)
    if report is None:
        yield pdf.line(_("A draft: nothing is filed yet."), pdf.SMALL)
    else:
        yield pdf.line(
            f"{_word(visit, report.state.value)} · {names[report.filed_by]} · "
            f"{forms.when(report.filed_at, visit.lang)}",
            pdf.SMALL,
        )
    for heading, lines in report_sections(visit.lang, view.facts):
        if lines:
            yield from pdf.heading(heading)
            yield pdf.facts(*lines)
    if report is not None:
        yield from pdf.heading(_("What was learnt"))
        yield from pdf.text(report.lessons)
        yield pdf.line(f"SHA-256 {report.digest}", pdf.SMALL)
