"""Votes of the Committee, recorded by the secretary on one page while it sits.

Rules:

1. A vote needs a quorum for its item: whoever has a conflict neither counts nor votes.
2. Everybody who is present without a conflict votes, in one recording; nobody else does.
3. A ballot is never changed. Recorded wrongly, it is struck with a reason, stays in the minutes,
   and the item is voted on again.
4. Whoever voted on a file sits in it as a regulator, and in no other seat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.application import TEXT_LENGTH, plain_text
from sandbox.domain.committee import (
    AgendaItem,
    Ballot,
    Choice,
    ItemResult,
    Motion,
    SeatedMember,
    Sitting,
    SittingState,
    Vote,
    tally,
)
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import FileActor, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.services.acts import earlier, remember
from sandbox.services.committee_sittings import conflicts_of, held_item, note, require_secretary
from sandbox.services.reviews import needed_text
from sandbox.services.submissions import application_digest
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class RecordBallot:
    """Record a vote.

    Attributes:
        item: of the agenda.
        motion: what is voted on; carried, it is the item's result.
        text: conditions of a grant, or grounds.
        votes: account to vote, of everybody who may vote.
        opinions: account to a dissent or separate opinion in writing.
    """

    item: str
    motion: Motion
    text: str
    votes: Mapping[str, Choice]
    opinions: Mapping[str, str]
    key: str | None = None


@dataclass(frozen=True)
class StrikeBallot:
    """Strike a ballot that was recorded wrongly."""

    item: str
    number: int
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class NoQuorum:
    """Leave an item for another sitting, since there is no quorum for it."""

    item: str
    key: str | None = None


def record_ballot(u: UnitOfWork, actor: Actor, command: RecordBallot, *, at: datetime) -> str:
    """Record a vote on an item; carried, it is the item's result.

    Returns:
        The sitting's id.

    Raises:
        NotFound: ``agenda_item.not_found``.
        NotAllowed: ``committee.secretary_only``.
        InvalidInput: ``text.empty``, ``committee.vote_missing``, ``committee.not_a_voter``.
        Conflict: ``committee.wrong_time``, ``committee.voted_already``, ``committee.left_agenda``,
            ``committee.quorum_missing``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "record_ballot", command.key)
    if done is not None:
        return done
    text = needed_text("text", command.text)
    sitting, item, file = _open(u, actor, command.item, at)
    voters, excluded = quorum_of(u, sitting, item, file)
    assert sitting.rules is not None
    if not sitting.rules.quorate(counted=len(voters), members=sitting.voting_members):
        raise Conflict(
            "committee.quorum_missing", counted=len(voters), members=sitting.voting_members
        )
    votes = _votes(voters, command)
    counted = tally(votes, sitting.rules)
    ballot = Ballot(
        number=len(item.ballots) + 1,
        motion=command.motion,
        text=text,
        votes=votes,
        members=sitting.voting_members,
        excluded=tuple(each.name for each in excluded),
        carried=counted.carried,
        casting=counted.casting,
        at=at,
    )
    changed = replace(item, ballots=(*item.ballots, ballot))
    if ballot.carried:
        changed = replace(
            changed,
            result=ItemResult(ballot.motion.value),
            text=text,
            application=application_digest(u, file),
            decided_at=at,
        )
    u.agenda.save(changed)
    _sit_down(u, file, voters, at)
    note(u, "committee.voted", actor, sitting, at, file=file.id, **ballot.as_dict())
    remember(u, actor, "record_ballot", command.key, sitting.id, at=at)
    return sitting.id


