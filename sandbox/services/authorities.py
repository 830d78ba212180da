"""Competence of authorities: assigned at submission, changed by two, shared with a stated basis.

Rules: ``domain.authorities``; who sees what follows from it is ``domain.sight``.

1. The first submission fixes the competent authority; a returned application keeps it.
2. A change is proposed and confirmed by two persons of the competent authority. It waits until no
   decision, Committee, review, ledger, return of money or drill is under way: a second signature
   is never given by another authority than the first. With it every share ends and alerts lose
   their officer.
3. One regulator of the competent authority shows the file to another, and may withdraw that.
4. Whoever reads by a share sees on what basis; it gives no seat and no act.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.alerts.cases import AlertState
from sandbox.domain.application import plain_text
from sandbox.domain.authorities import (
    BASIS_LENGTH,
    MOST_SHARES,
    Authority,
    ChangeState,
    CompetenceChange,
    Share,
    competent,
    require_second,
    require_span,
)
from sandbox.domain.calendar import day_of
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import PermitFile
from sandbox.domain.review import OPEN
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.settlement import SettlementState
from sandbox.domain.sight import sight_of
from sandbox.domain.supervised_ledger import LedgerState
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId, OrgId, PermitNumber
from sandbox.services.access import competent_in, is_guest, readable_file
from sandbox.services.acts import earlier, remember, require_read
from sandbox.services.delegations import are_two, require_two, stands_for
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class ProposeCompetence:
    """Propose that another authority be competent for a file."""

    file: FileId
    authority: str
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class SettleCompetence:
    """Confirm a proposed change as the second person, or drop it; ``change``: the one read."""

    file: FileId
    change: str
    confirm: bool
    key: str | None = None


@dataclass(frozen=True)
class ShareFile:
    """Show a file to another authority for reading; ``until`` is not part of it."""

    file: FileId
    authority: str
    basis: str
    until: datetime
    key: str | None = None


@dataclass(frozen=True)
class EndShare:
    """Show a file no longer."""

    file: FileId
    share: str
    key: str | None = None


@dataclass(frozen=True)
class FileAuthority:
    """What a file's page says of its authority.

    Attributes:
        competent: the authority; None before the first submission.
        mine: the share by which this reader reads it.
        shares: what was shown to whom, for the competent authority and auditors.
        pending: the change that waits for a second person, for the same.
        acts: this reader may show the file, or propose a change.
        may_confirm: this reader may confirm the pending change.
        others: authorities that could be named.
        names: every authority by its organisation.
        stands_for: for whom this reader acts in the file by delegation.
    """

    competent: Authority | None
    mine: Share | None = None
    shares: tuple[Share, ...] = ()
    pending: CompetenceChange | None = None
    acts: bool = False
    may_confirm: bool = False
    others: tuple[Authority, ...] = ()
    names: Mapping[OrgId, Authority] | None = None
    stands_for: tuple[str, ...] = ()


def authority_for(u: UnitOfWork, file: PermitFile, at: datetime) -> OrgId:
    """The authority that a file has, or gets with its first submission now.

    Raises:
        Conflict: ``authority.none_competent``.
    """
    if file.authority is not None:
        return file.authority
    found = competent(in_office(u, at), file.answers)
    if found is None:
        raise Conflict("authority.none_competent")
    return found.org


def in_office(u: UnitOfWork, at: datetime) -> tuple[Authority, ...]:
    """The authorities that are competent for something today."""
    return tuple(each for each in u.authorities.all() if each.holds(day_of(at)))


def file_authority(u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime) -> FileAuthority:
    """Which authority is competent, and what it shows to others.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    known = {each.org: each for each in u.authorities.all()}
    now = known.get(file.authority) if file.authority else None
    shares = u.shares.of_file(file.id)
    if is_guest(actor, file):
        mine = next((s for s in shares if s.authority == actor.org and s.holds(at)), None)
        return FileAuthority(now, mine=mine, names=known)
    supervises = sight_of(actor).supervises and Right.SEE_ALL_FILES in rights_of(actor.seats)
    if not supervises:
        return FileAuthority(now)
    pending = u.competence.proposed(file.id)
    acts = competent_in(actor, file, Right.REVIEW)
    decides = competent_in(actor, file, Right.DECIDE)
    return FileAuthority(
        now,
        shares=shares,
        pending=pending,
        acts=acts,
        may_confirm=decides
        and pending is not None
        and pending.proposed_by != actor.account
        and are_two(u, file, (pending.proposed_person, pending.proposed_at), actor, at=at),
        others=tuple(each for each in in_office(u, at) if each.org != file.authority),
        names=known,
        stands_for=stands_for(u, actor, file, at=at),
    )


