"""Experts: invited to one file, under an undertaking, for one written opinion.

Rules: ``domain.experts``. Whoever has another seat in the file, or an account with the applicant
or the sponsor, is not invited. An expert never passes ``access``: what they read is made here,
from the application as it was submitted and its questions, and from nothing else.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from sandbox.domain.documents import Document
from sandbox.domain.experts import (
    LONGEST,
    UNDERTAKING,
    UNDERTAKING_DIGEST,
    ExpertInvitation,
    InvitationState,
)
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import PermitFile, Question
from sandbox.domain.seats import (
    Actor,
    Channel,
    FileSeat,
    Right,
    require_act_of_law,
    rights_of,
    seats_with,
)
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import FileId, PersonId
from sandbox.services.access import competent_in, is_guest, readable_file
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.documents import blobs_of, document_ids
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork

OPEN_TO: Final = frozenset({FileState.UNDER_REVIEW, FileState.QUESTION_OPEN, FileState.COMMITTEE})
"""States in which an expert may be called in."""


@dataclass(frozen=True)
class InviteExpert:
    """Invite an expert to a file, until a moment."""

    file: FileId
    account: str
    subject: str
    until: datetime
    key: str | None = None


@dataclass(frozen=True)
class EndInvitation:
    """End an invitation before its day."""

    invitation: str
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class AcceptUndertaking:
    """Accept the undertaking; ``digest``: of the text that was shown."""

    invitation: str
    digest: str
    language: str
    key: str | None = None


@dataclass(frozen=True)
class FileOpinion:
    """File the opinion, once."""

    invitation: str
    opinion: str
    key: str | None = None


@dataclass(frozen=True)
class InvitationView:
    """An invitation with what its reader may see of it."""

    invitation: ExpertInvitation
    state: str
    name: str
    authority: str


@dataclass(frozen=True)
class ExpertFileView:
    """What an expert reads. ``answers`` is empty while the application is with the applicant."""

    id: FileId
    title: str
    org_name: str
    sponsor_name: str | None
    answers: Mapping[str, str]
    questions: tuple[Question, ...]
    documents: tuple[Document, ...]


def invite_expert(u: UnitOfWork, actor: Actor, command: InviteExpert, *, at: datetime) -> str:
    """Invite an expert.

    Returns:
        The invitation's id.

    Raises:
        NotFound: ``file.not_found``, ``account.not_found``.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``, ``expert.conflict``.
        InvalidInput: ``text.empty``, ``expert.not_an_expert``, ``expert.bad_end``.
        Conflict: ``expert.not_under_review``, ``expert.already_invited``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "invite_expert", command.key)
    if done is not None:
        return done
    subject = needed_text("subject", command.subject)
    if not at < utc(command.until) <= at + LONGEST:
        raise InvalidInput("expert.bad_end", days=LONGEST.days)
    file = regulators_file(u, actor, command.file, at=at)
    if file.state not in OPEN_TO:
        raise Conflict("expert.not_under_review", state=file.state.value)
    account = u.accounts.get(command.account[:32])
    if not account.active or Right.GIVE_OPINION not in rights_of(frozenset(account.seats)):
        raise InvalidInput("expert.not_an_expert", account=account.name)
    if _is_party(u, file, account.person):
        raise NotAllowed("expert.conflict", account=account.name)
    for each in u.experts.of_file(file.id):
        if each.person == account.person and each.state(at) is not InvitationState.ENDED:
            raise Conflict("expert.already_invited", account=account.name)
    made = u.experts.add(
        ExpertInvitation(
            id=uuid.uuid4().hex,
            file=file.id,
            account=account.name,
            person=account.person,
            subject=subject,
            until=utc(command.until),
            invited_by=actor.account,
            invited_at=at,
        )
    )
    data = {"invitation": made.id, "account": made.account, "until": made.until.isoformat()}
    _note(u, "expert.invited", actor, made, at, {**data, "subject": subject})
    remember(u, actor, "invite_expert", command.key, made.id, at=at)
    return made.id


