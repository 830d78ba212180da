"""The Committee as its readers see it: regulators and auditors; nobody else learns of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sandbox.domain.calendar import day_of
from sandbox.domain.committee import (
    AgendaItem,
    Appointment,
    AppointmentState,
    CommitteeRole,
    CommitteeRules,
    InterestConflict,
    ItemResult,
    RulesChange,
    SeatedMember,
    Sitting,
    SittingState,
    in_office,
)
from sandbox.domain.lifecycle import FileState
from sandbox.domain.minutes import minutes_digest
from sandbox.domain.records import Account
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import AccountName, FileId, OrgId
from sandbox.services.access import is_guest, readable_file
from sandbox.services.committee_members import committee_now, rules_in_force
from sandbox.services.committee_minutes import (
    OFFICERS,
    minutes_demanded,
    minutes_of,
    usable_minutes,
)
from sandbox.services.committee_sittings import conflicts_of
from sandbox.store import UnitOfWork

LISTED: Final = 100


@dataclass(frozen=True)
class MemberView:
    """An appointment; ``sits``: counts today; ``may_confirm``: this reader may confirm it now.

    ``own``: it is the reader's, who therefore confirms neither it nor its earlier end.
    """

    id: str
    account: str
    name: str
    role: str
    order_number: str
    since: date
    until: date | None
    acting_for: str | None
    recorded_by: str
    confirmed_by: str | None
    ends: date | None
    ending_order: str
    waits: bool
    sits: bool
    may_confirm: bool
    own: bool
    revision: int


@dataclass(frozen=True)
class SittingLine:
    """A sitting in a list."""

    id: str
    held_at: datetime
    place: str
    state: str
    items: int
    minutes: str | None


@dataclass(frozen=True)
class CommitteeView:
    """Members, rules and sittings."""

    members: tuple[MemberView, ...]
    voting: int
    rules: CommitteeRules
    demanded: bool
    pending: RulesChange | None
    may_confirm_rules: bool
    candidates: tuple[tuple[str, str], ...]
    sittings: tuple[SittingLine, ...]
    acts: bool
    others: tuple[tuple[OrgId, str], ...] = ()
    """Other authorities, whose Committees this reader may choose to see."""


@dataclass(frozen=True)
class ItemView:
    """An item as the secretary works on it."""

    item: AgendaItem
    title: str
    org_name: str
    sponsor_name: str | None
    before_committee: bool
    conflicts: tuple[tuple[str, InterestConflict], ...]
    voters: tuple[SeatedMember, ...]
    quorate: bool


@dataclass(frozen=True)
class SittingView:
    """One sitting.

    Attributes:
        people: who is in office (before the opening: today), with presence once it is open.
        keeps: whether the reader is its secretary.
        signs: as what the reader may sign the minutes now.
        own: the reader's account, if the reader is a member.
    """

    sitting: Sitting
    authority: str
    items: tuple[ItemView, ...]
    people: tuple[SeatedMember, ...]
    keeps: bool
    signs: str | None
    own: str | None
    acts: bool


@dataclass(frozen=True)
class MinutesView:
    """Minutes to read or print. ``sound``: the document still has the hash that was signed."""

    sitting: Sitting
    sound: bool
    logged: bool


@dataclass(frozen=True)
class WaitingInCommittee:
    """Something of the Committee that waits for this reader: minutes, or an appointment."""

    href: str
    title: str
    about: str
    state: str
    since: datetime


@dataclass(frozen=True)
class FileLineOfCommittee:
    """When a file was before the Committee, and what came of it."""

    sitting: str
    held_at: datetime
    state: str
    result: str | None
    minutes: str | None


@dataclass(frozen=True)
class FileCommittee:
    """What the authorities see of the Committee beside a file."""

    lines: tuple[FileLineOfCommittee, ...]
    demanded: bool
    usable: str | None
    recommends: str | None
    to_come: tuple[SittingLine, ...]


def require_reader(actor: Actor) -> None:
    """Refuse whoever is neither regulator nor auditor, as if there were nothing.

    Raises:
        NotFound: ``committee.not_found``.
    """
    if actor.channel is not Channel.BROWSER or Right.SEE_ALL_FILES not in rights_of(actor.seats):
        raise NotFound("committee.not_found")


def committee_view(u: UnitOfWork, actor: Actor, *, at: datetime, wanted: str = "") -> CommitteeView:
    """Members, rules, sittings.

    Args:
        u: a reading unit of work.
        actor: the reader.
        at: now.
        wanted: whose Committee, for who may see every authority's; the first one's when empty.

    Raises:
        NotFound: ``committee.not_found``.
    """
    require_reader(actor)
    whose, others = _whose(u, actor, wanted)
    accounts = {each.name: each for each in u.accounts.all() if each.org == whose}
    appointments = u.appointments.all(whose)
    office = in_office(appointments, day_of(at))
    sitting_now = {each.appointment for each in office}
    acts = Right.DECIDE in rights_of(actor.seats)
    pending = u.committee_rules.newest(AppointmentState.RECORDED, whose)
    seats = {each.id: each.account for each in appointments}
    return CommitteeView(
        members=tuple(
            _member(each, accounts, seats, actor, sits=each.id in sitting_now, acts=acts)
            for each in appointments
        ),
        voting=sum(each.role.votes for each in office),
        rules=rules_in_force(u, whose),
        demanded=minutes_demanded(u, whose, at),
        pending=pending,
        may_confirm_rules=acts and pending is not None and pending.recorded_person != actor.person,
        candidates=tuple(
            (each.name, each.display_name)
            for each in accounts.values()
            if each.active and Right.DECIDE in rights_of(frozenset(each.seats))
        ),
        sittings=_lines(u, u.sittings.newest(LISTED, whose or OrgId(""))),
        acts=acts,
        others=others,
    )


def sitting_view(u: UnitOfWork, actor: Actor, sitting_id: str, *, at: datetime) -> SittingView:
    """One sitting.

    Raises:
        NotFound: ``committee.not_found``.
    """
    require_reader(actor)
    sitting = u.sittings.find(sitting_id[:20])
    if sitting is None or not _reads(actor, sitting):
        raise NotFound("committee.not_found")
    people = sitting.members or _today(u, sitting.authority, at)
    items = tuple(_item(u, sitting, each, people) for each in u.agenda.of_sittings([sitting.id]))
    authority = u.organisations.get(sitting.authority).name
    now = {each.person: each.role for each in committee_now(u, sitting.authority, at)}
    role = sitting.officer(actor.person) or now.get(actor.person)
    secretary = CommitteeRole.SECRETARY
    keeps = secretary in {sitting.officer(actor.person), now.get(actor.person)}
    own = next((each.account for each in people if each.person == actor.person), None)
    return SittingView(
        sitting=sitting,
        authority=authority,
        items=items,
        people=people,
        keeps=keeps,
        signs=_signs(sitting, actor, role),
        own=own,
        acts=Right.REVIEW in rights_of(actor.seats),
    )


def minutes_view(u: UnitOfWork, actor: Actor, number: str) -> MinutesView:
    """Minutes by their number.

    Raises:
        NotFound: ``committee.not_found``.
    """
    require_reader(actor)
    sitting = minutes_of(u, number)
    if not _reads(actor, sitting):
        raise NotFound("committee.not_found")
    assert sitting.document is not None
    entered = [
        (each.body or {}).get("data", {}).get("digest")
        for each in u.audit.of_subjects(sitting.id, without=set())
        if each.kind == "committee.minutes_closed"
    ]
    return MinutesView(
        sitting=sitting,
        sound=minutes_digest(sitting.document) == sitting.digest,
        logged=sitting.digest in entered,
    )


def waiting_in_committee(
    u: UnitOfWork, actor: Actor, *, at: datetime
) -> tuple[WaitingInCommittee, ...]:
    """Minutes that the reader is to sign, and records that the reader may confirm."""
    if Right.DECIDE not in rights_of(actor.seats):
        return ()
    now = {each.person: each.role for each in committee_now(u, actor.org, at)}
    found = [
        WaitingInCommittee(
            f"/desk/committee/sittings/{each.id}",
            each.minutes or each.id,
            each.place,
            each.state.value,
            each.ended_at or each.held_at,
        )
        for each in u.sittings.in_state(SittingState.SIGNING)
        if _reads(actor, each)
        and _signs(each, actor, each.officer(actor.person) or now.get(actor.person))
    ]
    for each in u.appointments.waiting(actor.org):
        ending = each.ending or {}
        if actor.person not in {ending.get("person", each.recorded_person), each.person}:
            found.append(
                WaitingInCommittee(
                    "/desk/committee#members",
                    u.accounts.get(each.account).display_name,
                    str(ending.get("order_number", each.order_number)),
                    AppointmentState.RECORDED.value,
                    datetime.fromisoformat(ending["at"]) if ending else each.recorded_at,
                )
            )
    return tuple(found)


def file_committee(
    u: UnitOfWork, actor: Actor, file_id: FileId, *, at: datetime
) -> FileCommittee | None:
    """What an authority sees of the Committee beside a file; None for everybody else.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    if Right.SEE_ALL_FILES not in rights_of(actor.seats) or is_guest(actor, file):
        return None
    items = u.agenda.of_file(file.id)
    sittings = {each: u.sittings.get(each) for each in {item.sitting for item in items}}
    usable = usable_minutes(u, file)
    return FileCommittee(
        lines=tuple(_line(item, sittings[item.sitting]) for item in items),
        demanded=minutes_demanded(u, file.authority, at),
        usable=usable[0] if usable else None,
        recommends=usable[1].value if usable else None,
        to_come=_lines(u, u.sittings.to_come(file.authority)),
    )


