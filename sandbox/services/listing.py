"""Lists of files: what a reader may see, and for whom each waits.

Rules:

1. As many queries for a list however many files there are, and only the lines that are shown are
   read (``sandbox.store.listing``); who may see which file is ``sandbox.domain.sight``.
2. What waits for a second signature waits for a regulator who may give it, whatever state the
   file is in: a limit that one regulator lowered stands in a file that is active.
3. Only the authorities learn of proposals.
4. What a reader could not sign, because a delegation makes the two one person, waits for another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.approvals import OpenProposal, may_countersign
from sandbox.domain.delegations import Delegation, two_persons
from sandbox.domain.lifecycle import FileState
from sandbox.domain.listing import ListedFile, Search, Waiting, Waits
from sandbox.domain.seats import Actor, Right, Seat, rights_of
from sandbox.domain.sight import acting_sight_of, sight_of
from sandbox.kit.ids import FileId
from sandbox.services.views import FileLine
from sandbox.store import UnitOfWork

WAITS_FOR: Final[Mapping[FileState, str]] = {
    FileState.DRAFT: "applicant",
    FileState.SUBMITTED: "sponsor",
    FileState.SPONSOR_SIGNED: "regulator",
    FileState.UNDER_REVIEW: "regulator",
    FileState.QUESTION_OPEN: "applicant",
    FileState.COMMITTEE: "the_committee",
    FileState.DECIDED: "regulator",
    FileState.ACTIVATING: "system",
    FileState.SUSPENDED: "regulator",
    FileState.HALTED: "regulator",
    FileState.LAPSED: "regulator",
    FileState.SURRENDERED: "regulator",
    FileState.REFUSAL_APPEALED: "regulator",
    FileState.REVOCATION_APPEALED: "regulator",
}
SITS: Final[Mapping[Seat, str]] = {
    Seat.OWNER: "applicant",
    Seat.COMPLIANCE: "applicant",
    Seat.SPONSOR: "sponsor",
    Seat.REGULATOR: "regulator",
}
"""Who sits where: a file that waits for the applicant waits for these seats of its organisation."""

Unsigned = Mapping[FileId, str]
"""A file with an open proposal, and for whom it waits: ``regulator`` or ``second_regulator``."""


@dataclass(frozen=True)
class FileList:
    """A part of a list.

    Attributes:
        lines: those asked for.
        total: how many there are, counted to ``listing.MOST_COUNTED``.
        more: whether there are even more.
        states: the states in which this reader's files stand.
    """

    lines: tuple[FileLine, ...]
    total: int
    more: bool
    states: tuple[str, ...] = ()


def list_files(
    u: UnitOfWork,
    actor: Actor,
    search: Search | None = None,
    *,
    at: datetime,  # noqa: ARG001
) -> tuple[FileLine, ...]:
    """The files this actor may see, newest first, as far as a search goes."""
    return found_files(u, actor, search or Search(), states=False).lines


def found_files(
    u: UnitOfWork,
    actor: Actor,
    search: Search,
    *,
    states: bool = True,
    unsigned: Unsigned | None = None,
) -> FileList:
    """A part of the files this actor may see.

    Args:
        u: a reading unit of work.
        actor: the reader.
        search: which part.
        states: also tell in which states there are files.
        unsigned: of ``unsigned_files``, for who asks for several parts.
    """
    sight = acting_sight_of(actor) if search.waiting is Waiting.MINE else sight_of(actor)
    if unsigned is None and search.waiting is not Waiting.ALL:
        unsigned = unsigned_files(u, actor)
    found = u.listing.files(sight, search, _waits(actor, search, unsigned or {}))
    return FileList(
        lines=_lines(u, actor, found.lines, unsigned),
        total=found.total,
        more=found.more,
        states=tuple(each.value for each in u.listing.states(sight)) if states else (),
    )


def following_files(u: UnitOfWork, actor: Actor, search: Search) -> tuple[FileLine, ...]:
    """Files behind ``search.after`` by number, and one more than asked for, if there is one."""
    found = u.listing.following(sight_of(actor), search)
    return _lines(u, actor, found)


def unsigned_files(
    u: UnitOfWork, actor: Actor, files: Collection[FileId] | None = None
) -> Unsigned:
    """For whom each file with an open proposal waits; nothing for who may not learn of proposals.

    Args:
        u: a reading unit of work.
        actor: the reader.
        files: of these; of all when left out.
    """
    if Right.SEE_ALL_FILES not in rights_of(actor.seats):
        return {}
    proposals = u.listing.proposals(acting_sight_of(actor), files)
    known = u.delegations.of(actor.org) if proposals else ()
    return _unsigned(actor, proposals, known)


def every_number(u: UnitOfWork, actor: Actor, search: Search) -> tuple[FileId, ...]:
    """The numbers of everything a search finds, to be read part by part."""
    unsigned = {} if search.waiting is Waiting.ALL else unsigned_files(u, actor)
    sight = acting_sight_of(actor) if search.waiting is Waiting.MINE else sight_of(actor)
    return u.listing.ids(sight, search, _waits(actor, search, unsigned))


def lines_of(
    u: UnitOfWork, actor: Actor, numbers: Sequence[FileId], *, acting: bool = False
) -> tuple[FileLine, ...]:
    """Files by number, in that order, as far as this actor may still see them.

    Args:
        u: a reading unit of work.
        actor: the reader.
        numbers: which.
        acting: without those that another authority only shows.
    """
    sight = acting_sight_of(actor) if acting else sight_of(actor)
    return _lines(u, actor, u.listing.lines(sight, numbers))


def _lines(
    u: UnitOfWork, actor: Actor, files: Sequence[ListedFile], unsigned: Unsigned | None = None
) -> tuple[FileLine, ...]:
    if unsigned is None:
        unsigned = unsigned_files(u, actor, [each.id for each in files])
    return tuple(
        FileLine(
            id=each.id,
            title=each.title,
            org_name=each.org_name,
            sponsor_name=each.sponsor_name,
            state=each.state.value,
            permit=each.permit,
            updated_at=each.updated_at,
            waits_for=unsigned.get(each.id, WAITS_FOR.get(each.state, "nobody")),
            second_signature=each.id in unsigned,
        )
        for each in files
    )


def sits_for(actor: Actor) -> frozenset[str]:
    """For whom an actor sits: a file that waits for one of these waits for them."""
    return frozenset(SITS[seat] for seat in actor.seats if seat in SITS)


def _waits(actor: Actor, search: Search, unsigned: Unsigned) -> Waits:
    """How this reader's own files are told from others'."""
    if search.waiting is Waiting.ALL:
        return Waits()
    sits = sits_for(actor)
    return Waits(
        mine=frozenset(state for state, whom in WAITS_FOR.items() if whom in sits),
        others=frozenset(state for state, whom in WAITS_FOR.items() if whom not in sits),
        able=frozenset(file for file, whom in unsigned.items() if whom in sits),
        proposed=frozenset(unsigned),
    )


def _unsigned(
    actor: Actor, proposals: Iterable[OpenProposal], known: Sequence[Delegation]
) -> dict[FileId, str]:
    """For whom each file with an open proposal waits."""
    decides = Right.DECIDE in rights_of(actor.seats)
    found: dict[FileId, str] = {}
    for each in proposals:
        able = decides and may_countersign(each, actor, issued_version=each.issued_version)
        able = able and two_persons(known, each.file, each, actor)
        if able or each.file not in found:
            found[each.file] = "regulator" if able else "second_regulator"
    return found
