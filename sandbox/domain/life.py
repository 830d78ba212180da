"""What a file's life leaves behind: deadlines, petitions, automatic acts, the duty roster.

Rules:

1. A deadline is kept as it was told: an edit of the calendar may give more time, never take it.
2. A petition is what a party asks for or declares; one of a kind is open in a file at a time.
3. An automatic act is interim until a duty officer confirms or lifts it, by name.
4. Nobody enters themselves in the duty roster, so that two people stand behind each duty.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.domain.lifecycle import Act
from sandbox.domain.records import Decision
from sandbox.domain.regime import DeadlineKind, Owner
from sandbox.domain.seats import FileSeat
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import AccountName, FileId, OrgId, PersonId


class DeadlineState(StrEnum):
    """Where a deadline stands. ``PASSED``: its consequence was drawn."""

    OPEN = "open"
    PAUSED = "paused"
    MET = "met"
    PASSED = "passed"


class PetitionKind(StrEnum):
    """What a party asks for or declares."""

    EXTENSION = "extension"
    SURRENDER = "surrender"
    SPONSOR_LEAVING = "sponsor_leaving"
    APPEAL = "appeal"
    NEW_SPONSOR = "new_sponsor"
    STEP = "step"


class PetitionState(StrEnum):
    """Where a petition stands."""

    OPEN = "open"
    GRANTED = "granted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class AutomaticState(StrEnum):
    """What became of an automatic act."""

    INTERIM = "interim"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Deadline:
    """Who owes what until when in a file.

    Attributes:
        subject: the question, for an answer; empty otherwise.
        days: working days; while it stands still, those that were left.
        due: the last moment, UTC.
        next_at: when the worker looks at it next; None: never again.
        closed_at: when it was met, or its consequence drawn.
    """

    id: str
    file: FileId
    kind: DeadlineKind
    owner: Owner
    state: DeadlineState
    since: datetime
    due: datetime
    days: int
    subject: str = ""
    next_at: datetime | None = None
    closed_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class Petition:
    """What a party asks for or declares.

    Attributes:
        text: reasons or grounds.
        plan: the settlement plan, for a surrender.
        until: the end that is asked for, for an extension.
        decision: the decision appealed.
        sponsor: the organisation that is to follow the sponsor.
        signature: its signature over the application, once it has accepted.
        answer: why it was declined.
    """

    id: str
    file: FileId
    kind: PetitionKind
    state: PetitionState
    text: str
    asked_by: AccountName
    asked_person: PersonId
    seat: FileSeat
    asked_at: datetime
    plan: str = ""
    until: datetime | None = None
    decision: str | None = None
    sponsor: OrgId | None = None
    signature: Mapping[str, str] | None = None
    answer: str = ""
    closed_by: AccountName | None = None
    closed_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class AutomaticAct:
    """What the clock did to a file.

    Attributes:
        deadline: which one had passed.
        officer: who confirmed or lifted it, on duty at that moment.
    """

    id: str
    file: FileId
    act: Act
    deadline: str
    at: datetime
    state: AutomaticState
    officer: AccountName | None = None
    decided_at: datetime | None = None
    reasons: str = ""
    revision: int = 1


@dataclass(frozen=True)
class Duty:
    """Who is duty officer from when to when; the end is not part of it."""

    id: str
    account: AccountName
    starts: datetime
    ends: datetime
    entered_by: AccountName
    entered_at: datetime
    ended_by: AccountName | None = None
    revision: int = 1


def require_no_part(
    decision: Decision, actor: PersonId, others: Collection[PersonId | None]
) -> None:
    """Refuse somebody who took part in the decision that is appealed.

    Args:
        decision: as it was signed.
        actor: the person who would decide the appeal.
        others: who countersigned it, and who voted where it refers to a Committee's minutes.

    Raises:
        NotAllowed: ``appeal.took_part``.
    """
    if actor in {decision.author_person, *others}:
        raise NotAllowed("appeal.took_part", decision=decision.id)
