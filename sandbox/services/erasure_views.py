"""What the page of personal data shows: people by number, what speaks against erasing, receipts.

Rules: for the firm that answers for the data and for the authority; why an authority keeps records
only its own people read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.records import Account
from sandbox.domain.retention import Erasure, LegalHold
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.kit.errors import NotFound, SynakError
from sandbox.services.access import competent_in, is_guest, readable_file
from sandbox.services.erasure import gathered, why_not
from sandbox.services.ports import Ports
from sandbox.services.requirements import side_of
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class PersonLine:
    """A customer or merchant. ``against``: what speaks against erasing now; None: nothing."""

    id: str
    kind: str
    place: int
    wallet: str
    state: str
    against: SynakError | None
    erased_at: datetime | None


@dataclass(frozen=True)
class DataView:
    """The page.

    Attributes:
        members: closed accounts of the reader's organisation that are not erased.
        holds: orders that stand; only for the competent authority and auditors.
        erases: the reader may erase.
        keeps: the reader may set holds.
    """

    permit: str
    people: tuple[PersonLine, ...]
    members: tuple[Account, ...]
    holds: tuple[LegalHold, ...]
    receipts: tuple[Erasure, ...]
    erases: bool
    keeps: bool


def data_view(u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime, ports: Ports) -> DataView:
    """The personal data of a permit's people.

    Raises:
        NotFound: ``file.not_found``, also for who has neither part in it.
    """
    file = readable_file(u, actor, file_id)
    mine, rights = side_of(actor, file) is not None, rights_of(actor.seats)
    sees = mine or Right.READ_AUDIT in rights
    if file.permit is None or not sees:
        raise NotFound("file.not_found", id=file_id[:20])
    permit = u.permits.get(file.permit)
    receipts = u.erasures.of_permit(permit.number)
    erased = {each.subject: each.at for each in receipts}
    people = u.customers.of_permit(permit.number)
    members = u.accounts.closed_of_orgs([actor.org]) if mine and actor.org else ()
    there = [each for each in people if each.id not in erased]
    facts = gathered(u, permit, file, there, ports.gateway)
    keeps = competent_in(actor, file, Right.DECIDE)
    told = Right.READ_AUDIT in rights and not is_guest(actor, file)
    return DataView(
        permit=permit.number,
        people=tuple(
            PersonLine(
                id=each.id,
                kind=each.kind.value,
                place=each.place,
                wallet=each.wallet,
                state=each.state.value,
                against=None if each.id in erased else why_not(facts, file, each, at=at),
                erased_at=erased.get(each.id),
            )
            for each in people
        ),
        members=tuple(each for each in members if not u.erasures.of_subject(each.name)),
        holds=u.holds.of_permit(permit.number) if told else (),
        receipts=receipts,
        erases=mine,
        keeps=keeps,
    )


def has_data(actor: Actor, *, mine: bool) -> bool:
    """Whether a reader has the page of a file with a permit."""
    return mine or Right.READ_AUDIT in rights_of(actor.seats)