def strike_ballot(u: UnitOfWork, actor: Actor, command: StrikeBallot, *, at: datetime) -> str:
    """Strike a ballot; if it was carried the item is open again.

    Raises:
        NotFound: ``agenda_item.not_found``.
        NotAllowed: ``committee.secretary_only``.
        InvalidInput: ``text.empty``.
        Conflict: ``committee.wrong_time``, ``committee.no_such_ballot``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "strike_ballot", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    sitting, item = held_item(u, actor, command.item, SittingState.IN_SESSION)
    require_secretary(u, sitting, actor, at)
    found = next((each for each in item.standing if each.number == command.number), None)
    if found is None:
        raise Conflict("committee.no_such_ballot", number=command.number)
    ballots = tuple(
        replace(each, struck=reasons) if each.number == found.number else each
        for each in item.ballots
    )
    changed = replace(item, ballots=ballots)
    if found.carried:
        changed = replace(changed, result=None, text="", application=None, decided_at=None)
    u.agenda.save(changed)
    data = {"file": item.file, "number": found.number, "reasons": reasons}
    note(u, "committee.ballot_struck", actor, sitting, at, **data)
    remember(u, actor, "strike_ballot", command.key, sitting.id, at=at)
    return sitting.id


def leave_for_quorum(u: UnitOfWork, actor: Actor, command: NoQuorum, *, at: datetime) -> str:
    """Leave an item for another sitting because it has no quorum.

    Raises:
        NotFound: ``agenda_item.not_found``.
        NotAllowed: ``committee.secretary_only``.
        Conflict: ``committee.wrong_time``, ``committee.voted_already``, ``committee.left_agenda``,
            ``committee.quorum_reached``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "leave_for_quorum", command.key)
    if done is not None:
        return done
    sitting, item, file = _open(u, actor, command.item, at)
    voters, _ = quorum_of(u, sitting, item, file)
    assert sitting.rules is not None
    if sitting.rules.quorate(counted=len(voters), members=sitting.voting_members):
        raise Conflict("committee.quorum_reached")
    u.agenda.save(replace(item, result=ItemResult.NO_QUORUM, decided_at=at))
    data = {"file": item.file, "counted": len(voters), "members": sitting.voting_members}
    note(u, "committee.left_for_quorum", actor, sitting, at, **data)
    remember(u, actor, "leave_for_quorum", command.key, sitting.id, at=at)
    return sitting.id


def quorum_of(
    u: UnitOfWork, sitting: Sitting, item: AgendaItem, file: PermitFile
) -> tuple[tuple[SeatedMember, ...], tuple[SeatedMember, ...]]:
    """Who votes on an item, and who is present with a vote but has a conflict in it."""
    present = sitting.voters(())
    barred = conflicts_of(u, file, item, [each.person for each in present])
    voters = sitting.voters(barred)
    return voters, tuple(each for each in present if each not in voters)


def _open(
    u: UnitOfWork, actor: Actor, item_id: str, at: datetime
) -> tuple[Sitting, AgendaItem, PermitFile]:
    """An item without a result, of a sitting in session, for its secretary."""
    sitting, item = held_item(u, actor, item_id, SittingState.IN_SESSION)
    require_secretary(u, sitting, actor, at)
    if item.result is not None:
        raise Conflict("committee.voted_already")
    file = u.files.get(item.file, lock=True)
    if file.state is not FileState.COMMITTEE:
        raise Conflict("committee.left_agenda", file=file.id)
    return sitting, item, file


def _votes(voters: tuple[SeatedMember, ...], command: RecordBallot) -> tuple[Vote, ...]:
    may = {each.account: each for each in voters}
    for account in (*command.votes, *(a for a, text in command.opinions.items() if text.strip())):
        if account not in may:
            raise InvalidInput("committee.not_a_voter", account=account[:32])
    found = []
    for account, member in may.items():
        if account not in command.votes:
            raise InvalidInput("committee.vote_missing", name=member.name)
        opinion = plain_text("opinion", command.opinions.get(account, ""), limit=TEXT_LENGTH)
        choice = command.votes[account]
        found.append(Vote(member.person, member.name, member.role, choice, opinion))
    return tuple(found)


def _sit_down(
    u: UnitOfWork, file: PermitFile, voters: tuple[SeatedMember, ...], at: datetime
) -> None:
    taken = u.file_actors.of_file(file.id)
    for each in voters:
        if each.person not in taken:
            u.file_actors.add(FileActor(file.id, each.person, each.account, FileSeat.REGULATOR, at))
