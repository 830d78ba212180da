"""The whole file on paper: one page to print, one PDF, with numbered pages and an inventory.

Rules: it holds what its reader may see of the file and nothing else; the authority's own records
are never in it; every document is named with its hash, so that paper and file can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.application import OPTIONAL, REQUIRED
from sandbox.domain.documents import Document
from sandbox.kit.ids import FileId
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.locale.events import event_text
from sandbox.paper import pdf
from sandbox.services import documents, files, people
from sandbox.services.views import FileView
from sandbox.web.letter_pdf import NOTICES, PAGE
from sandbox.web.limits import requested, terms_rows
from sandbox.web.pages import page
from sandbox.web.papers import papers_of
from sandbox.web.papers_words import paper_word, size_text
from sandbox.web.uploads import download
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Reader, Visit
from sandbox.web.words import field_name, name_of

router = APIRouter(include_in_schema=False)
ANSWERS: Final = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True)
class _Whole:
    """What is printed."""

    file: FileView
    attached: tuple[Document, ...]
    papers: dict[str, Any]
    asked: dict[str, str]
    names: Mapping[str, str]


@router.get("/desk/files/{file_id}/print")
def show(visit: Reader, file_id: FileId) -> Response:
    """The whole file as one page to print."""
    whole = _whole(visit, file_id)
    return page(
        visit,
        "print.html",
        file=whole.file,
        requested=whole.asked,
        usual=usual_ranges(visit.lang),
        rows=lambda decision: (
            terms_rows(visit.lang, decision.terms) if decision.terms is not None else []
        ),
        **whole.papers,
    )


@router.get("/desk/files/{file_id}/file.pdf")
def as_pdf(visit: Reader, file_id: FileId) -> Response:
    """The whole file as one PDF."""
    whole = _whole(visit, file_id)
    words = translator(visit.lang)
    made = pdf.make_pdf(
        lambda: _story(visit, whole),
        node_modules=visit.parts.node_modules,
        title=f"{whole.file.id} · {whole.file.title}",
        foot=f"{file_id} · {whole.file.org_name} · {forms.when(visit.at, visit.lang)} · Synak",
        lang=visit.lang,
        page_word=words.gettext(PAGE),
    )
    return download(BytesIO(made), name=f"{file_id}.pdf", media="application/pdf", size=len(made))


def _whole(visit: Visit, file_id: FileId) -> _Whole:
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        papers = papers_of(u, visit, view)
        attached = documents.list_documents(u, visit.known, file_id)
        names = people.written(u, _people(view))
    return _Whole(view, attached, papers, requested(visit.lang, view.answers, visit.at), names)


def _people(view: FileView) -> set[str]:
    """The accounts that stand in what is printed."""
    asked = {name for each in view.questions for name in (each.asked_by, each.answered_by)}
    decided = {name for each in view.decisions for name in (each.author, each.countersigner)}
    return {name for name in asked | decided if name} | {each.actor for each in view.timeline}


def _story(visit: Visit, whole: _Whole) -> Iterator[Any]:
    """Cover, inventory, application, limits, questions, decisions, what happened."""
    lang, view = visit.lang, whole.file
    _ = translator(lang).gettext
    yield pdf.line(
        _("Regulatory sandbox of digital money, Kyrgyz Republic: a simulator"), pdf.SMALL
    )
    yield pdf.rule()
    for _lang, notice in NOTICES:
        yield pdf.line(notice, pdf.SMALL)
    yield pdf.gap(4)
    yield pdf.line(view.title or view.id, pdf.TITLE)
    yield pdf.facts(
        (_("File"), view.id),
        (_("Applicant"), view.org_name),
        (_("Sponsor"), view.sponsor_name or "—"),
        (_("State"), name_of(lang, view.state)),
        (_("Permit"), view.permit or "—"),
        (_("Submitted"), forms.when(view.submitted_at, lang) if view.submitted_at else "—"),
    )
    yield from _inventory(lang, whole)
    yield from pdf.heading(_("Application"))
    for name in ANSWERS:
        if view.answers.get(name) and name != "sponsor":
            yield pdf.line(field_name(lang, name), pdf.LABEL)
            yield from pdf.text(paper_word(lang, view.answers[name]))
    if whole.asked:
        yield from pdf.heading(_("Requested limits"))
        yield pdf.facts(
            *((field_name(lang, n), t) for n, t in whole.asked.items() if n != "assets")
        )
    yield from _talk(lang, whole)
    yield from _decisions(lang, whole)
    yield from _happened(lang, whole)


def _inventory(lang: Language, whole: _Whole) -> Iterator[Any]:
    """The opis: number, name, what for, size, hash."""
    _ = translator(lang).gettext
    yield from pdf.heading(_("Inventory of documents"))
    if not whole.attached:
        yield pdf.line(_("No document is attached."))
        return
    head = [pdf.line(each, pdf.LABEL) for each in ("№", _("Document"), _("Kind"), _("Size"))]
    rows: list[list[Any]] = [head]
    for place, each in enumerate(whole.attached, 1):
        name = [*pdf.text(each.name), pdf.line(f"SHA-256 {each.sha256}", pdf.SMALL)]
        kind, size = paper_word(lang, each.kind), size_text(lang, each.size)
        rows.append([pdf.line(str(place)), name, pdf.line(kind), pdf.line(size)])
    yield pdf.table(rows, (0.06, 0.54, 0.27, 0.13), head=1)


def _talk(lang: Language, whole: _Whole) -> Iterator[Any]:
    _ = translator(lang).gettext
    view, names = whole.file, whole.names
    if view.questions:
        yield from pdf.heading(_("Questions and answers"))
    for each in view.questions:
        yield pdf.line(f"{names[each.asked_by]} · {forms.when(each.asked_at, lang)}", pdf.LABEL)
        yield from pdf.text(each.text)
        if each.answer and each.answered_at:
            answered = names.get(each.answered_by or "", "—")
            yield pdf.line(f"{answered} · {forms.when(each.answered_at, lang)}", pdf.LABEL)
            yield from pdf.text(each.answer)


def _decisions(lang: Language, whole: _Whole) -> Iterator[Any]:
    _ = translator(lang).gettext
    if whole.file.decisions:
        yield from pdf.heading(_("Decisions"))
    for each in whole.file.decisions:
        letter = whole.papers["letters"].get(each.id)
        number = _("Letter No. %(number)s") % letter if letter else ""
        said = [name_of(lang, each.kind), name_of(lang, each.status), number]
        yield pdf.line(" · ".join(part for part in said if part), pdf.TEXT)
        signers = (each.author, each.countersigner)
        signed = " + ".join(whole.names[part] for part in signers if part)
        yield pdf.line(f"{signed} · {forms.when(each.authored_at, lang)}", pdf.LABEL)
        if each.reasons:
            yield from pdf.text(each.reasons)
        if each.terms:
            yield pdf.facts(*((row.name, row.text) for row in terms_rows(lang, each.terms)))


def _happened(lang: Language, whole: _Whole) -> Iterator[Any]:
    _ = translator(lang).gettext
    yield from pdf.heading(f"{_('What happened')} ({_('Bishkek time')})")
    yield pdf.facts(
        *(
            (
                forms.when(each.at, lang),
                f"{event_text(lang, each.kind)} · {whole.names[each.actor]}",
            )
            for each in whole.file.timeline
        ),
        ("", ""),
    )
