"""Who sees and who writes reports and incidents of a permit; for everybody else there are none.

Rules: the firm sees its own, the sponsor those of permits that it holds (not one that is only named
to follow it), who supervises those of permits that they may see; in the browser alone.
"""

from __future__ import annotations

from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.domain.sight import sight_of
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import permit_behind
from sandbox.store import UnitOfWork


def supervises(actor: Actor) -> bool:
    """Whether an actor sees those of every permit that they may see."""
    return Right.SEE_ALL_FILES in rights_of(actor.seats)


def is_firm(actor: Actor, permit: Permit) -> bool:
    """Whether an actor belongs to the firm that operates a permit."""
    return Right.SEE_OWN_FILES in rights_of(actor.seats) and permit.org == actor.org


def is_sponsor(actor: Actor, permit: Permit) -> bool:
    """Whether an actor belongs to the sponsor that holds a permit."""
    held = permit.sponsor is not None and permit.sponsor == actor.org
    return held and Right.SEE_SPONSORED_FILES in rights_of(actor.seats)


def reporting_permit(
    u: UnitOfWork, actor: Actor, number: str, code: str = "permit"
) -> tuple[Permit, PermitFile]:
    """A permit whose reports and incidents an actor may see, with its file.

    Args:
        u: a unit of work.
        actor: who asks.
        number: the permit's.
        code: what is said not to be there.

    Raises:
        NotFound: ``<code>.not_found``.
    """
    permit, file = permit_behind(u, actor, number, code=code, subject=number[:20])
    inside = supervises(actor) or is_firm(actor, permit) or is_sponsor(actor, permit)
    if not inside or actor.channel is not Channel.BROWSER:
        raise NotFound(f"{code}.not_found", id=number[:20])
    return permit, file


def permits_seen(u: UnitOfWork, actor: Actor) -> tuple[PermitNumber, ...] | None:
    """The permits whose reports and incidents an actor may see; None for all."""
    if supervises(actor):
        return u.listing.numbers(sight_of(actor))
    seen = (each for each in _named(u, actor) if is_firm(actor, each) or is_sponsor(actor, each))
    return tuple(each.number for each in seen)


def operated_permits(u: UnitOfWork, actor: Actor) -> tuple[PermitNumber, ...]:
    """The permits that an actor's firm operates, newest number first."""
    return tuple(each.number for each in _named(u, actor) if is_firm(actor, each))


def _named(u: UnitOfWork, actor: Actor) -> tuple[Permit, ...]:
    """Permits that name an actor's organisation, newest number first."""
    return u.permits.of_orgs(actor.org)[::-1] if actor.org is not None else ()
