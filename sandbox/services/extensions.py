"""Extending a permit: asked for by a party, proposed by one regulator, signed by a second.

Rules:

1. Once, by six months at most, counted from the end that was granted; never after the end.
2. The request comes the set number of working days before the end (``EXTENSION_NOTICE``).
3. A regulator proposes on an open request only, and never beyond what was asked for.
4. The new end is a version like any other: it is published on chain and told to the gateway.

Source: National Bank, special regulatory regime (rule 1; to be confirmed).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.calendar import day_of, end_of
from sandbox.domain.life import PetitionKind, PetitionState
from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import DeadlineKind, require_extension
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law, rights_of
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.files import file_view
from sandbox.services.petitions import (
    close_petition,
    extended_before,
    file_petition,
    open_petition,
)
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.versions import Plan, propose_version
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class AskExtension:
    """Ask for a later end, with reasons."""

    permit: PermitNumber
    until: datetime
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class ProposeExtension:
    """Propose the end that was asked for, or an earlier one."""

    permit: PermitNumber
    reasons: str
    until: datetime | None = None
    key: str | None = None


@dataclass(frozen=True)
class DeclineExtension:
    """Answer a request with no; the term ends as it did."""

    file: FileId
    reasons: str
    key: str | None = None


def ask_extension(u: UnitOfWork, actor: Actor, command: AskExtension, *, at: datetime) -> FileView:
    """Ask for an extension, as the holder or the operator.

    Raises:
        InvalidInput: ``extension.not_later``, ``extension.too_long``, ``text.empty``.
        Conflict: ``extension.twice``, ``extension.too_late``, ``petition.open_already``,
            ``lifecycle.not_from_here``.
        NotAllowed: ``seat.*``.
    """
    permit, file = readable_permit(u, actor, command.permit, lock=True)
    seat = party_seat(actor, file, at)
    done = earlier(u, actor, "ask_extension", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = u.files.get(file.id, lock=True)
    take_seat(u, file, actor, seat, at=at)
    find(file.state, Act.ASK_EXTENSION)
    until = utc(command.until).replace(microsecond=0)
    _require_possible(u, permit, file, at=at)
    require_extension(permit.base_terms.end, until)
    latest = apply_by(u, permit.base_terms.end)
    if at > latest:
        raise Conflict("extension.too_late", latest=latest.isoformat())
    petition = file_petition(
        u, actor, file, PetitionKind.EXTENSION, seat, reasons, at=at, until=until
    )
    data = {"petition": petition.id, "until": until.isoformat(), "reasons": reasons}
    move(u, file, Act.ASK_EXTENSION, actor=actor.account, at=at, data=data)
    remember(u, actor, "ask_extension", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_extension(
    u: UnitOfWork, actor: Actor, command: ProposeExtension, *, at: datetime, ports: Ports
) -> FileView:
    """Propose a later end and sign it as the author.

    Raises:
        NotFound: ``petition.not_found``: nobody asked.
        InvalidInput: ``extension.not_later``, ``extension.too_long``,
            ``extension.beyond_request``.
        Conflict: ``extension.twice``, ``extension.after_the_end``, ``lifecycle.not_from_here``.
    """

    def change(permit: Permit, file: PermitFile) -> tuple[Terms, TrialState]:
        asked = open_petition(u, file.id, PetitionKind.EXTENSION).until
        assert asked is not None
        until = utc(command.until).replace(microsecond=0) if command.until else asked
        if until > asked:
            raise InvalidInput("extension.beyond_request", asked=asked.isoformat())
        require_possible(u, permit, file, until, at=at)
        return replace(permit.terms, end=until), permit.trial_state

    plan = Plan(
        *("propose_extension", Act.EXTEND, DecisionKind.EXTEND),
        permit=command.permit,
        reasons=command.reasons,
        key=command.key,
        change=change,
    )
    return propose_version(u, actor, plan, at=at, ports=ports)


def decline_extension(
    u: UnitOfWork, actor: Actor, command: DeclineExtension, *, at: datetime
) -> FileView:
    """Decline the open request, with reasons that its author reads.

    Raises:
        NotFound: ``petition.not_found``, ``file.not_found``.
        InvalidInput: ``text.empty``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "decline_extension", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.DECLINE_EXTENSION)
    petition = open_petition(u, file.id, PetitionKind.EXTENSION)
    kind, state = PetitionKind.EXTENSION, PetitionState.DECLINED
    close_petition(u, file.id, kind, state, by=actor.account, at=at, answer=reasons)
    data = {"petition": petition.id, "reasons": reasons}
    move(u, file, Act.DECLINE_EXTENSION, actor=actor.account, at=at, data=data)
    remember(u, actor, "decline_extension", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def apply_by(u: UnitOfWork, end: datetime) -> datetime:
    """The last moment at which an extension may be asked for."""
    days = u.regime.days(DeadlineKind.EXTENSION_NOTICE)
    return min(end, end_of(u.calendar.calendar().before(day_of(end), days)))


def party_seat(actor: Actor, file: PermitFile, at: datetime) -> FileSeat:
    """In which seat a party acts: the holder's or the operator's, as an act of law.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``.
        NotAuthenticated: ``seat.needs_reauthentication``.
    """
    holds = Right.SPONSOR in rights_of(actor.seats) and file.sponsor == actor.org
    require_act_of_law(actor, Right.SPONSOR if holds else Right.APPLY, at)
    return FileSeat.SPONSOR if holds else FileSeat.APPLICANT


def require_possible(
    u: UnitOfWork, permit: Permit, file: PermitFile, until: datetime, *, at: datetime
) -> None:
    """Refuse an extension that the regime does not know, also when it is countersigned.

    Raises:
        Conflict: ``extension.twice``, ``extension.after_the_end``.
        InvalidInput: ``extension.not_later``, ``extension.too_long``.
    """
    _require_possible(u, permit, file, at=at)
    require_extension(permit.base_terms.end, until)


def _require_possible(u: UnitOfWork, permit: Permit, file: PermitFile, *, at: datetime) -> None:
    if extended_before(u, file.id):
        raise Conflict("extension.twice", permit=permit.number)
    if at >= permit.terms.end:
        raise Conflict("extension.after_the_end", end=permit.terms.end.isoformat())
