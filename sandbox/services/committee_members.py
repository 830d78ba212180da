"""Who is on the Committee, and by which rules it proceeds: recorded by one, confirmed by another.

Rules:

0. Each authority has a Committee of its own: its own regulators, appointments, rules, sittings.
1. Members are regulators. One regulator records an appointment under its order's number; it
   counts once another person confirmed it. An earlier end and other rules likewise. Nobody
   confirms what is about themselves: neither their own appointment nor its earlier end.
2. One chair and one secretary at a time, one seat a person; whoever acts for somebody takes that
   seat's role, and nobody acts for somebody who acts.
3. While members are in office the Committee is constituted, and grants and refusals refer to its
   minutes (unless its rules say otherwise).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from sandbox.domain.application import plain_text
from sandbox.domain.calendar import day_of
from sandbox.domain.committee import (
    DEFAULT_RULES,
    Appointment,
    AppointmentState,
    CommitteeRole,
    CommitteeRules,
    InOffice,
    MinutesDemand,
    RulesChange,
    in_office,
)
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName, OrgId, PersonId
from sandbox.services.acts import earlier, remember, require_read
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork

SUBJECT = "committee"
"""What the audit log says that these acts happen to."""
ORDER_LENGTH = 80


@dataclass(frozen=True)
class RecordAppointment:
    """Record an appointment; ``acting_for``: the appointment whose seat is taken meanwhile."""

    account: str
    role: CommitteeRole
    order_number: str
    since: date
    until: date | None = None
    acting_for: str = ""
    key: str | None = None


@dataclass(frozen=True)
class EndAppointment:
    """Record that an appointment ends earlier than its order said."""

    appointment: str
    until: date
    order_number: str
    key: str | None = None


@dataclass(frozen=True)
class ConfirmAppointment:
    """Confirm what another regulator recorded: an appointment, or its earlier end.

    Attributes:
        read: the record's revision that was read.
    """

    appointment: str
    read: str
    key: str | None = None


@dataclass(frozen=True)
class DropAppointment:
    """Take back or send back what was recorded and not confirmed."""

    appointment: str
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class RecordRules:
    """Record other rules of procedure: more than ``quorum_of`` in ``quorum_in`` of the members."""

    quorum_of: int
    quorum_in: int
    casting_vote: bool
    minutes: MinutesDemand
    order_number: str
    key: str | None = None


@dataclass(frozen=True)
class SettleRules:
    """Confirm (another person) or drop recorded rules."""

    rules: str
    confirm: bool
    key: str | None = None


def rules_in_force(u: UnitOfWork, authority: OrgId | None) -> CommitteeRules:
    """The rules of procedure of an authority's Committee as they are now."""
    found = u.committee_rules.newest(AppointmentState.CONFIRMED, authority)
    return found.rules if found else DEFAULT_RULES


def committee_now(u: UnitOfWork, authority: OrgId | None, at: datetime) -> tuple[InOffice, ...]:
    """Who sits on an authority's Committee today."""
    return in_office(u.appointments.all(authority), day_of(at))


def record_appointment(
    u: UnitOfWork, actor: Actor, command: RecordAppointment, *, at: datetime
) -> str:
    """Record an appointment.

    Returns:
        The appointment's id.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``account.not_found``, ``appointment.not_found``.
        InvalidInput: ``text.empty``, ``committee.until_before_since``,
            ``committee.not_a_regulator``, ``committee.acting_outside``.
        Conflict: ``committee.already_appointed``, ``committee.role_taken``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "record_appointment", command.key)
    if done is not None:
        return done
    order = _order(command.order_number)
    if command.until is not None and command.until < command.since:
        raise InvalidInput("committee.until_before_since")
    account = u.accounts.get(command.account[:32])
    able = Right.DECIDE in rights_of(frozenset(account.seats)) and account.active
    if not able or account.org != actor.org:
        raise InvalidInput("committee.not_a_regulator", account=account.name)
    u.appointments.lock()
    made = Appointment(
        id=uuid.uuid4().hex,
        account=account.name,
        person=account.person,
        role=_role(u, actor, command, account.person),
        order_number=order,
        since=command.since,
        until=command.until,
        acting_for=command.acting_for or None,
        recorded_by=actor.account,
        recorded_person=actor.person,
        recorded_at=at,
    )
    _require_room(u, actor, made)
    u.appointments.add(made)
    _note(u, "committee.appointment_recorded", actor, made, at)
    remember(u, actor, "record_appointment", command.key, made.id, at=at)
    return made.id


def end_appointment(u: UnitOfWork, actor: Actor, command: EndAppointment, *, at: datetime) -> str:
    """Record an earlier end; it counts once another person confirmed it.

    Raises:
        NotFound: ``appointment.not_found``.
        InvalidInput: ``text.empty``, ``committee.end_not_earlier``.
        Conflict: ``committee.not_confirmed``, ``committee.end_waiting``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "end_appointment", command.key)
    if done is not None:
        return done
    order = _order(command.order_number)
    found = _of_theirs(u, actor, command.appointment, lock=True)
    if found.state is not AppointmentState.CONFIRMED:
        raise Conflict("committee.not_confirmed")
    if found.ending is not None:
        raise Conflict("committee.end_waiting")
    latest = found.until
    if command.until < day_of(at) or (latest is not None and command.until >= latest):
        raise InvalidInput("committee.end_not_earlier")
    ending = {
        "until": command.until.isoformat(),
        "order_number": order,
        "by": actor.account,
        "person": actor.person,
        "at": at.isoformat(),
    }
    _note(
        u, "committee.end_recorded", actor, u.appointments.save(replace(found, ending=ending)), at
    )
    remember(u, actor, "end_appointment", command.key, found.id, at=at)
    return found.id


