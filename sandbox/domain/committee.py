"""The Committee: who sits on it and since when, what it sits about, how it votes.

Rules:

1. An appointment is recorded by one regulator under an order's number and counts once a second
   person confirmed it; an earlier end likewise.
2. Whoever acts for somebody takes that seat while the appointment lasts: a seat has one vote, and
   a person has one vote, whatever seats fall to them.
3. A sitting is quorate for an item when more than half of the voting members in office are
   present and free of conflict. Whoever has a conflict does not count and does not vote, but
   still belongs to the members in office: a conflict never makes a quorum easier.
4. The secretary has no vote. Abstentions count for the quorum, not for the majority.

Source: NBKR special regulatory regime, decided by a Committee, with minutes (facts:
national-systems); quorum, majority and casting vote to be confirmed.

>>> DEFAULT_RULES.quorate(counted=2, members=3), DEFAULT_RULES.quorate(counted=2, members=4)
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.ids import AccountName, FileId, OrgId, PersonId


class CommitteeRole(StrEnum):
    """What somebody is on the Committee."""

    CHAIR = "chair"
    MEMBER = "member"
    SECRETARY = "secretary"

    @property
    def votes(self) -> bool:
        """Whether the role has a vote. Source: to be confirmed."""
        return self is not CommitteeRole.SECRETARY


class AppointmentState(StrEnum):
    """Where an appointment stands."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


class SittingState(StrEnum):
    """Where a sitting stands."""

    CALLED = "called"
    IN_SESSION = "in_session"
    SIGNING = "signing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Motion(StrEnum):
    """What the Committee votes on, and recommends when it is carried."""

    GRANT = "recommend_grant"
    REFUSE = "recommend_refusal"
    RETURN = "recommend_return"
    POSTPONE = "postpone"


class ItemResult(StrEnum):
    """What became of an item of the agenda; the first four as carried motions."""

    GRANT = "recommend_grant"
    REFUSE = "recommend_refusal"
    RETURN = "recommend_return"
    POSTPONE = "postpone"
    NO_QUORUM = "no_quorum"
    TAKEN_OFF = "taken_off"


