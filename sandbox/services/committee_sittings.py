"""Sittings before any vote: called, agenda, opened, attendance, conflicts.

Rules:

1. Any regulator calls a sitting and puts a file under review onto its agenda; the file stands
   before the Committee until the minutes are closed, or until it is taken off before any vote.
2. The secretary in office opens the sitting, on its day or later, with the chair present. Who is
   in office and which rules hold is kept with the sitting from then on.
3. Conflicts are declared by the member or by the secretary. Another seat in the file, and an
   account with the applicant or the sponsor, are conflicts by themselves.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.application import NAME_LENGTH, plain_text
from sandbox.domain.calendar import day_of
from sandbox.domain.committee import (
    AgendaItem,
    CommitteeRole,
    InOffice,
    InterestConflict,
    ItemResult,
    SeatedMember,
    Sitting,
    SittingState,
)
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.words import OrganisationKind
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName, FileId, PersonId
from sandbox.services.acts import earlier, move, remember
from sandbox.services.committee_members import committee_now, rules_in_force
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork

_BEFORE = (SittingState.CALLED, SittingState.IN_SESSION)


@dataclass(frozen=True)
class CallSitting:
    """Call a sitting."""

    held_at: datetime
    place: str
    key: str | None = None


@dataclass(frozen=True)
class CancelSitting:
    """Call a sitting off; its files are under review again."""

    sitting: str
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class PutOnAgenda:
    """Put a file under review onto the agenda of a sitting to come."""

    file: FileId
    sitting: str
    key: str | None = None


@dataclass(frozen=True)
class TakeOffAgenda:
    """Take a file off its agenda before a vote was taken."""

    file: FileId
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class OpenSitting:
    """Open a sitting with those who are present (accounts)."""

    sitting: str
    present: frozenset[str]
    key: str | None = None


@dataclass(frozen=True)
class RecordAttendance:
    """Somebody came or left: who is present from now on (accounts)."""

    sitting: str
    present: frozenset[str]
    key: str | None = None


@dataclass(frozen=True)
class DeclareConflict:
    """Declare that a member has an interest in an item."""

    item: str
    account: str
    text: str
    key: str | None = None


@dataclass(frozen=True)
class WithdrawConflict:
    """Take a declaration back that was made by mistake, before a vote on the item."""

    item: str
    person: PersonId
    key: str | None = None


def call_sitting(u: UnitOfWork, actor: Actor, command: CallSitting, *, at: datetime) -> str:
    """Call a sitting.

    Returns:
        The sitting's id.

    Raises:
        NotAllowed: ``seat.right_missing``, ``committee.not_an_authority``.
        InvalidInput: ``text.empty``, ``committee.held_in_the_past``.
        Conflict: ``committee.no_secretary`` when nobody is secretary now.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "call_sitting", command.key)
    if done is not None:
        return done
    place = plain_text("place", command.place, limit=NAME_LENGTH, name=True)
    if not place:
        raise InvalidInput("text.empty", field="place")
    if day_of(utc(command.held_at)) < day_of(at):
        raise InvalidInput("committee.held_in_the_past")
    org = u.organisations.find(actor.org) if actor.org else None
    if org is None or org.kind is not OrganisationKind.AUTHORITY:
        raise NotAllowed("committee.not_an_authority")
    made = u.sittings.add(
        Sitting(
            id=f"S-{at.year}-{u.counters.next(f'sitting:{at.year}'):04d}",
            authority=org.id,
            held_at=utc(command.held_at),
            place=place,
            secretary=_with_role(committee_now(u, org.id, at), CommitteeRole.SECRETARY).account,
            state=SittingState.CALLED,
            called_by=actor.account,
            called_at=at,
        )
    )
    note(u, "committee.sitting_called", actor, made, at, held_at=made.held_at.isoformat())
    remember(u, actor, "call_sitting", command.key, made.id, at=at)
    return made.id


