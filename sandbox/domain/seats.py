"""Seats and rights: who may do what, and from where.

Rules:

1. An account holds seats; a seat gives rights; nothing else does.
2. In one permit file a *person* (not an account) acts in one seat only.
3. Acts of law need a browser session with recent re-authentication: never a notebook's token,
   a permit key or a customer's token.
4. An operator moves no money, reads no evidence body, decides nothing.
5. ``see_all_files`` reaches as far as the account's own authority (``domain.sight``);
   ``see_every_authority`` beside it, which decides nothing, reaches further.

>>> Right.DECIDE in rights_of(frozenset({Seat.REGULATOR}))
True
>>> Right.DECIDE in rights_of(frozenset({Seat.OPERATOR}))
False
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.kit.errors import NotAllowed, NotAuthenticated
from sandbox.kit.ids import AccountName, FileId, OrgId, PermitNumber, PersonId


class Seat(StrEnum):
    """What an account is in the sandbox."""

    OWNER = "startup_owner"
    DEVELOPER = "startup_developer"
    COMPLIANCE = "compliance_officer"
    OBSERVER = "observer"
    SPONSOR = "sponsor"
    SPONSOR_COMPLIANCE = "sponsor_compliance"
    REGULATOR = "regulator"
    INTELLIGENCE = "intelligence"
    AUDITOR = "auditor"
    EXPERT = "expert"
    COORDINATOR = "coordinator"
    TEACHER = "teacher"
    STUDENT = "student"
    TRAINER = "trainer"
    TRAINEE = "trainee"
    OPERATOR = "operator"


class FileSeat(StrEnum):
    """In which seat a person acted in one permit file."""

    APPLICANT = "applicant"
    SPONSOR = "sponsor"
    REGULATOR = "regulator"
    EXPERT = "expert"


class Right(StrEnum):
    """One thing that may be done."""

    APPLY = "apply"
    SPONSOR = "sponsor"
    REVIEW = "review"
    DECIDE = "decide"
    INTERVENE = "intervene"
    GIVE_OPINION = "give_opinion"
    SEE_OWN_FILES = "see_own_files"
    SEE_SPONSORED_FILES = "see_sponsored_files"
    SEE_ALL_FILES = "see_all_files"
    SEE_EVERY_AUTHORITY = "see_every_authority"
    RUN_TRIAL = "run_trial"
    READ_COMPLAINTS = "read_complaints"
    ANSWER_COMPLAINTS = "answer_complaints"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"
    EXPORT_EVIDENCE = "export_evidence"
    READ_AUDIT = "read_audit"
    VERIFY_AUDIT = "verify_audit"
    COORDINATE = "coordinate"
    TEACH = "teach"
    LEARN = "learn"
    OPERATE_PLATFORM = "operate_platform"
    SEE_ALERTS = "see_alerts"
    HANDLE_ALERTS = "handle_alerts"
    SET_SUPERVISION = "set_supervision"
    REPORT_SUSPICION = "report_suspicion"
    RECEIVE_REPORTS = "receive_reports"
    MANAGE_MEMBERS = "manage_members"


_STARTUP = frozenset({Right.SEE_OWN_FILES, Right.VERIFY_AUDIT})

RIGHTS: Final[Mapping[Seat, frozenset[Right]]] = {
    Seat.OWNER: _STARTUP
    | {
        Right.APPLY,
        Right.RUN_TRIAL,
        Right.MANAGE_KEYS,
        Right.MANAGE_WEBHOOKS,
        Right.READ_COMPLAINTS,
        Right.MANAGE_MEMBERS,
    },
    Seat.DEVELOPER: _STARTUP | {Right.RUN_TRIAL, Right.MANAGE_KEYS},
    Seat.COMPLIANCE: _STARTUP
    | {
        Right.APPLY,
        Right.READ_COMPLAINTS,
        Right.ANSWER_COMPLAINTS,
        Right.REPORT_SUSPICION,
    },
    Seat.OBSERVER: _STARTUP,
    Seat.SPONSOR: frozenset(
        {
            Right.SPONSOR,
            Right.SEE_SPONSORED_FILES,
            Right.MANAGE_WEBHOOKS,
            Right.VERIFY_AUDIT,
            Right.READ_COMPLAINTS,
            Right.ANSWER_COMPLAINTS,
        }
    ),
    Seat.SPONSOR_COMPLIANCE: frozenset(
        {
            Right.SEE_SPONSORED_FILES,
            Right.VERIFY_AUDIT,
            Right.READ_COMPLAINTS,
            Right.REPORT_SUSPICION,
        }
    ),
    Seat.REGULATOR: frozenset(
        {
            Right.REVIEW,
            Right.DECIDE,
            Right.INTERVENE,
            Right.READ_COMPLAINTS,
            Right.SEE_ALL_FILES,
            Right.EXPORT_EVIDENCE,
            Right.READ_AUDIT,
            Right.VERIFY_AUDIT,
            Right.SEE_ALERTS,
            Right.HANDLE_ALERTS,
            Right.SET_SUPERVISION,
            Right.REPORT_SUSPICION,
        }
    ),
    Seat.INTELLIGENCE: frozenset({Right.RECEIVE_REPORTS, Right.VERIFY_AUDIT}),
    Seat.AUDITOR: frozenset(
        {
            Right.SEE_ALL_FILES,
            Right.SEE_EVERY_AUTHORITY,
            Right.EXPORT_EVIDENCE,
            Right.READ_AUDIT,
            Right.VERIFY_AUDIT,
            Right.READ_COMPLAINTS,
            Right.SEE_ALERTS,
        }
    ),
    Seat.EXPERT: frozenset({Right.GIVE_OPINION}),
    Seat.COORDINATOR: frozenset({Right.COORDINATE}),
    Seat.TEACHER: frozenset({Right.TEACH}),
    Seat.STUDENT: frozenset({Right.LEARN}),
    Seat.TRAINER: frozenset({Right.TEACH}),
    Seat.TRAINEE: frozenset({Right.LEARN}),
    Seat.OPERATOR: frozenset({Right.OPERATE_PLATFORM, Right.VERIFY_AUDIT, Right.MANAGE_MEMBERS}),
}

ACTS_OF_LAW: Final = frozenset(
    {
        Right.APPLY,
        Right.SPONSOR,
        Right.REVIEW,
        Right.DECIDE,
        Right.INTERVENE,
        Right.GIVE_OPINION,
        Right.SET_SUPERVISION,
        Right.REPORT_SUSPICION,
        Right.RECEIVE_REPORTS,
        Right.MANAGE_MEMBERS,
    }
)
"""Rights that bind: exercised in the browser only."""

REAUTHENTICATION_AGE: Final = timedelta(minutes=15)
"""How recent the password must be for an act of law."""


class Channel(StrEnum):
    """By which credential an actor came."""

    BROWSER = "browser"
    SERVER = "server"
    PERMIT_KEY = "permit_key"
    CUSTOMER = "customer"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who is asking, as the edge established it (never as the request claims).

    Attributes:
        account: the hub user; for a permit key its creator; for a customer ``customer``.
        person: the natural person behind the account.
        org: the account's organisation.
        seats: the account's seats.
        channel: by which credential.
        reauthenticated_at: when the password was last checked (browser only).
        permit: the one permit this credential is for (server, permit key, customer).
        customer: the one customer this credential is for.
        shared: the files that another authority shows to the account's own, now.
        stands_for: for whom a delegation has the person act now, in which file (None: in all).
    """

    account: AccountName
    person: PersonId
    org: OrgId | None
    seats: frozenset[Seat]
    channel: Channel = Channel.BROWSER
    reauthenticated_at: datetime | None = None
    permit: PermitNumber | None = None
    customer: PersonId | None = None
    shared: frozenset[FileId] = frozenset()
    stands_for: frozenset[tuple[PersonId, FileId | None]] = frozenset()
    language: str = field(default="en", compare=False)