class Choice(StrEnum):
    """How somebody voted."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class MinutesDemand(StrEnum):
    """When a grant or refusal must refer to closed minutes."""

    WHEN_CONSTITUTED = "when_constituted"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class CommitteeRules:
    """The rules of procedure, as data; kept with every sitting as they were when it opened.

    Attributes:
        quorum_of, quorum_in: more than ``quorum_of`` in ``quorum_in`` of the members in office.
        casting_vote: at a tie the chair's vote decides.
        minutes: when a decision must refer to minutes.
        source: where the rule is from.
    """

    quorum_of: int = 1
    quorum_in: int = 2
    casting_vote: bool = True
    minutes: MinutesDemand = MinutesDemand.WHEN_CONSTITUTED
    source: str = "NBKR special regulatory regime; to be confirmed"

    def quorate(self, *, counted: int, members: int) -> bool:
        """Whether enough members are present without a conflict.

        Args:
            counted: present, with a vote, without a conflict.
            members: voting members in office, conflicts or not.
        """
        return counted * self.quorum_in > members * self.quorum_of

    def demands(self, *, members: int) -> bool:
        """Whether a decision needs minutes, with so many voting members in office today."""
        if self.minutes is MinutesDemand.WHEN_CONSTITUTED:
            return members > 0
        return self.minutes is MinutesDemand.ALWAYS

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "minutes": self.minutes.value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CommitteeRules:
        """Read the JSON form; raises ``KeyError`` and ``ValueError`` when it is none."""
        return cls(**{**data, "minutes": MinutesDemand(data["minutes"])})


DEFAULT_RULES: Final = CommitteeRules()


@dataclass(frozen=True)
class RulesChange:
    """Other rules of procedure, in force once a second person confirmed them."""

    id: str
    rules: CommitteeRules
    order_number: str
    recorded_by: AccountName
    recorded_person: PersonId
    recorded_at: datetime
    state: AppointmentState = AppointmentState.RECORDED
    confirmed_by: AccountName | None = None
    confirmed_at: datetime | None = None
    authority: OrgId | None = None
    revision: int = 1


@dataclass(frozen=True)
class Appointment:
    """One person's seat on the Committee, first to last day inclusive, in Bishkek's days.

    Attributes:
        order_number: the order of appointment.
        until: the last day; None when the order names none.
        acting_for: the appointment whose seat is taken while this one lasts.
        ending: ``{until, order_number, by, person, at}`` of an earlier end not yet confirmed.
    """

    id: str
    account: AccountName
    person: PersonId
    role: CommitteeRole
    order_number: str
    since: date
    until: date | None
    acting_for: str | None
    recorded_by: AccountName
    recorded_person: PersonId
    recorded_at: datetime
    state: AppointmentState = AppointmentState.RECORDED
    confirmed_by: AccountName | None = None
    confirmed_at: datetime | None = None
    ending: Mapping[str, str] | None = None
    revision: int = 1

    def covers(self, day: date) -> bool:
        """Whether it is confirmed and lasts on a day."""
        lasts = self.since <= day and (self.until is None or day <= self.until)
        return lasts and self.state is AppointmentState.CONFIRMED

    def overlaps(self, since: date, until: date | None) -> bool:
        """Whether it has a day in common with a time."""
        return (until is None or self.since <= until) and (
            self.until is None or since <= self.until
        )


@dataclass(frozen=True)
class InOffice:
    """Somebody who sits on the Committee on a day: one person, one role."""

    account: AccountName
    person: PersonId
    role: CommitteeRole
    appointment: str
    order_number: str
    acting_for: str | None = None


_RANK: Final = {CommitteeRole.CHAIR: 0, CommitteeRole.SECRETARY: 1, CommitteeRole.MEMBER: 2}


def in_office(appointments: Iterable[Appointment], day: date) -> tuple[InOffice, ...]:
    """Who sits on the Committee on a day, the chair first.

    Args:
        appointments: all of them, in any order.
        day: in Bishkek.
    """
    lasting = [each for each in appointments if each.covers(day)]
    replaced = {each.acting_for for each in lasting if each.acting_for}
    found: dict[PersonId, InOffice] = {}
    ranked = sorted(lasting, key=lambda each: (_RANK[each.role], each.acting_for is None, each.id))
    for each in ranked:
        if each.id in replaced or each.person in found:
            continue
        found[each.person] = InOffice(
            each.account, each.person, each.role, each.id, each.order_number, each.acting_for
        )
    return tuple(sorted(found.values(), key=lambda each: (_RANK[each.role], each.account)))


@dataclass(frozen=True)
class SeatedMember:
    """A member as the minutes keep them: the name as it was at the opening."""

    account: AccountName
    person: PersonId
    name: str
    role: CommitteeRole
    order_number: str
    acting_for: str | None = None
    present: bool = False

    @property
    def votes(self) -> bool:
        """Whether this member has a vote."""
        return self.role.votes

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "role": self.role.value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SeatedMember:
        """Read the JSON form; raises ``KeyError`` and ``ValueError`` when it is none."""
        return cls(**{**data, "role": CommitteeRole(data["role"])})


@dataclass(frozen=True)
class InterestConflict:
    """Why a member does not take part in an item.

    Attributes:
        kind: ``declared``, ``seat`` (another seat of the file) or ``organisation`` (of a party).
        text: the declaration's words; empty for what the desk found by itself.
    """

    person: PersonId
    kind: str
    text: str = ""
    by: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Vote:
    """One member's vote. ``opinion``: a dissent or separate opinion, in writing."""

    person: PersonId
    name: str
    role: CommitteeRole
    choice: Choice
    opinion: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "role": self.role.value, "choice": self.choice.value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Vote:
        """Read the JSON form; raises ``KeyError`` and ``ValueError`` when it is none."""
        role, choice = CommitteeRole(data["role"]), Choice(data["choice"])
        return cls(**{**data, "role": role, "choice": choice})


@dataclass(frozen=True)
class Tally:
    """What votes come to. ``casting``: a tie that the chair's vote decided."""

    votes_for: int
    against: int
    abstained: int
    carried: bool
    casting: bool