def cancel_sitting(u: UnitOfWork, actor: Actor, command: CancelSitting, *, at: datetime) -> str:
    """Call a sitting off before it was opened.

    Raises:
        NotFound: ``sitting.not_found``.
        InvalidInput: ``text.empty``.
        Conflict: ``committee.wrong_time``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "cancel_sitting", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    sitting = held(u, actor, command.sitting, SittingState.CALLED)
    for item in u.agenda.of_sittings([sitting.id]):
        if item.result is None:
            _leave(u, u.files.get(item.file, lock=True), item, actor, reasons, at)
    saved = u.sittings.save(replace(sitting, state=SittingState.CANCELLED, reason=reasons))
    note(u, "committee.sitting_cancelled", actor, saved, at, reasons=reasons)
    remember(u, actor, "cancel_sitting", command.key, sitting.id, at=at)
    return sitting.id


def put_on_agenda(u: UnitOfWork, actor: Actor, command: PutOnAgenda, *, at: datetime) -> str:
    """Bring a file before the Committee.

    Returns:
        The file's id.

    Raises:
        NotFound: ``file.not_found``, ``sitting.not_found``.
        NotAllowed: ``seat.second_seat_in_file``.
        Conflict: ``lifecycle.not_from_here``, ``committee.wrong_time``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "put_on_agenda", command.key)
    if done is not None:
        return done
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.PUT_ON_AGENDA)
    sitting = held(u, actor, command.sitting, SittingState.CALLED)
    places = [each.place for each in u.agenda.of_sittings([sitting.id])]
    item = u.agenda.add(
        AgendaItem(
            id=uuid.uuid4().hex,
            sitting=sitting.id,
            place=max(places, default=0) + 1,
            file=file.id,
            added_by=actor.account,
            added_at=at,
        )
    )
    data = {"sitting": sitting.id, "item": item.place}
    move(u, file, Act.PUT_ON_AGENDA, actor=actor.account, at=at, data=data)
    remember(u, actor, "put_on_agenda", command.key, file.id, at=at)
    return file.id


def take_off_agenda(u: UnitOfWork, actor: Actor, command: TakeOffAgenda, *, at: datetime) -> str:
    """Take a file back under review while no vote was taken.

    Raises:
        NotFound: ``file.not_found``.
        InvalidInput: ``text.empty``.
        Conflict: ``lifecycle.not_from_here``, ``committee.voted_already``,
            ``committee.wrong_time``.
        NotAllowed: ``committee.secretary_only`` once the sitting is open.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "take_off_agenda", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.TAKE_OFF_AGENDA)
    item = open_item(u, file.id)
    assert item is not None
    sitting = held(u, actor, item.sitting, SittingState.CALLED, SittingState.IN_SESSION)
    if sitting.state is SittingState.IN_SESSION:
        require_secretary(u, sitting, actor, at)
    if item.standing or item.result is not None:
        raise Conflict("committee.voted_already")
    _leave(u, file, item, actor, reasons, at)
    remember(u, actor, "take_off_agenda", command.key, file.id, at=at)
    return file.id


def open_sitting(u: UnitOfWork, actor: Actor, command: OpenSitting, *, at: datetime) -> str:
    """Open a sitting, not before its hour: members and rules are kept as they are now.

    Raises:
        NotFound: ``sitting.not_found``.
        NotAllowed: ``committee.secretary_only``.
        Conflict: ``committee.wrong_time``, ``committee.too_early``, ``committee.officers_absent``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "open_sitting", command.key)
    if done is not None:
        return done
    sitting = held(u, actor, command.sitting, SittingState.CALLED)
    require_secretary(u, sitting, actor, at)
    if at < sitting.held_at:
        raise Conflict("committee.too_early", held_at=sitting.held_at.isoformat())
    office = committee_now(u, sitting.authority, at)
    accounts = {each.account: u.accounts.get(each.account) for each in office}
    seats = {each.id: each.account for each in u.appointments.all(sitting.authority)}
    members = tuple(
        SeatedMember(
            account=each.account,
            person=each.person,
            name=accounts[each.account].display_name,
            role=each.role,
            order_number=each.order_number,
            acting_for=_name(u, seats.get(each.acting_for or "")),
        )
        for each in office
    )
    opened = replace(
        sitting,
        state=SittingState.IN_SESSION,
        secretary=actor.account,
        rules=rules_in_force(u, sitting.authority),
        members=_present(members, command.present),
        opened_at=at,
    )
    saved = u.sittings.save(opened)
    note(u, "committee.sitting_opened", actor, saved, at, **_attendance(saved))
    remember(u, actor, "open_sitting", command.key, sitting.id, at=at)
    return sitting.id


