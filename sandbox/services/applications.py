"""The application: start, save as you type, submit, withdraw.

Rules:

1. Saving changes only the fields that are sent, and only over the revision that was read: what
   somebody else wrote meanwhile is never overwritten.
2. Submitting names every missing part at once and leaves everything as it was.
3. A submitted application is not changed; a returned one is a draft again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.domain.application import clean
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require, require_act_of_law
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import FileId, OrgId
from sandbox.services.access import applicants_file
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.authorities import authority_for
from sandbox.services.files import file_view, missing_of
from sandbox.services.submissions import keep_submission
from sandbox.services.views import FileView, SavedDraft
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class StartApplication:
    """Open a new draft; ``title`` is the product's name, if known."""

    title: str = ""
    key: str | None = None


@dataclass(frozen=True)
class SaveDraft:
    """Save fields of a draft over the ``revision`` that was read."""

    file: FileId
    revision: int
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubmitApplication:
    """Submit a complete draft."""

    file: FileId
    revision: int
    key: str | None = None


@dataclass(frozen=True)
class WithdrawApplication:
    """Withdraw before a decision."""

    file: FileId
    key: str | None = None


def start_application(
    u: UnitOfWork, actor: Actor, command: StartApplication, *, at: datetime
) -> FileView:
    """Open a draft for the actor's organisation.

    Raises:
        NotAllowed: ``seat.right_missing``, ``application.no_organisation``.
        InvalidInput: ``text.*``.
    """
    require(actor, Right.APPLY)
    if actor.org is None:
        raise NotAllowed("application.no_organisation")
    done = earlier(u, actor, "start_application", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    title = clean("product", command.title)
    file_id = FileId(f"F-{at.year}-{u.counters.next(f'file:{at.year}'):04d}")
    file = u.files.add(
        PermitFile(
            id=file_id,
            org=actor.org,
            sponsor=None,
            title=title,
            state=FileState.DRAFT,
            answers={"product": title} if title else {},
            created_by=actor.account,
            created_at=at,
            updated_at=at,
        )
    )
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    u.audit.append(
        kind="file.started", actor=actor.account, subject=file.id, data={"org": actor.org}, at=at
    )
    remember(u, actor, "start_application", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def save_draft(u: UnitOfWork, actor: Actor, command: SaveDraft, *, at: datetime) -> SavedDraft:
    """Save what was typed so far.

    Raises:
        InvalidInput: ``application.unknown_field``, ``text.*``: nothing of this call is saved.
        Conflict: ``store.changed_meanwhile`` (``current_revision``), ``application.not_a_draft``.
    """
    file = _draft(u, actor, command.file, command.revision)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    cleaned = {name: clean(name, text) for name, text in command.answers.items()}
    answers = {name: text for name, text in {**file.answers, **cleaned}.items() if text}
    if answers != dict(file.answers):
        sponsor = answers.get("sponsor", "")
        known = u.organisations.find(sponsor[:40]) if sponsor else None
        file = u.files.save(
            replace(
                file,
                answers=answers,
                title=answers.get("product", ""),
                sponsor=OrgId(known.id) if known else None,
                updated_at=at,
            )
        )
    return SavedDraft(file.id, file.revision, missing_of(u, file, at=at), at)


def submit_application(
    u: UnitOfWork, actor: Actor, command: SubmitApplication, *, at: datetime
) -> FileView:
    """Submit a complete application to its sponsor.

    Raises:
        InvalidInput: ``application.incomplete`` with every missing part.
        Conflict: ``store.changed_meanwhile``, ``application.not_a_draft``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "submit_application", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = _draft(u, actor, command.file, command.revision)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    missing = missing_of(u, file, at=at)
    if missing:
        parts = [
            {"part": each.part, "code": each.code, "params": dict(each.params)} for each in missing
        ]
        raise InvalidInput("application.incomplete", missing=parts)
    authority = authority_for(u, file, at)
    kept = keep_submission(u, file, actor, at=at)
    move(
        u,
        file,
        Act.SUBMIT,
        actor=actor.account,
        at=at,
        data={
            "answers": dict(file.answers),
            "number": kept.number,
            "documents": [dict(each) for each in kept.documents],
        },
        submitted_at=at,
        authority=authority,
    )
    remember(u, actor, "submit_application", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def withdraw_application(
    u: UnitOfWork, actor: Actor, command: WithdrawApplication, *, at: datetime
) -> FileView:
    """Withdraw an application that is not decided.

    Raises:
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "withdraw_application", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = applicants_file(u, actor, command.file)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    move(u, file, Act.WITHDRAW, actor=actor.account, at=at)
    remember(u, actor, "withdraw_application", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def _draft(u: UnitOfWork, actor: Actor, file_id: FileId, revision: int) -> PermitFile:
    file = applicants_file(u, actor, file_id)
    if file.state is not FileState.DRAFT:
        raise Conflict("application.not_a_draft", state=file.state.value)
    if file.revision != revision:
        raise Conflict(
            "store.changed_meanwhile", what="file", current_revision=file.revision, read=revision
        )
    return file
