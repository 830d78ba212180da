"""The authority's own records of a file: checklist and notes.

Rules:

1. Regulators write them, regulators and auditors read them; for everybody else they are "not
   found", and so they are for a regulator who is applicant or sponsor in this very file.
2. They stand in no list, timeline or export that others see: their audit entries have a subject
   and a kind that name neither file nor act, and hold no text.
3. A mark that somebody else changed meanwhile is not overwritten.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.domain.application import plain_text
from sandbox.domain.papers import CHECKLIST, Mark, Note, Verdict
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, Channel, FileSeat, Right, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import competent_in, is_guest, readable_file
from sandbox.services.acts import earlier, remember
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork

REMARK_LENGTH = 2000


@dataclass(frozen=True)
class Given:
    """What a regulator says of one point; ``revision`` 0: nobody had marked it."""

    verdict: str
    remark: str
    revision: int


@dataclass(frozen=True)
class MarkChecklist:
    """Mark points of the checklist; those that stay as they are, are left alone."""

    file: FileId
    marks: Mapping[str, Given] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True)
class AddNote:
    """Write a note for regulators only."""

    file: FileId
    text: str
    key: str | None = None


@dataclass(frozen=True)
class Records:
    """A file's checklist and notes. ``writes``: this reader may add to them."""

    marks: Mapping[str, Mark]
    notes: tuple[Note, ...]
    writes: bool


def records_of(u: UnitOfWork, actor: Actor, file_id: str) -> Records:
    """The authority's records of a file.

    Raises:
        NotFound: ``file.not_found`` for everybody who is not of an authority.
    """
    file = readable_file(u, actor, file_id)
    _require_authority(u, actor, file, Right.SEE_ALL_FILES)
    return Records(
        u.marks.of_file(file.id),
        u.notes.of_file(file.id),
        competent_in(actor, file, Right.REVIEW) and actor.channel is Channel.BROWSER,
    )


def sees_records(u: UnitOfWork, actor: Actor, file_id: str) -> bool:
    """Whether to show a link to them."""
    try:
        _require_authority(u, actor, readable_file(u, actor, file_id), Right.SEE_ALL_FILES)
    except NotFound:
        return False
    return True


def mark_checklist(u: UnitOfWork, actor: Actor, command: MarkChecklist, *, at: datetime) -> Records:
    """Keep what was found about points of the checklist.

    Raises:
        NotFound: ``file.not_found``.
        InvalidInput: ``checklist.unknown``, ``text.*``.
        Conflict: ``checklist.changed``.
    """
    file = _writable(u, actor, command.file, at=at)
    if earlier(u, actor, "mark_checklist", command.key) is not None:
        return records_of(u, actor, file.id)
    held = u.marks.of_file(file.id)
    for item, given in command.marks.items():
        if item not in CHECKLIST:
            raise InvalidInput("checklist.unknown", item=item[:40])
        remark = plain_text("remark", given.remark, limit=REMARK_LENGTH)
        _mark(u, actor, held.get(item), replace(given, remark=remark), file, item, at)
    remember(u, actor, "mark_checklist", command.key, file.id, at=at)
    return records_of(u, actor, file.id)


def add_note(u: UnitOfWork, actor: Actor, command: AddNote, *, at: datetime) -> Records:
    """Keep a note.

    Raises:
        NotFound: ``file.not_found``.
        InvalidInput: ``text.empty``, ``text.*``.
    """
    file = _writable(u, actor, command.file, at=at)
    if earlier(u, actor, "add_note", command.key) is not None:
        return records_of(u, actor, file.id)
    text = needed_text("note", command.text)
    note = u.notes.add(Note(uuid.uuid4().hex, file.id, text, actor.account, at))
    _log(u, actor, file, {"note": note.id, "sha256": _digest(text)}, at)
    remember(u, actor, "add_note", command.key, note.id, at=at)
    return records_of(u, actor, file.id)


def _mark(  # noqa: PLR0913, PLR0917 - one point with all that is known of it
    u: UnitOfWork,
    actor: Actor,
    held: Mark | None,
    given: Given,
    file: PermitFile,
    item: str,
    at: datetime,
) -> None:
    if not given.verdict:
        if held is None and not given.remark:
            return
        raise InvalidInput("checklist.no_verdict", item=item)
    try:
        verdict = Verdict(given.verdict)
    except ValueError as error:
        raise InvalidInput("checklist.unknown", item=given.verdict[:40]) from error
    if held is not None and (held.verdict, held.remark) == (verdict, given.remark):
        return
    if (held.revision if held else 0) != given.revision:
        raise Conflict("checklist.changed", item=item)
    mark = Mark(file.id, item, verdict, given.remark, actor.account, at)
    if held is None:
        u.marks.add(mark)
    else:
        u.marks.save(replace(mark, revision=held.revision))
    data = {"item": item, "verdict": verdict.value, "sha256": _digest(given.remark)}
    _log(u, actor, file, data, at)


def _writable(u: UnitOfWork, actor: Actor, file_id: FileId, *, at: datetime) -> PermitFile:
    """The file, held, for a regulator at a browser who has no other seat in it."""
    _require_authority(u, actor, readable_file(u, actor, file_id), Right.REVIEW)
    if actor.channel is not Channel.BROWSER:
        raise NotFound("file.not_found", id=file_id[:20])
    return regulators_file(u, actor, file_id, at=at)


def _require_authority(u: UnitOfWork, actor: Actor, file: PermitFile, right: Right) -> None:
    seat = u.file_actors.of_file(file.id).get(actor.person)
    own = right in rights_of(actor.seats) and not is_guest(actor, file)
    if not own or seat not in {None, FileSeat.REGULATOR}:
        raise NotFound("file.not_found", id=file.id)


def _log(
    u: UnitOfWork, actor: Actor, file: PermitFile, data: Mapping[str, str], at: datetime
) -> None:
    """Say in the log that something was recorded, where only the authority looks."""
    u.audit.append(
        kind="authority.recorded",
        actor=actor.account,
        subject=f"authority:{file.id}",
        data=dict(data),
        at=at,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