def end_invitation(u: UnitOfWork, actor: Actor, command: EndInvitation, *, at: datetime) -> str:
    """End an invitation now; what was filed stays.

    Raises:
        NotFound: ``invitation.not_found``.
        InvalidInput: ``text.empty``.
        Conflict: ``expert.ended``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "end_invitation", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    found = u.experts.get(command.invitation[:40])
    regulators_file(u, actor, found.file, at=at)
    found = u.experts.get(found.id, lock=True)
    if found.state(at) is InvitationState.ENDED:
        raise Conflict("expert.ended")
    ended = replace(found, ended_at=at, ended_by=actor.account, ended_reason=reasons)
    u.experts.save(ended)
    data = {"invitation": found.id, "account": found.account, "reasons": reasons}
    _note(u, "expert.ended", actor, found, at, data)
    remember(u, actor, "end_invitation", command.key, found.id, at=at)
    return found.id


def accept_undertaking(
    u: UnitOfWork, actor: Actor, command: AcceptUndertaking, *, at: datetime
) -> str:
    """Accept the undertaking: from now on the file may be read.

    Raises:
        NotFound: ``invitation.not_found``, also for another expert's.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``, ``expert.conflict``.
        Conflict: ``expert.ended``, ``expert.accepted_already``, ``expert.undertaking_changed``.
    """
    require_act_of_law(actor, Right.GIVE_OPINION, at)
    done = earlier(u, actor, "accept_undertaking", command.key)
    if done is not None:
        return done
    found = _own(u, actor, command.invitation, lock=True)
    if found.state(at) is InvitationState.ENDED:
        raise Conflict("expert.ended")
    if found.undertaking is not None:
        raise Conflict("expert.accepted_already")
    if command.digest != UNDERTAKING_DIGEST or command.language not in UNDERTAKING:
        raise Conflict("expert.undertaking_changed")
    file = u.files.get(found.file, lock=True)
    if _is_party(u, file, actor.person):
        raise NotAllowed("expert.conflict", account=actor.account)
    take_seat(u, file, actor, FileSeat.EXPERT, at=at)
    undertaking = {
        "language": command.language,
        "text": UNDERTAKING[command.language],
        "digest": UNDERTAKING_DIGEST,
        "at": at.isoformat(),
    }
    u.experts.save(replace(found, undertaking=undertaking))
    data = {"invitation": found.id, **undertaking}
    _note(u, "expert.undertaking_accepted", actor, found, at, data)
    remember(u, actor, "accept_undertaking", command.key, found.id, at=at)
    return found.id


def file_opinion(u: UnitOfWork, actor: Actor, command: FileOpinion, *, at: datetime) -> str:
    """File the opinion; it is not written again.

    Raises:
        NotFound: ``invitation.not_found``.
        InvalidInput: ``text.empty``.
        Conflict: ``expert.ended``, ``expert.undertaking_first``, ``expert.filed_already``.
    """
    require_act_of_law(actor, Right.GIVE_OPINION, at)
    done = earlier(u, actor, "file_opinion", command.key)
    if done is not None:
        return done
    opinion = needed_text("opinion", command.opinion)
    found = _own(u, actor, command.invitation, lock=True)
    state = found.state(at)
    if state is InvitationState.ENDED:
        raise Conflict("expert.ended")
    if state is InvitationState.INVITED:
        raise Conflict("expert.undertaking_first")
    if state is InvitationState.FILED:
        raise Conflict("expert.filed_already")
    digest = hashlib.sha256(opinion.encode()).hexdigest()
    u.experts.save(replace(found, opinion=opinion, opinion_digest=digest, opinion_at=at))
    data = {"invitation": found.id, "account": found.account, "digest": digest}
    _note(u, "expert.opinion_filed", actor, found, at, data)
    remember(u, actor, "file_opinion", command.key, found.id, at=at)
    return found.id


def own_invitations(u: UnitOfWork, actor: Actor, *, at: datetime) -> tuple[InvitationView, ...]:
    """An expert's invitations, the newest first."""
    if Right.GIVE_OPINION not in rights_of(actor.seats):
        return ()
    return tuple(_view(u, each, at) for each in u.experts.of_person(actor.person))


