"""Permits as their readers see them: the parties, the regulators, the SDK and the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.domain.attestation import Standing, standing_of
from sandbox.domain.document import NOTICE, document_hash
from sandbox.domain.lifecycle import FileState
from sandbox.domain.listing import ListedFile, Search
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.scope import scope_to_json
from sandbox.domain.seats import Actor
from sandbox.domain.sight import sight_of
from sandbox.domain.terms import (
    ASSET_FLAGS,
    DESK_LIMITS,
    FLAGS,
    HUB_LIMITS,
    LOAD_LIMITS,
    PERSON_LIMITS,
    VALUE_LIMITS,
    Terms,
)
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import PermitNumber, permit_key
from sandbox.kit.money import limit_to_json
from sandbox.services.access import operator_of, readable_permit
from sandbox.services.files import signature_view
from sandbox.services.views import InForceView, PermitView, PublicPermitView, TrialView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class PermitList:
    """A part of a list of permits.

    Attributes:
        permits: those asked for.
        total: how many there are, counted to ``listing.MOST_COUNTED``.
        more: whether there are even more.
    """

    permits: tuple[PermitView, ...]
    total: int
    more: bool


def list_permits(
    u: UnitOfWork,
    actor: Actor,
    search: Search | None = None,
    *,
    at: datetime,  # noqa: ARG001
) -> tuple[PermitView, ...]:
    """The permits this actor may see, newest first, as far as a search goes."""
    return found_permits(u, actor, search or Search()).permits


def found_permits(u: UnitOfWork, actor: Actor, search: Search) -> PermitList:
    """A part of the permits this actor may see; as many queries however many there are."""
    found, total, more = u.listing.permits(sight_of(actor), search)
    return PermitList(tuple(_listed(*each) for each in found), total, more)


def following_permits(u: UnitOfWork, actor: Actor, search: Search) -> tuple[PermitView, ...]:
    """Permits behind ``search.after`` by number, and one more than asked for, if there is one."""
    found = u.listing.following_permits(sight_of(actor), search)
    return tuple(_listed(*each) for each in found)


def every_number(u: UnitOfWork, actor: Actor, search: Search) -> tuple[PermitNumber, ...]:
    """The numbers of every permit that a search finds, to be read part by part."""
    return u.listing.permit_numbers(sight_of(actor), search)


def permits_of(
    u: UnitOfWork, actor: Actor, numbers: Sequence[PermitNumber]
) -> tuple[PermitView, ...]:
    """Permits by number, in that order, as far as this actor may see them."""
    found = u.listing.permits_by_number(sight_of(actor), numbers)
    return tuple(_listed(*each) for each in found)


def _listed(permit: Permit, file: ListedFile) -> PermitView:
    names: dict[str, str] = {file.org: file.org_name}
    if file.sponsor is not None and file.sponsor_name is not None:
        names[file.sponsor] = file.sponsor_name
    return _view(permit, file.state, names)


def permit_view(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> PermitView:  # noqa: ARG001
    """One permit.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, file = readable_permit(u, actor, number)
    return view_of(u, permit, file)


def view_of(u: UnitOfWork, permit: Permit, file: PermitFile) -> PermitView:
    """The same for records that were read already."""
    return _view(permit, file.state, u.organisations.names_of({permit.org, permit.sponsor}))