def confirm_appointment(
    u: UnitOfWork, actor: Actor, command: ConfirmAppointment, *, at: datetime
) -> str:
    """Confirm a recorded appointment, or a recorded earlier end.

    Raises:
        NotAllowed: ``committee.second_person``, ``committee.own_appointment``.
        NotFound: ``appointment.not_found``.
        Conflict: ``committee.nothing_to_confirm``, ``committee.already_appointed``,
            ``committee.role_taken``, ``act.other_than_read``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "confirm_appointment", command.key)
    if done is not None:
        return done
    u.appointments.lock()
    found = _of_theirs(u, actor, command.appointment, lock=True)
    if found.state is AppointmentState.RECORDED:
        _second(actor, found.recorded_by, found.recorded_person)
        _not_own(actor, found)
        _require_room(u, actor, found)
        confirmed = replace(
            found, state=AppointmentState.CONFIRMED, confirmed_by=actor.account, confirmed_at=at
        )
        kind = "committee.appointment_confirmed"
    elif found.state is AppointmentState.CONFIRMED and found.ending is not None:
        ending = found.ending
        _second(actor, AccountName(ending["by"]), PersonId(ending["person"]))
        _not_own(actor, found)
        until = max(date.fromisoformat(ending["until"]), found.since)
        confirmed, kind = replace(found, until=until, ending=None), "committee.end_confirmed"
    else:
        raise Conflict("committee.nothing_to_confirm")
    require_read(command.read, str(found.revision))
    _note(u, kind, actor, u.appointments.save(confirmed), at)
    remember(u, actor, "confirm_appointment", command.key, found.id, at=at)
    return found.id


def drop_appointment(u: UnitOfWork, actor: Actor, command: DropAppointment, *, at: datetime) -> str:
    """Take back what waits for confirmation: the appointment, or its earlier end.

    Raises:
        NotFound: ``appointment.not_found``.
        InvalidInput: ``text.empty``.
        Conflict: ``committee.nothing_to_confirm``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "drop_appointment", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    found = _of_theirs(u, actor, command.appointment, lock=True)
    if found.state is AppointmentState.RECORDED:
        changed = replace(found, state=AppointmentState.DROPPED)
    elif found.state is AppointmentState.CONFIRMED and found.ending is not None:
        changed = replace(found, ending=None)
    else:
        raise Conflict("committee.nothing_to_confirm")
    _note(u, "committee.record_dropped", actor, u.appointments.save(changed), at, reasons=reasons)
    remember(u, actor, "drop_appointment", command.key, found.id, at=at)
    return found.id