def list_authorities(u: UnitOfWork, actor: Actor) -> tuple[Authority, ...]:
    """Every authority and its competence; for whoever has to do with files, and the operator.

    Raises:
        NotFound: ``web.not_found``.
    """
    if sight_of(actor).nothing and Right.OPERATE_PLATFORM not in rights_of(actor.seats):
        raise NotFound("web.not_found")
    return u.authorities.all()


def propose_competence(
    u: UnitOfWork, actor: Actor, command: ProposeCompetence, *, at: datetime
) -> FileId:
    """Propose that another authority be competent.

    Raises:
        NotFound: ``file.not_found``.
        NotAllowed: ``authority.reads_only``, ``seat.*``.
        InvalidInput: ``text.empty``, ``authority.unknown``.
        Conflict: ``authority.change_waits``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_competence", command.key)
    if done is not None:
        return FileId(done)
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    after = _other(u, file, command.authority, at)
    if u.competence.proposed(file.id) is not None:
        raise Conflict("authority.change_waits")
    assert file.authority is not None
    u.competence.add(
        CompetenceChange(
            id=uuid.uuid4().hex,
            file=file.id,
            before=file.authority,
            after=after.org,
            reasons=reasons,
            state=ChangeState.PROPOSED,
            proposed_by=actor.account,
            proposed_person=actor.person,
            proposed_at=at,
        )
    )
    data = {"before": file.authority, "after": after.org, "reasons": reasons}
    _note(u, "file.competence_proposed", actor, file, data, at)
    remember(u, actor, "propose_competence", command.key, file.id, at=at)
    return file.id


def settle_competence(
    u: UnitOfWork, actor: Actor, command: SettleCompetence, *, at: datetime
) -> FileId:
    """Confirm a change as the second person, or drop it.

    Raises:
        NotFound: ``file.not_found``.
        NotAllowed: ``authority.second_person``, ``authority.reads_only``, ``seat.*``.
        Conflict: ``authority.nothing_to_confirm``, ``authority.something_waits``,
            ``authority.not_in_office``, ``act.other_than_read``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "settle_competence", command.key)
    if done is not None:
        return FileId(done)
    file = regulators_file(u, actor, command.file, at=at)
    change = u.competence.proposed(file.id)
    if change is None:
        raise Conflict("authority.nothing_to_confirm")
    if command.confirm:
        require_second(change, actor.person, actor.account)
        require_two(u, file, (change.proposed_person, change.proposed_at), actor, at=at)
    require_read(command.change, change.id)
    settled = replace(change, state=ChangeState.DROPPED, settled_by=actor.account, settled_at=at)
    data = {"before": change.before, "after": change.after, "reasons": change.reasons}
    if command.confirm:
        _require_quiet(u, file)
        if change.after not in {each.org for each in in_office(u, at)}:
            raise Conflict("authority.not_in_office", authority=change.after)
        settled = replace(settled, state=ChangeState.CONFIRMED)
        data["proposed_by"] = change.proposed_by
        file = _hand_on(u, file, change.after, actor, at)
    u.competence.save(settled)
    kind = "file.competence_changed" if command.confirm else "file.competence_dropped"
    _note(u, kind, actor, file, data, at)
    remember(u, actor, "settle_competence", command.key, file.id, at=at)
    return file.id


