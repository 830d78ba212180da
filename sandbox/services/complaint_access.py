"""Who may read a complaint, and who may conclude it."""

from __future__ import annotations

from sandbox.domain.complaints import Complaint
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.domain.sight import sight_of
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import competent_in, require_competent, sees_file
from sandbox.store import UnitOfWork


def permits_of(u: UnitOfWork, actor: Actor) -> tuple[PermitNumber, ...] | None:
    """The permits whose complaints an actor may see; None for all."""
    if Right.SEE_ALL_FILES in rights_of(actor.seats):
        return u.listing.numbers(sight_of(actor))
    named = u.permits.of_orgs(actor.org) if actor.org is not None else ()
    return tuple(each.number for each in named if answers_for(actor, each))


def answers_for(actor: Actor, permit: Permit) -> bool:
    """Whether an actor belongs to the firm that operates a permit or to its sponsor."""
    rights = rights_of(actor.seats)
    firm = Right.SEE_OWN_FILES in rights and permit.org == actor.org
    sponsor = Right.SEE_SPONSORED_FILES in rights and permit.sponsor == actor.org
    return actor.org is not None and (firm or sponsor)


def sees(u: UnitOfWork, actor: Actor, complaint: Complaint) -> bool:
    """Whether an actor may read a complaint."""
    rights = rights_of(actor.seats)
    if Right.READ_COMPLAINTS not in rights or actor.channel is not Channel.BROWSER:
        return False
    permit = u.permits.find(complaint.permit) if complaint.permit else None
    if Right.SEE_ALL_FILES in rights:
        return permit is None or sees_file(actor, u.files.get(permit.file))
    return permit is not None and answers_for(actor, permit)


def may_conclude(u: UnitOfWork, actor: Actor, complaint: Complaint) -> bool:
    """Whether an actor is of the authority that concludes a complaint; any without a permit."""
    permit = u.permits.find(complaint.permit) if complaint.permit else None
    if permit is None:
        return Right.REVIEW in rights_of(actor.seats)
    return competent_in(actor, u.files.get(permit.file), Right.REVIEW)


def require_concluding(u: UnitOfWork, actor: Actor, complaint: Complaint) -> None:
    """Refuse whoever only reads the file of the complaint's permit.

    Raises:
        NotAllowed: as ``access.require_competent``.
    """
    permit = u.permits.find(complaint.permit) if complaint.permit else None
    if permit is not None:
        require_competent(actor, u.files.get(permit.file))