def _whose(
    u: UnitOfWork, actor: Actor, wanted: str
) -> tuple[OrgId | None, tuple[tuple[OrgId, str], ...]]:
    """Whose Committee a reader is shown, and which others the reader may choose."""
    if Right.SEE_EVERY_AUTHORITY not in rights_of(actor.seats):
        return actor.org, ()
    known = tuple((each.org, each.name(actor.language)) for each in u.authorities.all())
    if not known:
        return actor.org, ()
    chosen = next((org for org, _ in known if org == wanted), known[0][0])
    return chosen, tuple(each for each in known if each[0] != chosen)


def _reads(actor: Actor, sitting: Sitting) -> bool:
    """Whether a sitting's record is for this reader: their own authority's, or any."""
    every = Right.SEE_EVERY_AUTHORITY in rights_of(actor.seats)
    return every or sitting.authority == actor.org


def _line(item: AgendaItem, sitting: Sitting) -> FileLineOfCommittee:
    shown = sitting.state is SittingState.CLOSED or item.result is ItemResult.TAKEN_OFF
    return FileLineOfCommittee(
        sitting=sitting.id,
        held_at=sitting.held_at,
        state=sitting.state.value,
        result=item.result.value if item.result and shown else None,
        minutes=sitting.minutes if sitting.state is SittingState.CLOSED else None,
    )