def own_invitation(
    u: UnitOfWork, actor: Actor, invitation: str, *, at: datetime
) -> tuple[InvitationView, ExpertFileView | None]:
    """One of the expert's invitations; the file only between acceptance and end.

    Raises:
        NotFound: ``invitation.not_found``.
    """
    found = _own(u, actor, invitation)
    if not found.shows_file(at):
        return _view(u, found, at), None
    file = u.files.get(found.file)
    orgs = u.organisations.names_of({file.org, file.sponsor})
    with_applicant = file.state in {FileState.DRAFT, FileState.WITHDRAWN}
    return _view(u, found, at), ExpertFileView(
        id=file.id,
        title=file.title,
        org_name=orgs.get(file.org, file.org),
        sponsor_name=orgs.get(file.sponsor) if file.sponsor else None,
        answers={} if with_applicant else dict(file.answers),
        questions=() if with_applicant else u.questions.of_file(file.id),
        documents=() if with_applicant else _submitted(u, file),
    )


def own_document(
    u: UnitOfWork, actor: Actor, invitation: str, document_id: str, *, folder: Path, at: datetime
) -> tuple[Document, BinaryIO]:
    """One document of the application that the expert may read now, with its bytes, checked.

    Args:
        u: a reading unit of work.
        actor: the expert.
        invitation: the expert's own.
        document_id: of the application as it was submitted last.
        folder: where the bytes of documents lie.
        at: now.

    Raises:
        NotFound: ``invitation.not_found``, ``document.not_found``.
        IntegrityFailure: ``classroom.blob_changed``.
    """
    _, file = own_invitation(u, actor, invitation, at=at)
    for each in file.documents if file else ():
        if each.id == document_id:
            return each, blobs_of(folder, each.file).open(each.sha256)
    raise NotFound("document.not_found")


def _submitted(u: UnitOfWork, file: PermitFile) -> tuple[Document, ...]:
    """The documents of the application as it was submitted last."""
    seen = document_ids(u.submissions.of_file(file.id)[-1:])
    return tuple(each for each in u.documents.of_file(file.id) if each.id in seen)


def file_experts(
    u: UnitOfWork, actor: Actor, file_id: FileId, *, at: datetime
) -> tuple[tuple[InvitationView, ...], tuple[tuple[str, str], ...]]:
    """A file's experts, and who could be invited, for the authorities; empty for all others.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    rights = rights_of(actor.seats)
    if Right.SEE_ALL_FILES not in rights or is_guest(actor, file):
        return (), ()
    candidates = (
        (each.name, each.display_name) for each in u.accounts.seated(seats_with(Right.GIVE_OPINION))
    )
    may = competent_in(actor, file, Right.REVIEW) and file.state in OPEN_TO
    views = tuple(_view(u, each, at) for each in u.experts.of_file(file.id))
    return views, tuple(candidates) if may else ()


def _own(u: UnitOfWork, actor: Actor, invitation: str, *, lock: bool = False) -> ExpertInvitation:
    found = u.experts.find(invitation[:40], lock=lock)
    allowed = Right.GIVE_OPINION in rights_of(actor.seats) and actor.channel is Channel.BROWSER
    if found is None or found.person != actor.person or not allowed:
        raise NotFound("invitation.not_found", id=invitation[:40])
    return found


def _is_party(u: UnitOfWork, file: PermitFile, person: PersonId) -> bool:
    """Whether a person has another seat in the file, or an account with one of its parties."""
    if u.file_actors.of_file(file.id).get(person) not in {None, FileSeat.EXPERT}:
        return True
    accounts = u.accounts.select(u.accounts.columns.person == person)
    return any(each.org is not None and each.org in {file.org, file.sponsor} for each in accounts)


def _view(u: UnitOfWork, found: ExpertInvitation, at: datetime) -> InvitationView:
    org = u.accounts.get(found.invited_by).org
    authority = u.organisations.find(org) if org else None
    return InvitationView(
        invitation=found,
        state=found.state(at).value,
        name=u.accounts.get(found.account).display_name,
        authority=authority.name if authority else found.invited_by,
    )


def _note(
    u: UnitOfWork,
    kind: str,
    actor: Actor,
    found: ExpertInvitation,
    at: datetime,
    data: Mapping[str, str],
) -> None:
    u.audit.append(kind=kind, actor=actor.account, subject=found.file, data=dict(data), at=at)
