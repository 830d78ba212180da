"""Documents of reports and of answers to the intelligence service: attach, take away, read.

Rules: looked at like every document (``document_content``); kept apart from all files' documents,
in a folder of their own by number; what was submitted stands still.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from sandbox.domain.documents import Kept, require_room, safe_name
from sandbox.domain.seats import Actor
from sandbox.domain.suspicion import Attachment
from sandbox.kit.errors import Conflict, NotFound
from sandbox.services.suspicion import own_draft, readable_report
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs, Incoming

_NUMBER: Final = re.compile(r"(STR|RFI)-[0-9]{4}-[0-9A-Z]{8}")


@dataclass(frozen=True)
class Sent:
    """A document that has come in, looked at and not yet kept.

    Attributes:
        name: as it was sent.
        media: as ``documents.media_inside`` found it.
    """

    fresh: Incoming
    name: str
    media: str


def blobs_of(folder: Path, number: str) -> Blobs:
    """Where the documents of a report or a request lie.

    Args:
        folder: the desk's folder of blobs.
        number: of the report or request.

    Raises:
        NotFound: ``web.not_found`` for what is no number.
    """
    if not _NUMBER.fullmatch(number):
        raise NotFound("web.not_found")
    return Blobs(folder / "intelligence" / number)


def attach(u: UnitOfWork, actor: Actor, report: str, sent: Sent, *, at: datetime) -> Attachment:
    """Attach what has come in to a draft.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``suspicion.submitted``, ``document.same``.
        InvalidInput: ``document.*``.
    """
    return kept(u, actor, own_draft(u, actor, report).id, sent, at=at)


def kept(u: UnitOfWork, actor: Actor, subject: str, sent: Sent, *, at: datetime) -> Attachment:
    """Keep what has come in for a subject that the caller holds.

    Raises:
        Conflict: ``document.same``.
        InvalidInput: ``document.*``.
    """
    held = u.attachments.of(subject)
    tidy = safe_name(sent.name)
    others: Iterable[Kept] = held
    require_room(others, sent.fresh.size)
    if any(each.sha256 == sent.fresh.sha256 for each in held):
        raise Conflict("document.same", name=tidy)
    return u.attachments.add(
        Attachment(
            id=uuid.uuid4().hex,
            subject=subject,
            name=tidy,
            media=sent.media,
            size=sent.fresh.size,
            sha256=sent.fresh.keep(),
            by=actor.account,
            at=at,
        )
    )


def take_away(u: UnitOfWork, actor: Actor, report: str, attachment: str) -> None:
    """Take a document away from a draft; its bytes go with :func:`sweep`.

    Raises:
        NotFound: ``web.not_found``, ``document.not_found``.
        Conflict: ``suspicion.submitted``.
    """
    subject = own_draft(u, actor, report).id
    u.attachments.forget(_found(u, subject, attachment).id)


def sweep(u: UnitOfWork, subject: str, *, blobs: Blobs) -> None:
    """Take away bytes that no record of a subject names."""
    blobs.keep_only({each.sha256 for each in u.attachments.of(subject)})


def attached(u: UnitOfWork, actor: Actor, report: str) -> tuple[Attachment, ...]:
    """What is attached to a report.

    Raises:
        NotFound: ``web.not_found``.
    """
    return u.attachments.of(readable_report(u, actor, report).id)


def opened(
    u: UnitOfWork,
    subject: Callable[[], str],
    attachment: str,
    *,
    blobs: Blobs,
) -> tuple[Attachment, BinaryIO]:
    """One document with its bytes, checked.

    Args:
        u: a reading unit of work.
        subject: gives the number once it is certain that the reader may learn of it.
        attachment: its id.
        blobs: of the subject.

    Raises:
        NotFound: ``document.not_found``, and what ``subject`` raises.
        IntegrityFailure: ``classroom.blob_changed``.
    """
    found = _found(u, subject(), attachment)
    return found, blobs.open(found.sha256)


def _found(u: UnitOfWork, subject: str, attachment: str) -> Attachment:
    found = u.attachments.find(attachment[:40])
    if found is None or found.subject != subject:
        raise NotFound("document.not_found")
    return found
