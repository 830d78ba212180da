"""Experts' pages: their invitations, the undertaking, the one file, the opinion.

Rules: an expert sees no other page of a file; what is not theirs is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.experts import UNDERTAKING, UNDERTAKING_DIGEST
from sandbox.domain.seats import Right
from sandbox.kit.dates import read_day
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import FileId
from sandbox.locale.forms import ZONE
from sandbox.services import experts
from sandbox.services.experts import AcceptUndertaking, EndInvitation, FileOpinion, InviteExpert
from sandbox.store.unit import UnitOfWork
from sandbox.web.files import show_file
from sandbox.web.limits import requested
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.uploads import download
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/expert")
def mine(visit: Reader) -> Response:
    """The expert's invitations."""
    if not visit.has(Right.GIVE_OPINION):
        raise NotFound("web.not_found")
    with visit.parts.store.unit(read_only=True) as u:
        found = experts.own_invitations(u, visit.known, at=visit.at)
    return page(visit, "expert_list.html", invitations=found)


@router.get("/desk/expert/{invitation}")
def show(visit: Reader, invitation: str) -> Response:
    """One invitation: the undertaking, then the file."""
    return _page(visit, invitation)


def _page(visit: Visit, invitation: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view, file = experts.own_invitation(u, visit.known, invitation, at=visit.at)
    return page(
        visit,
        "expert.html",
        status=problem.error.status if problem else 200,
        view=view,
        file=file,
        requested=requested(visit.lang, file.answers, visit.at) if file else {},
        usual=usual_ranges(visit.lang),
        undertaking=UNDERTAKING[visit.lang],
        digest=UNDERTAKING_DIGEST,
        problem=problem,
    )


@router.get("/desk/expert/{invitation}/documents/{document_id}")
def document(visit: Reader, invitation: str, document_id: str) -> Response:
    """One document of the application."""
    with visit.parts.store.unit(read_only=True) as u:
        found, content = experts.own_document(
            u, visit.known, invitation, document_id, folder=visit.parts.blobs, at=visit.at
        )
    return download(content, name=found.name, media=found.media, size=found.size)


def _do(
    visit: Visit, invitation: str, form: str, said: str, work: Callable[[UnitOfWork], object]
) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/expert/{invitation}?said={said}",
        again=lambda error: _page(visit, invitation, Problem(error, form)),
    )


@router.post("/desk/expert/{invitation}/undertaking")
def accept(visit: Poster, invitation: str) -> Response:
    """Accept the undertaking."""
    digest = visit.form.get("digest", "") if visit.form.get("understood") == "yes" else ""
    command = AcceptUndertaking(invitation, digest, visit.lang, key=visit.key)
    return _do(
        visit,
        invitation,
        "undertaking",
        "undertaking_accepted",
        lambda u: experts.accept_undertaking(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/expert/{invitation}/opinion")
def opinion(visit: Poster, invitation: str) -> Response:
    """File the opinion."""
    command = FileOpinion(invitation, visit.form.get("opinion", ""), key=visit.key)
    return _do(
        visit,
        invitation,
        "opinion",
        "opinion_filed",
        lambda u: experts.file_opinion(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/experts")
def invite(visit: Poster, file_id: FileId) -> Response:
    """Invite an expert to a file."""

    def work(u: UnitOfWork) -> object:
        last = read_day(visit.form.get("until", ""))
        command = InviteExpert(
            file=file_id,
            account=visit.form.get("account", ""),
            subject=visit.form.get("subject", ""),
            until=datetime.combine(last, time(23, 59, 59), tzinfo=ZONE).astimezone(UTC),
            key=visit.key,
        )
        return experts.invite_expert(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "expert_invited", work)


@router.post("/desk/files/{file_id}/experts/{invitation}/end")
def end(visit: Poster, file_id: FileId, invitation: str) -> Response:
    """End an invitation."""
    command = EndInvitation(invitation, visit.form.get("reasons", ""), key=visit.key)
    return _on_file(
        visit,
        file_id,
        "expert_ended",
        lambda u: experts.end_invitation(u, visit.known, command, at=visit.at),
    )


def _on_file(
    visit: Visit, file_id: FileId, said: str, work: Callable[[UnitOfWork], object]
) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/files/{file_id}?said={said}#experts",
        again=lambda error: show_file(visit, file_id, Problem(error, "expert")),
    )
