"""Requests for information on the desk: asked, answered, withdrawn.

Rules: for whoever may not learn of a request there is no such page; asking and answering ask for
the password; documents of an answer are seen by the service once it is given.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.documents import LARGEST, MEDIA
from sandbox.domain.inquiries import DAYS, Addressee, InquiryState
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.services import inquiries, suspicion, suspicion_papers
from sandbox.services.documents import media_inside
from sandbox.services.inquiries import Answer, Ask
from sandbox.services.suspicion_papers import Sent, blobs_of
from sandbox.web.pages import Problem, page
from sandbox.web.paging import start_of
from sandbox.web.review import act
from sandbox.web.suspicion_words import ADDRESSEES, Words
from sandbox.web.uploads import download, take_in
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
SERVICE: Final = "/desk/intelligence/requests"
HOME: Final = "/desk/suspicion/requests"
Sender = Annotated[Visit, Depends(uploader(LARGEST))]


@router.get(SERVICE)
def listed(visit: Reader) -> Response:
    """The service's requests, and the form of another one."""
    return _listed(visit)


def _listed(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    suspicion.require_service(visit.known)
    query = visit.request.query_params
    state = query.get("state", "")
    wanted = InquiryState(state) if state in set(InquiryState) else None
    typed = query.get("start", "")
    start = start_of(typed)
    words = Words(visit.lang)
    with visit.parts.store.unit(read_only=True) as u:
        found = inquiries.asked(u, visit.known, wanted, start=start)
        authorities = inquiries.authorities(u)
        names = {str(each.id): each.name for each in u.organisations.all()}
    to = {each: words.addressee(each) for each in ADDRESSEES if each != Addressee.AUTHORITY}
    to |= {f"authority:{org}": name for org, name in authorities.items()}
    return page(
        visit,
        "inquiries.html",
        status=problem.error.status if problem else 200,
        words=words,
        found=found[: inquiries.PAGE],
        more=start + inquiries.PAGE if len(found) > inquiries.PAGE else None,
        state=state,
        states=tuple(InquiryState),
        names=names,
        to=to,
        days=DAYS,
        report=query.get("report", "")[:20],
        permit=query.get("permit", "")[:20],
        problem=problem,
    )


@router.post(SERVICE)
def ask(visit: Poster) -> Response:
    """Ask for information."""
    names = ("to", "report", "permit", "text", "basis", "days")
    command = Ask(**{name: visit.form.get(name, "") for name in names}, key=visit.key)
    return act(
        visit,
        lambda u: inquiries.ask(u, visit.known, command, at=visit.at),
        then=lambda made: f"{HOME}/{made.id}?said=saved",
        again=lambda error: _listed(visit, Problem(error, "ask")),
    )


@router.get(HOME + "/{number}")
def show(visit: Reader, number: str) -> Response:
    """One request."""
    return _one(visit, number)


def _one(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        inquiry = inquiries.readable_inquiry(u, visit.known, number)
        mine = inquiries.addressed(visit.known, inquiry)
        answered = inquiry.state is InquiryState.ANSWERED
        attached = u.attachments.of(inquiry.id) if mine or answered else ()
        org = u.organisations.get(inquiry.org)
        report = inquiries.report_shown(u, visit.known, inquiry)
    return page(
        visit,
        "inquiry.html",
        status=problem.error.status if problem else 200,
        words=Words(visit.lang),
        inquiry=inquiry,
        mine=mine,
        service=suspicion.receives(visit.known),
        org=org,
        report=report,
        attached=attached,
        accepted=",".join(f".{each}" for each in MEDIA),
        largest=LARGEST // 1_000_000,
        problem=problem,
    )


@router.post(HOME + "/{number}/answer")
def answer(visit: Poster, number: str) -> Response:
    """Answer a request."""
    command = Answer(number, visit.form.get("text", ""), visit.key)
    return act(
        visit,
        lambda u: inquiries.answer(u, visit.known, command, at=visit.at),
        then=f"{HOME}/{number[:20]}?said=saved",
        again=lambda error: _one(visit, number, Problem(error, "answer")),
    )


@router.post(HOME + "/{number}/withdraw")
def withdraw(visit: Poster, number: str) -> Response:
    """Withdraw a request."""
    command = Answer(number, key=visit.key)
    return act(
        visit,
        lambda u: inquiries.withdraw(u, visit.known, command, at=visit.at),
        then=f"{HOME}/{number[:20]}?said=saved",
        again=lambda error: _one(visit, number, Problem(error, "withdraw")),
    )


@router.post(HOME + "/{number}/documents")
def attach(visit: Sender, number: str) -> Response:
    """Attach a document to the answer."""
    with visit.parts.store.unit(read_only=True) as u:
        inquiries.readable_inquiry(u, visit.known, number)
    try:
        with blobs_of(visit.parts.blobs, number).incoming() as fresh:
            name = take_in(visit.upload, fresh, most=LARGEST)
            sent = Sent(fresh, name, media_inside(name, fresh))
            with visit.parts.store.unit() as u:
                inquiries.attach(u, visit.known, number, sent, at=visit.at)
                u.commit()
    except (InvalidInput, Conflict) as error:
        return _one(visit, number, Problem(error, "documents"))
    return RedirectResponse(f"{HOME}/{number}?said=attached", 303)


@router.get(HOME + "/{number}/documents/{document}")
def take(visit: Reader, number: str, document: str) -> Response:
    """One document of an answer as a download."""
    with visit.parts.store.unit(read_only=True) as u:
        found, content = suspicion_papers.opened(
            u,
            lambda: inquiries.documents_seen(u, visit.known, number),
            document,
            blobs=blobs_of(visit.parts.blobs, number),
        )
    return download(content, name=found.name, media=found.media, size=found.size)