def _lines(u: UnitOfWork, sittings: tuple[Sitting, ...]) -> tuple[SittingLine, ...]:
    items = u.agenda.of_sittings([each.id for each in sittings])
    counts: dict[str, int] = {}
    for item in items:
        if item.result is not ItemResult.TAKEN_OFF:
            counts[item.sitting] = counts.get(item.sitting, 0) + 1
    return tuple(
        SittingLine(
            each.id,
            each.held_at,
            each.place,
            each.state.value,
            counts.get(each.id, 0),
            each.minutes,
        )
        for each in sittings
    )


def _member(
    found: Appointment,
    accounts: Mapping[AccountName, Account],
    seats: Mapping[str, AccountName],
    actor: Actor,
    *,
    sits: bool,
    acts: bool,
) -> MemberView:
    recorded = found.state is AppointmentState.RECORDED
    ending = found.ending or {}
    author = found.recorded_person if recorded else ending.get("person")
    replaced = seats.get(found.acting_for or "")
    return MemberView(
        id=found.id,
        account=found.account,
        name=accounts[found.account].display_name,
        role=found.role.value,
        order_number=found.order_number,
        since=found.since,
        until=found.until,
        acting_for=accounts[replaced].display_name if replaced else None,
        recorded_by=found.recorded_by if recorded else str(ending.get("by", found.recorded_by)),
        confirmed_by=found.confirmed_by,
        ends=date.fromisoformat(ending["until"]) if ending else None,
        ending_order=str(ending.get("order_number", "")),
        waits=recorded or bool(ending),
        sits=sits,
        may_confirm=acts
        and (recorded or bool(ending))
        and actor.person not in {author, found.person},
        own=actor.person == found.person,
        revision=found.revision,
    )


def _today(u: UnitOfWork, authority: OrgId, at: datetime) -> tuple[SeatedMember, ...]:
    """Who would sit if the sitting were opened now."""
    return tuple(
        SeatedMember(
            each.account,
            each.person,
            u.accounts.get(each.account).display_name,
            each.role,
            each.order_number,
        )
        for each in committee_now(u, authority, at)
    )


def _item(
    u: UnitOfWork, sitting: Sitting, item: AgendaItem, people: tuple[SeatedMember, ...]
) -> ItemView:
    file = u.files.get(item.file)
    orgs = u.organisations.names_of({file.org, file.sponsor})
    names = {each.person: each.name for each in people}
    conflicts = conflicts_of(u, file, item, list(names))
    voters = sitting.voters(conflicts)
    rules = sitting.rules
    return ItemView(
        item=item,
        title=file.title,
        org_name=orgs.get(file.org, file.org),
        sponsor_name=orgs.get(file.sponsor) if file.sponsor else None,
        before_committee=file.state is FileState.COMMITTEE,
        conflicts=tuple((names[person], each) for person, each in sorted(conflicts.items())),
        voters=voters,
        quorate=rules is not None
        and rules.quorate(counted=len(voters), members=sitting.voting_members),
    )


def _signs(sitting: Sitting, actor: Actor, role: CommitteeRole | None) -> str | None:
    """As what the reader may sign now: an officer who has not signed, for a role without one."""
    if sitting.state is not SittingState.SIGNING or role not in OFFICERS or role is None:
        return None
    for each in sitting.signatures:
        if each["person"] == actor.person or each["role"] == role.value:
            return None
    return role.value
