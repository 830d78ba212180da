"""What each reader sees of contract reviews: state, reason and views for all, the source for none.

The source itself is shown by ``contract_reviews.open_source`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.records import PermitFile
from sandbox.domain.review import OPEN, ContractReview, Layers, ReviewState, layers_from_json
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.domain.sight import acting_sight_of
from sandbox.services.access import competent_in, readable_permit
from sandbox.services.contract_reviews import find_review, fit_reviewers
from sandbox.store import UnitOfWork

MOST_WAITING: Final = 200
"""Open reviews that are looked through for a reader, the oldest first."""


@dataclass(frozen=True)
class SeenBy:
    """One view of the source."""

    account: str
    at: datetime


@dataclass(frozen=True)
class ReviewView:
    """A review as a reader sees it.

    Attributes:
        review: the record; it holds no source.
        views: who saw the source, and when.
        found: what the contract was made of when the approval lapsed; None: it did not.
        candidates: whom this reader may name as reviewers; empty for who may not.
        reads: this reader was named and may open the source.
        decides: this reader may approve or refuse now.
        signed: this reader has approved already.
        withdraws: this reader may withdraw now.
    """

    review: ContractReview
    views: tuple[SeenBy, ...]
    found: Layers | None
    candidates: tuple[str, ...]
    reads: bool
    decides: bool
    signed: bool
    withdraws: bool


def reviews_of(
    u: UnitOfWork,
    actor: Actor,
    number: str,
    *,
    at: datetime,  # noqa: ARG001
) -> tuple[ContractReview, ...]:
    """A permit's reviews, the newest first.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, _ = readable_permit(u, actor, number)
    return u.reviews.of_permit(permit.number)


def waiting_reviews(u: UnitOfWork, actor: Actor) -> tuple[ContractReview, ...]:
    """What the reader is to do about contracts: name reviewers, or decide as one of them."""
    if Right.REVIEW not in rights_of(actor.seats):
        return ()
    found = [
        each
        for each in u.reviews.in_states(OPEN, MOST_WAITING)
        if (not each.reviewers or actor.account in each.reviewers)
        and all(signature["person"] != actor.person for signature in each.signatures)
    ]
    visible = u.parties.operators(acting_sight_of(actor), {each.permit for each in found})
    return tuple(each for each in found if each.permit in visible)


def review_view(
    u: UnitOfWork,
    actor: Actor,
    review_id: str,
    *,
    at: datetime,  # noqa: ARG001
) -> ReviewView:
    """One review.

    Raises:
        NotFound: ``review.not_found``.
    """
    review, _, file = find_review(u, actor, review_id)
    rights, waiting = rights_of(actor.seats), review.state in OPEN
    names = waiting and competent_in(actor, file, Right.REVIEW)
    intervenes = competent_in(actor, file, Right.INTERVENE)
    named = actor.account in review.reviewers
    lapsed = review.state is ReviewState.LAPSED and review.changed is not None
    return ReviewView(
        review=review,
        views=tuple(SeenBy(each.account, each.at) for each in u.source_views.of_review(review.id)),
        found=layers_from_json((review.changed or {})["layers"]) if lapsed else None,
        candidates=_candidates(u, file) if names else (),
        reads=named,
        decides=waiting and named and Right.DECIDE in rights,
        signed=any(each["person"] == actor.person for each in review.signatures),
        withdraws=review.state is ReviewState.APPROVED and intervenes,
    )


def _candidates(u: UnitOfWork, file: PermitFile) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in fit_reviewers(u, file)))