def record_rules(u: UnitOfWork, actor: Actor, command: RecordRules, *, at: datetime) -> str:
    """Record other rules of procedure.

    Raises:
        InvalidInput: ``text.empty``, ``committee.quorum_impossible``.
        Conflict: ``committee.rules_waiting`` while others wait to be confirmed.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "record_rules", command.key)
    if done is not None:
        return done
    order = _order(command.order_number)
    if not 0 < command.quorum_of < command.quorum_in <= 100:
        raise InvalidInput("committee.quorum_impossible")
    u.appointments.lock()
    if u.committee_rules.newest(AppointmentState.RECORDED, actor.org) is not None:
        raise Conflict("committee.rules_waiting")
    made = u.committee_rules.add(
        RulesChange(
            id=uuid.uuid4().hex,
            rules=CommitteeRules(
                quorum_of=command.quorum_of,
                quorum_in=command.quorum_in,
                casting_vote=command.casting_vote,
                minutes=command.minutes,
                source=order,
            ),
            order_number=order,
            recorded_by=actor.account,
            recorded_person=actor.person,
            recorded_at=at,
            authority=actor.org,
        )
    )
    _note_rules(u, "committee.rules_recorded", actor, made, at)
    remember(u, actor, "record_rules", command.key, made.id, at=at)
    return made.id


def settle_rules(u: UnitOfWork, actor: Actor, command: SettleRules, *, at: datetime) -> str:
    """Confirm recorded rules as another person, or drop them.

    Raises:
        NotAllowed: ``committee.second_person``.
        NotFound: ``committee_rules.not_found``.
        Conflict: ``committee.nothing_to_confirm``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "settle_rules", command.key)
    if done is not None:
        return done
    found = u.committee_rules.find(command.rules[:40], lock=True)
    if found is None or found.authority != actor.org:
        raise NotFound("committee_rules.not_found", id=command.rules[:40])
    if found.state is not AppointmentState.RECORDED:
        raise Conflict("committee.nothing_to_confirm")
    if command.confirm:
        _second(actor, found.recorded_by, found.recorded_person)
        state, kind = AppointmentState.CONFIRMED, "committee.rules_confirmed"
    else:
        state, kind = AppointmentState.DROPPED, "committee.rules_dropped"
    saved = u.committee_rules.save(
        replace(found, state=state, confirmed_by=actor.account, confirmed_at=at)
    )
    _note_rules(u, kind, actor, saved, at)
    remember(u, actor, "settle_rules", command.key, found.id, at=at)
    return found.id


def _order(text: str) -> str:
    tidy = plain_text("order_number", text, limit=ORDER_LENGTH, name=True)
    if not tidy:
        raise InvalidInput("text.empty", field="order_number")
    return tidy


def _second(actor: Actor, account: AccountName, person: PersonId) -> None:
    if actor.person == person or actor.account == account:
        raise NotAllowed("committee.second_person", recorded_by=account)


def _not_own(actor: Actor, found: Appointment) -> None:
    if actor.person == found.person or actor.account == found.account:
        raise NotAllowed("committee.own_appointment")


def _role(
    u: UnitOfWork, actor: Actor, command: RecordAppointment, person: PersonId
) -> CommitteeRole:
    """The role asked for; whoever acts for somebody has that somebody's."""
    if not command.acting_for:
        return command.role
    seat = _of_theirs(u, actor, command.acting_for)
    inside = seat.since <= command.since and (
        seat.until is None or (command.until is not None and command.until <= seat.until)
    )
    confirmed = seat.state is AppointmentState.CONFIRMED and seat.acting_for is None
    if not confirmed or not inside or seat.person == person:
        raise InvalidInput("committee.acting_outside")
    return seat.role


def _of_theirs(u: UnitOfWork, actor: Actor, wanted: str, *, lock: bool = False) -> Appointment:
    """An appointment of the actor's own authority."""
    found = u.appointments.get(wanted[:40], lock=lock)
    if u.accounts.get(found.account).org != actor.org:
        raise NotFound("appointment.not_found", id=found.id)
    return found


def _require_room(u: UnitOfWork, actor: Actor, made: Appointment) -> None:
    """Refuse a second seat of a person, a second chair or secretary, a second acting one."""
    for other in u.appointments.all(actor.org):
        if other.id == made.id or not other.overlaps(made.since, made.until):
            continue
        if made.acting_for is not None:
            if other.acting_for == made.acting_for:
                raise Conflict("committee.role_taken", by=other.account)
        elif other.acting_for is None:
            if other.person == made.person:
                raise Conflict("committee.already_appointed", account=other.account)
            if made.role is other.role is not CommitteeRole.MEMBER:
                raise Conflict("committee.role_taken", by=other.account)


def _note(
    u: UnitOfWork, kind: str, actor: Actor, found: Appointment, at: datetime, reasons: str = ""
) -> None:
    u.audit.append(
        kind=kind,
        actor=actor.account,
        subject=SUBJECT,
        data={
            "appointment": found.id,
            "account": found.account,
            "role": found.role.value,
            "order_number": found.order_number,
            "since": found.since.isoformat(),
            "until": found.until.isoformat() if found.until else None,
            "acting_for": found.acting_for,
            "ending": dict(found.ending) if found.ending else None,
            "reasons": reasons,
        },
        at=at,
    )


def _note_rules(u: UnitOfWork, kind: str, actor: Actor, found: RulesChange, at: datetime) -> None:
    u.audit.append(
        kind=kind,
        actor=actor.account,
        subject=SUBJECT,
        data={"id": found.id, "order_number": found.order_number, **found.rules.as_dict()},
        at=at,
    )