def rights_of(seats: frozenset[Seat]) -> frozenset[Right]:
    """All rights that a set of seats gives together."""
    return frozenset().union(*(RIGHTS[seat] for seat in seats))


def only_studies(seats: Collection[Seat]) -> bool:
    """Whether somebody is nothing but a student: whom teachers may let in, and nobody beyond.

    >>> only_studies((Seat.STUDENT,)), only_studies((Seat.STUDENT, Seat.COORDINATOR))
    (True, False)
    """
    return set(seats) <= {Seat.STUDENT}


def seats_with(right: Right) -> frozenset[Seat]:
    """The seats that give a right."""
    return frozenset(seat for seat, given in RIGHTS.items() if right in given)


def require(actor: Actor, right: Right) -> None:
    """Refuse unless the actor's seats give a right.

    Raises:
        NotAllowed: ``seat.right_missing``.
    """
    if right not in rights_of(actor.seats):
        raise NotAllowed("seat.right_missing", right=right.value)


def require_act_of_law(actor: Actor, right: Right, at: datetime) -> None:
    """Refuse unless the actor may perform a binding act, here and now.

    Args:
        actor: who asks.
        right: one of ``ACTS_OF_LAW``.
        at: the present moment, UTC.

    Raises:
        NotAllowed: ``seat.right_missing``; ``seat.needs_browser`` for any token or key.
        NotAuthenticated: ``seat.needs_reauthentication`` when the password is too long ago.
    """
    require(actor, right)
    require_just_proved(actor, at)


def require_just_proved(actor: Actor, at: datetime) -> None:
    """Refuse unless somebody at a browser proved just now who they are.

    Raises:
        NotAllowed: ``seat.needs_browser`` for any token or key.
        NotAuthenticated: ``seat.needs_reauthentication`` when the password is too long ago.
    """
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("seat.needs_browser", channel=actor.channel.value)
    last = actor.reauthenticated_at
    if last is None or not timedelta(0) <= at - last <= REAUTHENTICATION_AGE:
        raise NotAuthenticated(
            "seat.needs_reauthentication", minutes=REAUTHENTICATION_AGE.seconds // 60
        )


def require_seat_in_file(
    file: FileId, taken: Mapping[PersonId, FileSeat], actor: Actor, seat: FileSeat
) -> None:
    """Refuse when the person already acted in another seat of this file.

    Args:
        file: which file.
        taken: who acted so far, and in which seat.
        actor: who wants to act.
        seat: in which seat.

    Raises:
        NotAllowed: ``seat.second_seat_in_file``.
    """
    held = taken.get(actor.person)
    if held is not None and held is not seat:
        raise NotAllowed("seat.second_seat_in_file", file=file, held=held.value, wanted=seat.value)
