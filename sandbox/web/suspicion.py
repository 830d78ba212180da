"""Suspicious-transaction reports on the desk, for those who write them.

Rules: whoever may not learn of a report gets the page of an address that does not exist; everything
works without JavaScript; a form that cannot be submitted comes back as typed, with each reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.documents import LARGEST, MEDIA
from sandbox.domain.suspicion import FILING, Indicator, Outcome, Report, ReportState
from sandbox.kit.canonical import canonical
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput, NotFound, SynakError
from sandbox.services import inquiries, suspicion, suspicion_inbox, suspicion_papers
from sandbox.services.documents import media_inside
from sandbox.services.suspicion import SaveReport, StartReport
from sandbox.services.suspicion_papers import Sent, blobs_of
from sandbox.store.unit import UnitOfWork
from sandbox.web.alert_words import Words as AlertWords
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.suspicion_pdf import report_pdf
from sandbox.web.suspicion_words import Words
from sandbox.web.uploads import download, take_in
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/suspicion"
Sender = Annotated[Visit, Depends(uploader(LARGEST))]
log = structlog.get_logger("desk")


@router.get(HOME)
def listed(visit: Reader) -> Response:
    """The reports of the reader's own entity."""
    return _listed(visit)


def _listed(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    suspicion.require_reporter(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        found = suspicion.own_reports(u, visit.known)
        permits = suspicion.permits_of(u, visit.known)
        asked = inquiries.own_inquiries(u, visit.known)
    return page(
        visit,
        "suspicions.html",
        status=problem.error.status if problem else 200,
        words=Words(visit.lang),
        reports=found,
        permits={each.number: f"{each.number} · {each.title}" for each in permits},
        filing=FILING,
        inquiries=asked,
        problem=problem,
    )


@router.post(HOME)
def start(visit: Poster) -> Response:
    """Begin a report about a permit."""
    command = StartReport(permit=visit.form.get("permit", ""), key=visit.key)
    return act(
        visit,
        lambda u: suspicion.start(u, visit.known, command, at=visit.at),
        then=lambda report: f"{HOME}/{report.id}",
        again=lambda error: _listed(visit, Problem(error, "start")),
    )


@router.post("/desk/cohort/alerts/{alert}/report")
def start_from_alert(visit: Poster, alert: str) -> Response:
    """Begin a report from an alert's case."""
    with visit.parts.store.unit() as u:
        report = suspicion.start_from_alert(u, visit.known, alert, key=visit.key, at=visit.at)
        u.commit()
    return RedirectResponse(f"{HOME}/{report.id}", 303)


@router.get(HOME + "/{number}")
def show(visit: Reader, number: str) -> Response:
    """A report: the form while it is a draft, afterwards what was submitted."""
    return show_report(visit, number)


def show_report(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    """One report as its reader may see it, with what was wrong with an act."""
    with visit.parts.store.unit(read_only=True) as u:
        report = suspicion.readable_report(u, visit.known, number)
        attached = suspicion_papers.attached(u, visit.known, number)
        if report.state is ReportState.DRAFT:
            return _form(visit, report, attached, problem)
        service = suspicion.receives(visit.known)
        view = suspicion_inbox.view_report(u, visit.known, number) if service else None
    return page(
        visit,
        "suspicion.html",
        status=problem.error.status if problem else 200,
        words=Words(visit.lang),
        alerts=AlertWords(visit.lang),
        report=report,
        content=report.content,
        attached=attached,
        view=view,
        outcomes=tuple(Outcome),
        problem=problem,
    )


def _form(
    visit: Visit, report: Report, attached: Any, problem: Problem | None = None
) -> HTMLResponse:
    typed = visit.form if problem and problem.form == "report" else {}
    chosen = _indicators(typed) if typed else report.answers.get("indicators", "")
    return page(
        visit,
        "suspicion_form.html",
        status=problem.error.status if problem else 200,
        words=Words(visit.lang),
        report=report,
        attached=attached,
        indicators=tuple(Indicator),
        chosen=chosen.split(),
        chains=suspicion.CHAINS,
        filing=FILING,
        accepted=",".join(f".{each}" for each in MEDIA),
        largest=LARGEST // 1_000_000,
        problem=problem,
        typed=typed,
    )


@router.post(HOME + "/{number}")
def write(visit: Poster, number: str) -> Response:
    """Keep the form, take what the ledger has, or submit: by the button that was pressed."""
    answers = {name: visit.form.get(name, "") for name in suspicion.FIELDS}
    answers["indicators"] = _indicators(visit.form)
    revision = visit.form.get("revision", "")
    command = SaveReport(
        report=number,
        answers=answers,
        revision=int(revision) if is_digits(revision) else 0,
        key=visit.key,
    )
    do = visit.form.get("do", "save")

    def work(u: UnitOfWork) -> Report:
        if do == "submit":
            return suspicion.submit(u, visit.known, command, at=visit.at)
        if do == "collect":
            return suspicion.collect(u, visit.known, command)
        return suspicion.save(u, visit.known, command)

    said = "str_submitted" if do == "submit" else "saved"
    return act(
        visit,
        work,
        then=lambda report: f"{HOME}/{report.id}?said={said}",
        again=lambda error: show_report(visit, number, Problem(error, "report")),
    )


@router.post(HOME + "/{number}/discard")
def discard(visit: Poster, number: str) -> Response:
    """Throw a draft away."""
    with visit.parts.store.unit() as u:
        suspicion.discard(u, visit.known, number)
        u.commit()
    blobs_of(visit.parts.blobs, number).keep_only(set())
    return RedirectResponse(HOME, 303)


@router.post(HOME + "/{number}/documents")
def attach(visit: Sender, number: str) -> Response:
    """Attach a document to a draft."""
    with visit.parts.store.unit(read_only=True) as u:
        suspicion.readable_report(u, visit.known, number)
    blobs = blobs_of(visit.parts.blobs, number)
    try:
        with blobs.incoming() as fresh:
            name = take_in(visit.upload, fresh, most=LARGEST)
            sent = Sent(fresh, name, media_inside(name, fresh))
            with visit.parts.store.unit() as u:
                suspicion_papers.attach(u, visit.known, number, sent, at=visit.at)
                u.commit()
    except (InvalidInput, Conflict) as error:
        return show_report(visit, number, Problem(error, "documents"))
    return RedirectResponse(f"{HOME}/{number}?said=attached#documents", 303)


@router.post(HOME + "/{number}/documents/{document}/remove")
def take_away(visit: Poster, number: str, document: str) -> Response:
    """Take a document away from a draft."""
    with visit.parts.store.unit() as u:
        suspicion_papers.take_away(u, visit.known, number, document)
        u.commit()
    try:
        with visit.parts.store.unit() as u:
            suspicion_papers.sweep(u, number, blobs=blobs_of(visit.parts.blobs, number))
    except SynakError as error:
        log.warning("suspicion.not_swept", code=error.code)
    return RedirectResponse(f"{HOME}/{number}?said=taken_away#documents", 303)


@router.get(HOME + "/{number}/documents/{document}")
def take(visit: Reader, number: str, document: str) -> Response:
    """One document as a download."""
    with visit.parts.store.unit(read_only=True) as u:
        found, content = suspicion_papers.opened(
            u,
            lambda: suspicion.readable_report(u, visit.known, number).id,
            document,
            blobs=blobs_of(visit.parts.blobs, number),
        )
    return download(content, name=found.name, media=found.media, size=found.size)


@router.get(HOME + "/{number}/report.json")
def as_json(visit: Reader, number: str) -> Response:
    """What was submitted, with its digest, for other programs."""
    report = _submitted(visit, number)
    body = {**(report.content or {}), "sha256": report.digest}
    return Response(
        canonical(body),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{report.id}.json"'},
    )


@router.get(HOME + "/{number}/report.pdf")
def as_pdf(visit: Reader, number: str) -> Response:
    """What was submitted, on paper."""
    report = _submitted(visit, number)
    made = report_pdf(report, visit.lang, node_modules=visit.parts.node_modules)
    name = f"{report.id}.pdf"
    return download(BytesIO(made), name=name, media="application/pdf", size=len(made))


def _submitted(visit: Visit, number: str) -> Report:
    with visit.parts.store.unit(read_only=True) as u:
        report = suspicion.readable_report(u, visit.known, number)
    if report.content is None:
        raise NotFound("web.not_found")
    return report


def _indicators(form: Mapping[str, str]) -> str:
    """The boxes that were ticked."""
    return " ".join(each.value for each in Indicator if form.get(f"indicator.{each.value}"))