def record_attendance(
    u: UnitOfWork, actor: Actor, command: RecordAttendance, *, at: datetime
) -> str:
    """Record who is present from now on; votes taken before stay as they were.

    Raises:
        NotFound: ``sitting.not_found``.
        NotAllowed: ``committee.secretary_only``.
        Conflict: ``committee.wrong_time``, ``committee.officers_absent``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "record_attendance", command.key)
    if done is not None:
        return done
    sitting = held(u, actor, command.sitting, SittingState.IN_SESSION)
    require_secretary(u, sitting, actor, at)
    saved = u.sittings.save(replace(sitting, members=_present(sitting.members, command.present)))
    note(u, "committee.attendance", actor, saved, at, **_attendance(saved))
    remember(u, actor, "record_attendance", command.key, sitting.id, at=at)
    return sitting.id


def declare_conflict(u: UnitOfWork, actor: Actor, command: DeclareConflict, *, at: datetime) -> str:
    """Declare a member's interest in an item: one's own, or as the secretary.

    Returns:
        The sitting's id.

    Raises:
        NotFound: ``agenda_item.not_found``.
        NotAllowed: ``committee.secretary_only`` for another member's.
        InvalidInput: ``text.empty``, ``committee.not_a_member``.
        Conflict: ``committee.wrong_time``, ``committee.voted_already``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "declare_conflict", command.key)
    if done is not None:
        return done
    text = needed_text("text", command.text)
    sitting, item = held_item(u, actor, command.item, *_BEFORE)
    seated = sitting.members or committee_now(u, sitting.authority, at)
    office = {each.account: each.person for each in seated}
    person = office.get(AccountName(command.account[:32]))
    if person is None:
        raise InvalidInput("committee.not_a_member", account=command.account[:32])
    if person != actor.person:
        require_secretary(u, sitting, actor, at)
    if item.standing or item.result is not None:
        raise Conflict("committee.voted_already")
    found = InterestConflict(person, "declared", text, actor.account)
    others = tuple(each for each in item.declared if each.person != person)
    u.agenda.save(replace(item, declared=(*others, found)))
    note(u, "committee.conflict_declared", actor, sitting, at, file=item.file, **found.as_dict())
    remember(u, actor, "declare_conflict", command.key, sitting.id, at=at)
    return sitting.id