def tally(votes: Iterable[Vote], rules: CommitteeRules) -> Tally:
    """Count votes: more for than against; at a tie the chair's vote where the rules say so."""
    given = tuple(votes)
    votes_for = sum(each.choice is Choice.FOR for each in given)
    against = sum(each.choice is Choice.AGAINST for each in given)
    chairs = [each.choice for each in given if each.role is CommitteeRole.CHAIR]
    tie = votes_for == against and votes_for > 0
    casting = rules.casting_vote and tie and bool(chairs) and chairs[0] is not Choice.ABSTAIN
    carried = votes_for > against or (casting and chairs[0] is Choice.FOR)
    return Tally(votes_for, against, len(given) - votes_for - against, carried, casting)


@dataclass(frozen=True)
class Ballot:
    """One vote of the Committee on one motion.

    Attributes:
        number: within its item, from 1.
        text: conditions or grounds, as put to the vote.
        members: voting members in office.
        excluded: present members who had a conflict, by name.
        struck: why it does not count; None when it does.
    """

    number: int
    motion: Motion
    text: str
    votes: tuple[Vote, ...]
    members: int
    excluded: tuple[str, ...]
    carried: bool
    casting: bool
    at: datetime
    struck: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            **asdict(self),
            "motion": self.motion.value,
            "votes": [each.as_dict() for each in self.votes],
            "excluded": list(self.excluded),
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ballot:
        """Read the JSON form; raises ``KeyError`` and ``ValueError`` when it is none."""
        return cls(
            **{
                **data,
                "motion": Motion(data["motion"]),
                "votes": tuple(Vote.from_dict(each) for each in data["votes"]),
                "excluded": tuple(data["excluded"]),
                "at": datetime.fromisoformat(data["at"]),
            }
        )


@dataclass(frozen=True)
class AgendaItem:
    """One file before the Committee at one sitting.

    Attributes:
        place: its number on the agenda, from 1.
        declared: conflicts that members declared; the others are found when they matter.
        application: SHA-256 of the answers and documents that the result is about, hex.
        text: conditions or grounds of the result.
    """

    id: str
    sitting: str
    place: int
    file: FileId
    added_by: AccountName
    added_at: datetime
    declared: tuple[InterestConflict, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    result: ItemResult | None = None
    text: str = ""
    application: str | None = None
    decided_at: datetime | None = None
    revision: int = 1

    @property
    def standing(self) -> tuple[Ballot, ...]:
        """The ballots that were not struck."""
        return tuple(each for each in self.ballots if each.struck is None)


@dataclass(frozen=True)
class Sitting:
    """One sitting of the Committee, from its call to its minutes.

    Attributes:
        authority: whose Committee it is.
        secretary: who keeps the minutes; at the opening whoever is secretary then.
        rules: of procedure, as they were at the opening.
        members: who was in office at the opening, and who of them is present.
        minutes: their number, once they were drawn up.
        document: the minutes themselves; ``digest`` is its SHA-256 in canonical form, hex.
        signatures: ``{account, person, role, address, text, signature, at}`` of chair, secretary.
        reason: why it was cancelled, or why its minutes were last sent back.
    """

    id: str
    authority: OrgId
    held_at: datetime
    place: str
    secretary: AccountName
    state: SittingState
    called_by: AccountName
    called_at: datetime
    rules: CommitteeRules | None = None
    members: tuple[SeatedMember, ...] = ()
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    minutes: str | None = None
    document: Mapping[str, Any] | None = None
    digest: str | None = None
    signatures: tuple[Mapping[str, Any], ...] = ()
    closed_at: datetime | None = None
    reason: str = ""
    revision: int = 1

    def officer(self, person: PersonId) -> CommitteeRole | None:
        """The role in which a person is present at it; None when they are not."""
        for each in self.members:
            if each.person == person and each.present:
                return each.role
        return None

    def voters(self, barred: Iterable[PersonId]) -> tuple[SeatedMember, ...]:
        """Who is present and votes on an item, without those who have a conflict in it."""
        out = set(barred)
        return tuple(
            each for each in self.members if each.present and each.votes and each.person not in out
        )

    @property
    def voting_members(self) -> int:
        """How many voting members were in office at the opening."""
        return sum(each.votes for each in self.members)
