"""Documents of a permit file: attach, replace, take away, read.

Rules:

1. Only the applicant attaches, and only to a draft; a submitted file's documents stand still.
2. The bytes are durable before the record is; a record without its bytes never exists. Bytes
   without a record (an act that failed half-way) are swept at the file's next act.
3. What was submitted stays, also when it is replaced or taken away in a later draft; what never
   was submitted is gone with its bytes.
4. The applicant sees everything of its file; whoever else may read the file sees what was
   submitted. Everything else is "not found".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from sandbox.domain.documents import (
    Document,
    DocumentKind,
    require_room,
    safe_name,
)
from sandbox.domain.lifecycle import FileState
from sandbox.domain.papers import Submission
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, Channel, FileSeat, Right, require, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import applicants_file, readable_file
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.document_content import check_content
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs, Incoming

_FILE: Final = re.compile(r"F-[0-9]{4}-[0-9]{4,10}")


@dataclass(frozen=True)
class AddDocument:
    """Attach a document; ``replaces``: the document whose next version it is.

    Attributes:
        media: as ``media_inside`` found it, before the transaction.
    """

    file: FileId
    kind: str
    name: str
    media: str
    replaces: str = ""
    key: str | None = None


@dataclass(frozen=True)
class RemoveDocument:
    """Take a document away from a draft."""

    file: FileId
    document: str
    key: str | None = None


def blobs_of(folder: Path, file: str) -> Blobs:
    """Where a file's documents lie.

    Apart from every other file's: equal content in two files is never one thing, and taking it
    from one leaves the other.

    Args:
        folder: the desk's folder of blobs.
        file: the file's id.

    Raises:
        NotFound: ``file.not_found`` for what is no id of a file.
    """
    if not _FILE.fullmatch(file):
        raise NotFound("file.not_found", id=file[:20])
    return Blobs(folder / "papers" / file)


def letters_of(folder: Path, file: str) -> Blobs:
    """Where a file's letters and their signatures lie.

    Args:
        folder: the desk's folder of blobs.
        file: the file's id.

    Raises:
        NotFound: ``file.not_found`` for what is no id of a file.
    """
    if not _FILE.fullmatch(file):
        raise NotFound("file.not_found", id=file[:20])
    return Blobs(folder / "papers" / file / "letters")


def media_inside(name: str, fresh: Incoming) -> str:
    """Look into what has come in; for before the transaction, which must not wait for it.

    Args:
        name: as it was sent.
        fresh: the bytes, written and not yet kept.

    Returns:
        Its media type.

    Raises:
        InvalidInput: ``document.no_name``, ``document.empty``, ``document.format``,
            ``document.not_what_it_says``.
    """
    tidy = safe_name(name)
    if fresh.size == 0:
        raise InvalidInput("document.empty")
    return check_content(tidy, fresh.stream)


def add_document(
    u: UnitOfWork,
    actor: Actor,
    command: AddDocument,
    fresh: Incoming,
    *,
    blobs: Blobs,
    at: datetime,
) -> Document:
    """Attach what has come in.

    Args:
        u: the transaction.
        actor: the applicant.
        command: to which file, as what.
        fresh: the bytes, written and not yet kept.
        blobs: the file's.
        at: now.

    Raises:
        NotFound: ``file.not_found``, ``document.not_found`` (what it would replace).
        Conflict: ``application.not_a_draft``, ``document.same``.
        InvalidInput: ``document.kind``, ``document.no_name`` and the codes of ``require_room``.
    """
    require_writer(actor)
    done = earlier(u, actor, "add_document", command.key)
    if done is not None:
        return u.documents.get(done)
    file = _draft(u, actor, command.file)
    name = safe_name(command.name)
    held = u.documents.of_file(file.id)
    _sweep(held, blobs)
    before = _replaced(held, command.replaces)
    require_room((each for each in held if each is not before), fresh.size)
    if any(each.ended_at is None and each.sha256 == fresh.sha256 for each in held):
        raise Conflict("document.same", name=name)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    if before is not None:
        end_document(u, before, actor, at=at)
    document = Document(
        id=uuid.uuid4().hex,
        file=file.id,
        series=before.series if before else uuid.uuid4().hex,
        version=before.version + 1 if before else 1,
        kind=_kind(command.kind),
        name=name,
        media=command.media,
        size=fresh.size,
        sha256=fresh.keep(),
        by=actor.account,
        at=at,
    )
    u.documents.add(document)
    u.audit.append(
        kind="file.document_added",
        actor=actor.account,
        subject=file.id,
        data={"document": _trace(document), "replaces": before.id if before else None},
        at=at,
    )
    remember(u, actor, "add_document", command.key, document.id, at=at)
    return document


def remove_document(u: UnitOfWork, actor: Actor, command: RemoveDocument, *, at: datetime) -> None:
    """Take a document away; its bytes go with :func:`sweep` after the commit.

    Raises:
        NotFound: ``file.not_found``, ``document.not_found``.
        Conflict: ``application.not_a_draft``.
    """
    require_writer(actor)
    if earlier(u, actor, "remove_document", command.key) is not None:
        return
    file = _draft(u, actor, command.file)
    document = _replaced(u.documents.of_file(file.id), command.document or "-")
    if document is None:
        raise NotFound("document.not_found")
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    end_document(u, document, actor, at=at)
    u.audit.append(
        kind="file.document_removed",
        actor=actor.account,
        subject=file.id,
        data={"document": _trace(document)},
        at=at,
    )
    remember(u, actor, "remove_document", command.key, document.id, at=at)


def sweep(u: UnitOfWork, file_id: FileId, *, blobs: Blobs) -> None:
    """Take away bytes that no record of the file names; nobody writes there meanwhile."""
    if u.files.find(file_id[:20], lock=True) is not None:
        _sweep(u.documents.of_file(file_id), blobs)


def list_documents(u: UnitOfWork, actor: Actor, file_id: str) -> tuple[Document, ...]:
    """What is attached now, as far as this reader may see it.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    found = u.documents.of_file(file.id)
    if is_applicant(actor, file):
        return tuple(each for each in found if each.ended_at is None)
    last = u.submissions.of_file(file.id)[-1:]
    seen = document_ids(last)
    return tuple(each for each in found if each.id in seen)


