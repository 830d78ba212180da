"""Decision letters: to read in two languages, to send out, as PDF, with signatures beside them.

Rules: before it is sent out a letter is a draft and says so, also in its PDF; afterwards everybody
gets the very bytes that went out; a signature is stored as handed in and its hash is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.papers import Letter
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId
from sandbox.locale.catalogue import Language
from sandbox.services import files, letters, people
from sandbox.services.documents import letters_of
from sandbox.services.letters import (
    ENDINGS,
    SIGNATURE_BYTES,
    AttachSignature,
    IssueLetter,
    LetterView,
)
from sandbox.services.views import DecisionView, FileView
from sandbox.store import UnitOfWork
from sandbox.web.letter_pdf import letter_pdf
from sandbox.web.letter_text import Side, letter_sides
from sandbox.web.pages import Problem, page
from sandbox.web.qr import public_address
from sandbox.web.uploads import download, take_in
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
Sender = Annotated[Visit, Depends(uploader(SIGNATURE_BYTES))]
SHOWN: Final = (InvalidInput, Conflict)
_PATH: Final = "/desk/files/{file_id}/letters/{decision_id}"


@dataclass(frozen=True)
class _Shown:
    """Everything a letter's page and its PDF are made of."""

    file: FileView
    decision: DecisionView
    view: LetterView
    names: Mapping[str, str]


@router.get(_PATH)
def show(visit: Reader, file_id: FileId, decision_id: str) -> Response:
    """The letter of a decision."""
    return _page(visit, file_id, decision_id)


@router.get(_PATH + "/letter.pdf")
def as_pdf(visit: Reader, file_id: FileId, decision_id: str) -> Response:
    """The PDF that went out; of a letter that did not, a draft."""
    with visit.parts.store.unit(read_only=True) as u:
        shown = _shown(u, visit, file_id, decision_id)
        if shown.view.letter is not None:
            blobs = letters_of(visit.parts.blobs, file_id)
            letter, content = letters.open_letter(u, visit.known, file_id, decision_id, blobs=blobs)
            name = f"{file_id}-{letter.number}.pdf"
            return download(content, name=name, media="application/pdf", size=letter.size)
    made = _pdf(visit, shown, None)
    return download(
        BytesIO(made), name=f"{file_id}-draft.pdf", media="application/pdf", size=len(made)
    )


@router.post(_PATH + "/issue")
def issue(visit: Poster, file_id: FileId, decision_id: str) -> Response:
    """Send the letter out."""
    command = IssueLetter(
        file=file_id,
        decision=decision_id,
        language=visit.form.get("language", ""),
        text_ky=visit.form.get("text_ky", ""),
        text_other=visit.form.get("text_other", ""),
        key=visit.key,
    )
    try:
        with visit.parts.store.unit() as u:
            shown = _shown(u, visit, file_id, decision_id)
            letters.issue_letter(
                u,
                visit.known,
                command,
                blobs=letters_of(visit.parts.blobs, file_id),
                render=lambda letter: _pdf(visit, shown, letter),
                at=visit.at,
            )
            u.commit()
    except SHOWN as error:
        return _page(visit, file_id, decision_id, Problem(error, "issue"))
    return RedirectResponse(f"{_place(file_id, decision_id)}?said=letter_issued", 303)


@router.post(_PATH + "/signatures")
def attach(visit: Sender, file_id: FileId, decision_id: str) -> Response:
    """Attach a detached signature."""
    blobs = letters_of(visit.parts.blobs, file_id)
    with visit.parts.store.unit(read_only=True) as u:
        letters.letter_view(u, visit.known, file_id, decision_id)
    try:
        with blobs.incoming() as fresh:
            name = take_in(visit.upload, fresh, most=SIGNATURE_BYTES)
            command = AttachSignature(file_id, decision_id, name, visit.key)
            with visit.parts.store.unit() as u:
                letters.attach_signature(u, visit.known, command, fresh, at=visit.at)
                u.commit()
    except SHOWN as error:
        return _page(visit, file_id, decision_id, Problem(error, "signature"))
    return RedirectResponse(f"{_place(file_id, decision_id)}?said=signature_attached", 303)


@router.get(_PATH + "/signatures/{signature_id}")
def take(visit: Reader, file_id: FileId, decision_id: str, signature_id: str) -> Response:
    """A signature's file."""
    blobs = letters_of(visit.parts.blobs, file_id)
    with visit.parts.store.unit(read_only=True) as u:
        signature, content = letters.open_signature(
            u, visit.known, file_id, decision_id, signature_id, blobs=blobs
        )
    media = "application/pkcs7-signature" if signature.name.endswith("p7s") else "text/plain"
    return download(content, name=signature.name, media=media, size=signature.size)


def _place(file_id: str, decision_id: str) -> str:
    return f"/desk/files/{file_id}/letters/{decision_id}"


def _page(
    visit: Visit, file_id: FileId, decision_id: str, problem: Problem | None = None
) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        shown = _shown(u, visit, file_id, decision_id)
    return page(
        visit,
        "letter.html",
        status=problem.error.status if problem else 200,
        file=shown.file,
        decision=shown.decision,
        sides=_sides(visit, shown, shown.view.letter),
        view=shown.view,
        letter=shown.view.letter,
        endings=",".join(f".{each}" for each in ENDINGS),
        problem=problem,
    )


def _shown(u: UnitOfWork, visit: Visit, file_id: FileId, decision_id: str) -> _Shown:
    view = files.file_view(u, visit.known, file_id, at=visit.at)
    decision = next((each for each in view.decisions if each.id == decision_id), None)
    if decision is None:
        raise NotFound("web.not_found")
    signed = (each.get("account", "") for each in decision.signatures)
    accounts = {decision.author, decision.countersigner or "", *signed}
    return _Shown(
        view,
        decision,
        letters.letter_view(u, visit.known, file_id, decision_id),
        people.written(u, accounts),
    )


def _sides(visit: Visit, shown: _Shown, letter: Letter | None) -> tuple[Side, Side]:
    """Both sides; beside a draft's Kyrgyz stands the reader's language, or Russian."""
    beside: Language = "en" if visit.lang == "en" else "ru"
    return letter_sides(shown.file, shown.decision, letter, shown.names, beside=beside)


def _pdf(visit: Visit, shown: _Shown, letter: Letter | None) -> bytes:
    number = shown.file.permit
    signatures = [
        " · ".join(
            [
                shown.names.get(each.get("account", ""), ""),
                each.get("address", ""),
                f"EIP-712 {each.get('document', '')}",
            ]
        )
        for each in shown.decision.signatures
    ]
    return letter_pdf(
        _sides(visit, shown, letter),
        signatures,
        node_modules=visit.parts.node_modules,
        verify=public_address(visit.parts.public_url, number) if number else None,
    )