def share_file(u: UnitOfWork, actor: Actor, command: ShareFile, *, at: datetime) -> FileId:
    """Show a file to another authority.

    Raises:
        NotFound: ``file.not_found``.
        NotAllowed: ``authority.reads_only``, ``seat.*``.
        InvalidInput: ``text.*``, ``authority.unknown``, ``authority.wrong_span``.
        Conflict: ``authority.shared_already``, ``authority.too_many_shares``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "share_file", command.key)
    if done is not None:
        return FileId(done)
    basis = plain_text("basis", command.basis, limit=BASIS_LENGTH)
    if not basis:
        raise InvalidInput("text.empty", field="basis")
    until = utc(command.until)
    require_span(at, until)
    file = regulators_file(u, actor, command.file, at=at)
    other = _other(u, file, command.authority, at)
    if any(each.authority == other.org and each.holds(at) for each in u.shares.of_file(file.id)):
        raise Conflict("authority.shared_already")
    if u.shares.count_for(other.org, at) >= MOST_SHARES:
        raise Conflict("authority.too_many_shares", limit=MOST_SHARES)
    assert file.authority is not None
    share = u.shares.add(
        Share(
            id=uuid.uuid4().hex,
            file=file.id,
            authority=other.org,
            by=file.authority,
            basis=basis,
            shared_by=actor.account,
            shared_at=at,
            until=until,
        )
    )
    data = {
        "share": share.id,
        "authority": other.org,
        "basis": basis,
        "until": until.isoformat(),
    }
    _note(u, "file.shared", actor, file, data, at)
    remember(u, actor, "share_file", command.key, file.id, at=at)
    return file.id


def end_share(u: UnitOfWork, actor: Actor, command: EndShare, *, at: datetime) -> FileId:
    """Show a file no longer.

    Raises:
        NotFound: ``file.not_found``, ``share.not_found``.
        NotAllowed: ``authority.reads_only``, ``seat.*``.
        Conflict: ``authority.share_over``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "end_share", command.key)
    if done is not None:
        return FileId(done)
    file = regulators_file(u, actor, command.file, at=at)
    share = u.shares.find(command.share[:40], lock=True)
    if share is None or share.file != file.id:
        raise NotFound("share.not_found", id=command.share[:40])
    if not share.holds(at):
        raise Conflict("authority.share_over")
    u.shares.save(replace(share, ended_by=actor.account, ended_at=at))
    _note(
        u,
        "file.share_ended",
        actor,
        file,
        {"share": share.id, "authority": share.authority},
        at,
    )
    remember(u, actor, "end_share", command.key, file.id, at=at)
    return file.id


def sight_changed(
    u: UnitOfWork, readers: Mapping[str, tuple[Actor, datetime]], at: datetime
) -> set[str]:
    """Which readers of live pages came with another sight than their authority has now.

    Args:
        u: a reading unit of work.
        readers: by name, with when they came.
        at: now.
    """
    limited = {
        name: (actor, came, actor.org)
        for name, (actor, came) in readers.items()
        if actor.org is not None and sight_of(actor).authority and not sight_of(actor).submitted
    }
    if not limited:
        return set()
    orgs = {org for _, _, org in limited.values()}
    shown = u.shares.files_of(orgs, at)
    left = u.competence.left_since(orgs, min(came for _, came, _ in limited.values()))
    return {
        name
        for name, (actor, came, org) in limited.items()
        if actor.shared != shown.get(org, frozenset()) or (org in left and left[org] >= came)
    }


def _other(u: UnitOfWork, file: PermitFile, org: str, at: datetime) -> Authority:
    found = u.authorities.find(org[:40])
    if found is None or found.org == file.authority or not found.holds(day_of(at)):
        raise InvalidInput("authority.unknown", authority=org[:40])
    return found


def _require_quiet(u: UnitOfWork, file: PermitFile) -> None:
    """Refuse while something of the present authority is half done."""
    considered = file.state in {FileState.COMMITTEE, FileState.DECIDED}
    begun = file.permit is not None and _half_done(u, file.permit)
    if considered or begun or u.decisions.proposed(file.id):
        raise Conflict("authority.something_waits", file=file.id)


def _half_done(u: UnitOfWork, permit: PermitNumber) -> bool:
    """Whether a first signature waits for the second one, or a drill holds the permit."""
    ordered = u.settlements.open_of(permit)
    return (
        any(each.state in OPEN and each.signatures for each in u.reviews.of_permit(permit))
        or any(e.state is LedgerState.SIGNED for e in u.supervised_ledgers.of_permit(permit))
        or (ordered is not None and ordered.state is SettlementState.ORDERED)
        or bool(u.drills.running(permit))
    )


def _hand_on(
    u: UnitOfWork, file: PermitFile, after: OrgId, actor: Actor, at: datetime
) -> PermitFile:
    """The file with its new authority; what the old one showed ends, its officers have it no more.

    A deadline runs on: it is the file's, whoever is competent.
    """
    for share in u.shares.of_file(file.id):
        if share.ended_at is None:
            u.shares.save(replace(share, ended_by=actor.account, ended_at=at))
    columns = u.alerts.columns
    held = u.alerts.select(
        columns.permit == (file.permit or ""),
        columns.assignee.is_not(None),
        columns.state != AlertState.CLOSED,
    )
    for alert in held:
        u.alerts.save(replace(alert, assignee=None, state=AlertState.NEW))
    return u.files.save(replace(file, authority=after, updated_at=at))


def _note(
    u: UnitOfWork, kind: str, actor: Actor, file: PermitFile, data: Mapping[str, str], at: datetime
) -> None:
    u.audit.append(kind=kind, actor=actor.account, subject=file.id, data=dict(data), at=at)