def withdraw_conflict(
    u: UnitOfWork, actor: Actor, command: WithdrawConflict, *, at: datetime
) -> str:
    """Take a mistaken declaration back, as the secretary, before a vote on the item.

    Raises:
        NotFound: ``agenda_item.not_found``.
        NotAllowed: ``committee.secretary_only``.
        Conflict: ``committee.wrong_time``, ``committee.voted_already``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "withdraw_conflict", command.key)
    if done is not None:
        return done
    sitting, item = held_item(u, actor, command.item, *_BEFORE)
    require_secretary(u, sitting, actor, at)
    if item.standing or item.result is not None:
        raise Conflict("committee.voted_already")
    kept = tuple(each for each in item.declared if each.person != command.person)
    u.agenda.save(replace(item, declared=kept))
    data = {"file": item.file, "person": command.person}
    note(u, "committee.conflict_withdrawn", actor, sitting, at, **data)
    remember(u, actor, "withdraw_conflict", command.key, sitting.id, at=at)
    return sitting.id


def conflicts_of(
    u: UnitOfWork, file: PermitFile, item: AgendaItem, persons: list[PersonId]
) -> dict[PersonId, InterestConflict]:
    """Which of some persons have a conflict in an item; what the desk knows goes first.

    Args:
        u: a unit of work.
        file: the item's file.
        item: with what was declared.
        persons: members.
    """
    found = {each.person: each for each in item.declared if each.person in persons}
    columns = u.accounts.columns
    for account in u.accounts.select(columns.person.in_(persons)):
        if account.org is not None and account.org in {file.org, file.sponsor}:
            found[account.person] = InterestConflict(account.person, "organisation", account.org)
    for person, seat in u.file_actors.of_file(file.id).items():
        if person in persons and seat is not FileSeat.REGULATOR:
            found[person] = InterestConflict(person, "seat", seat.value)
    return found


def open_item(u: UnitOfWork, file: FileId) -> AgendaItem | None:
    """The item under which a file stands before the Committee now."""
    items = [each for each in u.agenda.of_file(file) if each.result is not ItemResult.TAKEN_OFF]
    return items[-1] if items else None


def held(u: UnitOfWork, actor: Actor, sitting_id: str, *states: SittingState) -> Sitting:
    """A sitting of the actor's own authority, locked, in one of some states.

    Raises:
        NotFound: ``sitting.not_found``.
        Conflict: ``committee.wrong_time``.
    """
    sitting = u.sittings.get(sitting_id[:20], lock=True)
    if sitting.authority != actor.org:
        raise NotFound("sitting.not_found", id=sitting.id)
    if sitting.state not in states:
        raise Conflict("committee.wrong_time", state=sitting.state.value)
    return sitting


def held_item(
    u: UnitOfWork, actor: Actor, item_id: str, *states: SittingState
) -> tuple[Sitting, AgendaItem]:
    """An item with its sitting, both locked. Raises as ``held``; ``agenda_item.not_found``."""
    known = u.agenda.get(item_id[:40])
    sitting = held(u, actor, known.sitting, *states)
    return sitting, u.agenda.get(known.id, lock=True)


def require_secretary(u: UnitOfWork, sitting: Sitting, actor: Actor, at: datetime) -> None:
    """Refuse whoever is neither the sitting's secretary nor the secretary in office today.

    Raises:
        NotAllowed: ``committee.secretary_only``.
    """
    if sitting.officer(actor.person) is CommitteeRole.SECRETARY:
        return
    for each in committee_now(u, sitting.authority, at):
        if each.role is CommitteeRole.SECRETARY and each.person == actor.person:
            return
    raise NotAllowed("committee.secretary_only")


def note(
    u: UnitOfWork,
    kind: str,
    actor: Actor,
    sitting: Sitting,
    at: datetime,
    /,
    **data: object,
) -> None:
    """Enter an act of the Committee in the audit log, under its sitting."""
    u.audit.append(kind=kind, actor=actor.account, subject=sitting.id, data=data, at=at)


def _leave(
    u: UnitOfWork, file: PermitFile, item: AgendaItem, actor: Actor, reasons: str, at: datetime
) -> None:
    """The item ends without a result; the file, unless it left by itself, is under review."""
    u.agenda.save(replace(item, result=ItemResult.TAKEN_OFF, text=reasons, decided_at=at))
    if file.state is FileState.COMMITTEE:
        data = {"sitting": item.sitting, "reasons": reasons}
        move(u, file, Act.TAKE_OFF_AGENDA, actor=actor.account, at=at, data=data)


def _present(
    members: tuple[SeatedMember, ...], accounts: frozenset[str]
) -> tuple[SeatedMember, ...]:
    seated = tuple(replace(each, present=each.account in accounts) for each in members)
    roles = {each.role for each in seated if each.present}
    if not {CommitteeRole.CHAIR, CommitteeRole.SECRETARY} <= roles:
        raise Conflict("committee.officers_absent")
    return seated


def _attendance(sitting: Sitting) -> dict[str, object]:
    return {
        "present": [each.account for each in sitting.members if each.present],
        "absent": [each.account for each in sitting.members if not each.present],
    }


def _with_role(office: tuple[InOffice, ...], role: CommitteeRole) -> InOffice:
    for each in office:
        if each.role is role:
            return each
    raise Conflict("committee.no_secretary")


def _name(u: UnitOfWork, account: AccountName | None) -> str | None:
    return u.accounts.get(account).display_name if account else None
