"""Documents of a file: attach, replace, take away, download.

Rules: attaching and taking away happen on the form of a draft, each by a form of its own that works
without JavaScript; an upload that cannot be accepted leaves nothing behind and says one reason.
"""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from sandbox.domain.documents import LARGEST
from sandbox.kit.errors import Conflict, InvalidInput, NotFound, SynakError
from sandbox.kit.ids import FileId
from sandbox.services import documents
from sandbox.services.documents import AddDocument, RemoveDocument, blobs_of
from sandbox.web.applications import show_form
from sandbox.web.pages import Problem
from sandbox.web.uploads import download, take_in
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
Sender = Annotated[Visit, Depends(uploader(LARGEST))]
log = structlog.get_logger("desk")


@router.post("/desk/files/{file_id}/documents")
def attach(visit: Sender, file_id: FileId) -> Response:
    """Attach a document, or its next version."""
    blobs = blobs_of(visit.parts.blobs, file_id)
    documents.require_writer(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        documents.list_documents(u, visit.known, file_id)
    try:
        with blobs.incoming() as fresh:
            name = take_in(visit.upload, fresh, most=LARGEST)
            command = AddDocument(
                file=file_id,
                kind=visit.form.get("kind", ""),
                name=name,
                media=documents.media_inside(name, fresh),
                replaces=visit.form.get("replaces", ""),
                key=visit.key,
            )
            with visit.parts.store.unit() as u:
                documents.add_document(u, visit.known, command, fresh, blobs=blobs, at=visit.at)
                u.commit()
    except (InvalidInput, Conflict) as error:
        _tidy(visit, file_id)
        return show_form(visit, file_id, "documents", Problem(error, "documents"))
    _tidy(visit, file_id)
    return RedirectResponse(f"/desk/files/{file_id}/form?section=documents&said=attached", 303)


@router.post("/desk/files/{file_id}/documents/{document_id}/remove")
def remove(visit: Poster, file_id: FileId, document_id: str) -> Response:
    """Take a document away from a draft."""
    command = RemoveDocument(file=file_id, document=document_id, key=visit.key)
    try:
        with visit.parts.store.unit() as u:
            documents.remove_document(u, visit.known, command, at=visit.at)
            u.commit()
    except Conflict as error:
        return show_form(visit, file_id, "documents", Problem(error, "documents"))
    _tidy(visit, file_id)
    return RedirectResponse(f"/desk/files/{file_id}/form?section=documents&said=taken_away", 303)


@router.get("/desk/files/{file_id}/documents/{document_id}")
def take(visit: Reader, file_id: FileId, document_id: str) -> Response:
    """One document as a download."""
    blobs = blobs_of(visit.parts.blobs, file_id)
    with visit.parts.store.unit(read_only=True) as u:
        document, content = documents.open_document(
            u, visit.known, file_id, document_id, blobs=blobs
        )
    return download(content, name=document.name, media=document.media, size=document.size)


def _tidy(visit: Visit, file_id: FileId) -> None:
    """Take away bytes that nothing names any more; if that fails, the next act does it."""
    try:
        with visit.parts.store.unit() as u:
            documents.sweep(u, file_id, blobs=blobs_of(visit.parts.blobs, file_id))
    except NotFound:
        raise
    except SynakError as error:
        log.warning("documents.not_swept", file=file_id, code=error.code)