def in_force(u: UnitOfWork, actor: Actor, number: str) -> InForceView:
    """What is in force, and what would hold without an interim act.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, _ = readable_permit(u, actor, PermitNumber(number))
    return InForceView(
        number=permit.number,
        terms=permit.terms,
        state=permit.trial_state.value,
        base_terms=permit.base_terms,
        base_state=permit.base_state.value,
        interim_until=permit.interim_until,
    )


def trial_view(u: UnitOfWork, actor: Actor, *, at: datetime) -> TrialView:  # noqa: ARG001
    """The permit behind a credential, for the SDK.

    Raises:
        NotAllowed: ``permit.no_context`` when the credential is for no permit.
        NotFound: ``permit.not_found``.
    """
    number = operator_of(actor)
    if actor.customer is not None:
        permit = u.permits.get(number)
        file = u.files.get(permit.file)
    else:
        permit, file = readable_permit(u, actor, number)
    return TrialView(
        number=permit.number,
        permit_id="0x" + permit_key(permit.number).hex(),
        state=file.state.value,
        version=permit.version,
        product=permit.title,
        start=permit.terms.start,
        end=permit.terms.end,
        chains=tuple(permit.chains),
        settlement=permit.settlement,
        terms=flat_terms(permit.terms),
        language=actor.language,
    )


def public_permit(u: UnitOfWork, number: str, *, at: datetime) -> PublicPermitView:
    """What anybody may verify: nothing about customers, usage or the application.

    Raises:
        NotFound: ``permit.not_found``, also while it was never in force.
    """
    permit = u.permits.find(number[:20].upper())
    if permit is None or permit.published_version == 0:
        raise NotFound("permit.not_found", id=number[:20])
    file = u.files.get(permit.file)
    decision = u.decisions.of_version(permit.file, permit.version)
    if decision is None or decision.document is None:
        raise NotFound("permit.not_found", id=number[:20])
    names = u.organisations.names_of({permit.org, permit.sponsor})
    stands = standing(permit, file, at)
    return PublicPermitView(
        number=permit.number,
        permit_id="0x" + permit_key(permit.number).hex(),
        standing=stands.group,
        standing_detail=stands.value,
        winding_down=stands.winds_down,
        title=permit.title,
        org_name=names.get(permit.org, permit.org),
        sponsor_name=names.get(permit.sponsor) if permit.sponsor else None,
        version=permit.version,
        start=permit.terms.start,
        end=permit.terms.end,
        terms=permit.terms.as_dict(),
        document=decision.document,
        document_hash=document_hash(decision.document),
        signatures=tuple(signature_view(each) for each in decision.signatures),
        notice=NOTICE,
    )


def standing(permit: Permit, file: PermitFile, at: datetime) -> Standing:
    """Where a permit stands, for the public.

    A suspension is the Supervisor's wind-down, but it may be lifted, so the word is another
    (``domain.attestation``).
    """
    return standing_of(file.state, permit.trial_state, over=at >= permit.terms.end)


def flat_terms(terms: Terms) -> dict[str, Any]:
    """Terms as ``GET /trial`` gives them: one level, strings."""
    return {
        "assets": [
            {
                "asset": each.asset,
                **{name: limit_to_json(getattr(each, name)) for name in VALUE_LIMITS},
                **{name: getattr(each, name) for name in ASSET_FLAGS},
            }
            for each in terms.assets
        ],
        **{name: limit_to_json(getattr(terms, name)) for name in (*PERSON_LIMITS, *DESK_LIMITS)},
        **{name: limit_to_json(getattr(terms.load, name)) for name in (*LOAD_LIMITS, *HUB_LIMITS)},
        **{name: getattr(terms, name) for name in FLAGS},
        "contracts": scope_to_json(terms.contracts),
        "residences": None if terms.residences is None else list(terms.residences),
        "steps": [each.as_dict() for each in terms.steps],
    }


def _view(permit: Permit, state: FileState, names: Mapping[str, str]) -> PermitView:
    published = permit.published_version >= permit.version
    return PermitView(
        number=permit.number,
        permit_id="0x" + permit_key(permit.number).hex(),
        file=permit.file,
        title=permit.title,
        org_name=names.get(permit.org, permit.org),
        sponsor_name=names.get(permit.sponsor) if permit.sponsor else None,
        state=state.value,
        trial_state=permit.trial_state.value,
        version=permit.version,
        base_version=permit.base_version,
        interim_until=permit.interim_until,
        terms=permit.terms,
        settlement=permit.settlement,
        published_version=permit.published_version,
        acknowledged=published and permit.acknowledged_revision >= permit.policy_revision,
        granted_at=permit.granted_at,
        chains=tuple(permit.chains),
    )