def open_document(
    u: UnitOfWork, actor: Actor, file_id: str, document_id: str, *, blobs: Blobs
) -> tuple[Document, BinaryIO]:
    """One document, also of an earlier submission, with its bytes, checked.

    Raises:
        NotFound: ``file.not_found``, ``document.not_found``.
        IntegrityFailure: ``classroom.blob_changed``.
    """
    file = readable_file(u, actor, file_id)
    document = u.documents.find(document_id[:40])
    if document is None or document.file != file.id or not _sees(u, actor, file, document):
        raise NotFound("document.not_found")
    return document, blobs.open(document.sha256)


def is_applicant(actor: Actor, file: PermitFile) -> bool:
    """Whether the reader belongs to the organisation that applies."""
    return Right.SEE_OWN_FILES in rights_of(actor.seats) and file.org == actor.org


def document_ids(submissions: Iterable[Submission]) -> frozenset[str]:
    """The documents that some submissions hold."""
    return frozenset(str(line["id"]) for each in submissions for line in each.documents)


def inventory(u: UnitOfWork, file: PermitFile) -> tuple[Mapping[str, object], ...]:
    """What is attached now, as a submission keeps it."""
    return tuple(each.line() for each in u.documents.of_file(file.id) if each.ended_at is None)


def end_document(u: UnitOfWork, document: Document, actor: Actor, *, at: datetime) -> None:
    """Keep the record of what was submitted once; forget what never was."""
    if document.id in document_ids(u.submissions.of_file(document.file)):
        u.documents.save(replace(document, ended_at=at, ended_by=actor.account))
    else:
        u.documents.delete(document.id)


def require_writer(actor: Actor) -> None:
    """Refuse whoever is no applicant at a browser.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``.
    """
    require(actor, Right.APPLY)
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("seat.needs_browser", channel=actor.channel.value)


def _draft(u: UnitOfWork, actor: Actor, file_id: FileId) -> PermitFile:
    file = applicants_file(u, actor, file_id)
    if file.state is not FileState.DRAFT:
        raise Conflict("application.not_a_draft", state=file.state.value)
    return file


def _trace(document: Document) -> dict[str, object]:
    """What the log says of a draft's document: no name, which may be a person's."""
    line = document.line()
    return {name: line[name] for name in ("id", "kind", "size", "sha256")}


def _kind(text: str) -> DocumentKind:
    try:
        return DocumentKind(text)
    except ValueError as error:
        raise InvalidInput("document.kind") from error


def _replaced(held: Iterable[Document], wanted: str) -> Document | None:
    """The attached document that the new one replaces, if it replaces one."""
    if not wanted:
        return None
    found = next((each for each in held if each.id == wanted and each.ended_at is None), None)
    if found is None:
        raise NotFound("document.not_found")
    return found


def _sees(u: UnitOfWork, actor: Actor, file: PermitFile, document: Document) -> bool:
    if is_applicant(actor, file):
        return True
    return document.id in document_ids(u.submissions.of_file(file.id))


def _sweep(held: Iterable[Document], blobs: Blobs) -> None:
    blobs.keep_only({each.sha256 for each in held})
