"""Another sponsor for a live permit: named by the operator, accepted by it, signed by two.

Rules:

1. Only an organisation that may sponsor is named, one at a time; from then on it sees the file.
2. It accepts with its own signature over the application, as the first sponsor did.
3. Two regulators put the change in force: a version with another holder, on chain like any other.
   The former sponsor sees the file no more; what the clock suspended for want of a sponsor goes on.

Source: National Bank, special regulatory regime: who may apply (to be confirmed).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.domain.life import Petition, PetitionKind, PetitionState
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import FileId, OrgId, PermitNumber
from sandbox.services.access import applicants_file, readable_file
from sandbox.services.acts import earlier, move, remember, require_read, take_seat
from sandbox.services.files import file_view, submission_stamp
from sandbox.services.petitions import close_petition, file_petition, open_petition
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.services.sponsorship import sponsor_text, submitted_documents
from sandbox.services.versions import Plan, propose_version
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class NameSponsor:
    """Name the organisation that is to follow the sponsor, with reasons."""

    file: FileId
    sponsor: str
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class AcceptSponsorship:
    """Accept, as the organisation named.

    Attributes:
        petition: the declaration that was read.
        read: the stamp of the submission that was read.
    """

    file: FileId
    petition: str
    read: str
    key: str | None = None


@dataclass(frozen=True)
class ProposeSponsor:
    """Propose the change to a second regulator."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


def name_sponsor(u: UnitOfWork, actor: Actor, command: NameSponsor, *, at: datetime) -> FileView:
    """Name another sponsor, as the operator; naming again replaces who was named before.

    Raises:
        InvalidInput: ``succession.may_not_sponsor``, ``text.empty``.
        Conflict: ``lifecycle.not_from_here``.
        NotAllowed: ``seat.*``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "name_sponsor", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = applicants_file(u, actor, command.file)
    find(file.state, Act.NAME_SPONSOR)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    named = u.organisations.find(command.sponsor.strip()[:40])
    if named is None or not named.kind.may_sponsor or named.id == file.sponsor:
        raise InvalidInput("succession.may_not_sponsor", sponsor=command.sponsor[:40])
    kind, back = PetitionKind.NEW_SPONSOR, PetitionState.TAKEN_BACK
    close_petition(u, file.id, kind, back, by=actor.account, at=at)
    petition = file_petition(
        u, actor, file, kind, FileSeat.APPLICANT, reasons, at=at, sponsor=named.id
    )
    data = {"petition": petition.id, "sponsor": named.id, "reasons": reasons}
    move(u, file, Act.NAME_SPONSOR, actor=actor.account, at=at, data=data, candidate=named.id)
    remember(u, actor, "name_sponsor", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def accept_sponsorship(
    u: UnitOfWork, actor: Actor, command: AcceptSponsorship, *, at: datetime, ports: Ports
) -> FileView:
    """Sign the application as the organisation named.

    Raises:
        NotAllowed: ``sponsor.not_named``, ``seat.*``.
        Conflict: ``succession.accepted_already``, ``lifecycle.not_from_here``,
            ``act.other_than_read``.
        Unavailable: the signer is out of reach; nothing is signed.
    """
    require_act_of_law(actor, Right.SPONSOR, at)
    done = earlier(u, actor, "accept_sponsorship", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = readable_file(u, actor, command.file, lock=True)
    if actor.org is None or file.candidate != actor.org:
        raise NotAllowed("sponsor.not_named", file=file.id)
    find(file.state, Act.ACCEPT_SPONSORSHIP)
    petition = open_petition(u, file.id, PetitionKind.NEW_SPONSOR)
    if petition.signature is not None:
        raise Conflict("succession.accepted_already", file=file.id)
    require_read(command.petition, petition.id)
    require_read(command.read, submission_stamp(u, file))
    take_seat(u, file, actor, FileSeat.SPONSOR, at=at)
    inventory = submitted_documents(u, file)
    name, text = f"sponsor/{actor.org}", sponsor_text(replace(file, sponsor=actor.org), inventory)
    signature = {
        "account": actor.account,
        "address": ports.signer.address(name),
        "text": text,
        "signature": ports.signer.sign_message(name, text),
        "at": at.isoformat(),
    }
    u.petitions.save(replace(petition, signature=signature))
    data = {"sponsor": actor.org, **signature}
    move(u, file, Act.ACCEPT_SPONSORSHIP, actor=actor.account, at=at, data=data)
    remember(u, actor, "accept_sponsorship", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_sponsor(
    u: UnitOfWork, actor: Actor, command: ProposeSponsor, *, at: datetime, ports: Ports
) -> FileView:
    """Propose a version whose holder is the organisation that accepted.

    Raises:
        NotFound: ``petition.not_found``.
        Conflict: ``succession.not_accepted``, ``lifecycle.not_from_here``.
    """

    def change(permit: Permit, _file: PermitFile) -> tuple[Terms, TrialState]:
        return permit.terms, permit.trial_state

    def holder(file: PermitFile) -> OrgId:
        sponsor = _accepted(u, file).sponsor
        assert sponsor is not None
        return sponsor

    plan = Plan(
        *("propose_sponsor", Act.CHANGE_SPONSOR, DecisionKind.CHANGE_SPONSOR),
        permit=command.permit,
        reasons=command.reasons,
        key=command.key,
        change=change,
        holder=holder,
    )
    return propose_version(u, actor, plan, at=at, ports=ports)


def require_accepted(u: UnitOfWork, file: PermitFile, decision: Decision) -> None:
    """Refuse to sign for another organisation than the one that has accepted by now.

    Raises:
        NotFound: ``petition.not_found``.
        Conflict: ``succession.not_accepted``.
    """
    document = decision.document or {}
    if _accepted(u, file).sponsor != document["holder"]["id"]:
        raise Conflict("succession.not_accepted", file=file.id)


def followed(
    u: UnitOfWork, file: PermitFile, permit: Permit, actor: Actor, *, at: datetime
) -> tuple[FileState | None, dict[str, Any]]:
    """Close what the change answers; the file's state and its new parties.

    Returns:
        The state, where the clock's suspension ends with it, else None; and the file's fields.
    """
    petition = _accepted(u, file)
    for kind in (PetitionKind.NEW_SPONSOR, PetitionKind.SPONSOR_LEAVING):
        granted = PetitionState.GRANTED
        close_petition(u, file.id, kind, granted, by=actor.account, at=at)
    waits = u.automatic.interim_of(file.id)
    by_sponsor = waits is None or waits.act is Act.SPONSOR_GONE
    suspended = file.state is FileState.SUSPENDED and by_sponsor
    unsigned = suspended and permit.trial_state is TrialState.ACTIVE
    parties = {
        "sponsor": petition.sponsor,
        "sponsor_signature": petition.signature,
        "candidate": None,
    }
    return (FileState.ACTIVE if unsigned else None), parties


def _accepted(u: UnitOfWork, file: PermitFile) -> Petition:
    petition = open_petition(u, file.id, PetitionKind.NEW_SPONSOR)
    if petition.signature is None:
        raise Conflict("succession.not_accepted", file=file.id)
    return petition
