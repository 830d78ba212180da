"""What the holder (the sponsor) does to a live permit: surrender it, or withdraw from it.

Rules:

1. A surrender needs a settlement plan. From then on the gateway lets money only come home; the
   chain follows when two regulators have signed the wind-down and with it approved the plan.
2. A halt stands above a surrender: what is halted is not surrendered.
3. A surrender voids what the authority had proposed, but never the revocation or the confirmation
   of an interim act, and never says that there was one. What was surrendered stays so when the
   revocation falls on appeal, or is refused on chain.
4. A withdrawal starts a deadline in working days, in which another sponsor is to be found. When it
   has passed, the clock suspends the permit (``automatic``). Until then the holder may stay.

Source: National Bank, special regulatory regime: a plan that protects clients and completes
settlements is mandatory on early end (to be confirmed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.life import PetitionKind, PetitionState
from sandbox.domain.lifecycle import Act, FileState, find, possible
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import SHORTEST_PLAN
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind
from sandbox.kit.errors import InvalidInput, NotAllowed
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.drafting import overtake
from sandbox.services.files import file_view
from sandbox.services.petitions import (
    OF_A_LIVE_PERMIT,
    close_petition,
    file_petition,
    open_petition,
)
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.services.versions import Plan, propose_version
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

OUTLIVES_A_SURRENDER: Final = frozenset({DecisionKind.REVOKE, DecisionKind.CONFIRM})
"""Proposals that a holder does not escape by giving the permit back."""


@dataclass(frozen=True)
class Surrender:
    """Give the permit back, with a plan that protects the customers."""

    permit: PermitNumber
    reasons: str
    plan: str
    key: str | None = None


@dataclass(frozen=True)
class LeavePermit:
    """Withdraw as the sponsor of a live permit."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class StayInPermit:
    """Take a withdrawal back."""

    permit: PermitNumber
    key: str | None = None


@dataclass(frozen=True)
class ProposeWindDown:
    """Propose to approve the settlement plan and put the wind-down on chain."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


def surrender(
    u: UnitOfWork, actor: Actor, command: Surrender, *, at: datetime, ports: Ports
) -> FileView:
    """Surrender a permit.

    Raises:
        InvalidInput: ``text.empty``, ``surrender.no_plan``.
        Conflict: ``lifecycle.not_from_here``.
        NotAllowed: ``sponsor.not_named``, ``seat.*``.
        NotFound: ``permit.not_found``.
    """
    require_act_of_law(actor, Right.SPONSOR, at)
    done = earlier(u, actor, "surrender", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons, plan = needed_text("reasons", command.reasons), needed_text("plan", command.plan)
    if len(plan) < SHORTEST_PLAN:
        raise InvalidInput("surrender.no_plan", least=SHORTEST_PLAN)
    permit, file = _holders(u, actor, command.permit, at=at)
    find(file.state, Act.SURRENDER)
    kind = PetitionKind.SURRENDER
    petition = file_petition(u, actor, file, kind, FileSeat.SPONSOR, reasons, at=at, plan=plan)
    for other in u.decisions.proposed(file.id):
        if other.kind in OUTLIVES_A_SURRENDER:
            continue
        overtake(u, other, actor=actor.account, at=at)
    for open_one in OF_A_LIVE_PERMIT:
        state = PetitionState.TAKEN_BACK
        close_petition(u, file.id, open_one, state, by=actor.account, at=at)
    data = {"permit": permit.number, "petition": petition.id, "reasons": reasons, "plan": plan}
    saved = move(u, file, Act.SURRENDER, actor=actor.account, at=at, data=data)
    push_after_commit(u, touch(u, permit), saved, ports)
    remember(u, actor, "surrender", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def surrendered_again(u: UnitOfWork, file: PermitFile, *, at: datetime) -> PermitFile:
    """The file as the holder left it, when a revocation of a surrendered permit came to nothing."""
    petition = u.petitions.open_of(file.id, PetitionKind.SURRENDER)
    if petition is None or Act.SURRENDER not in possible(file.state):
        return file
    data = {"permit": file.permit, "petition": petition.id}
    return move(u, file, Act.SURRENDER, actor="system", at=at, data=data)


def propose_wind_down(
    u: UnitOfWork, actor: Actor, command: ProposeWindDown, *, at: datetime, ports: Ports
) -> FileView:
    """Propose the wind-down of a surrendered permit; the second signature puts it on chain.

    Raises:
        Conflict: ``lifecycle.not_from_here``.
    """

    def change(permit: Permit, _file: PermitFile) -> tuple[Terms, TrialState]:
        return permit.terms, TrialState.WIND_DOWN

    plan = Plan(
        *("propose_wind_down", Act.WIND_DOWN, DecisionKind.WIND_DOWN),
        permit=command.permit,
        reasons=command.reasons,
        key=command.key,
        change=change,
    )
    return propose_version(u, actor, plan, at=at, ports=ports)


def leave(u: UnitOfWork, actor: Actor, command: LeavePermit, *, at: datetime) -> FileView:
    """Withdraw from a live permit; the deadline for another sponsor begins.

    Raises:
        InvalidInput: ``text.empty``.
        Conflict: ``petition.open_already``, ``lifecycle.not_from_here``.
        NotAllowed: ``sponsor.not_named``, ``seat.*``.
    """
    require_act_of_law(actor, Right.SPONSOR, at)
    done = earlier(u, actor, "leave_permit", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    permit, file = _holders(u, actor, command.permit, at=at)
    find(file.state, Act.SPONSOR_LEAVES)
    kind = PetitionKind.SPONSOR_LEAVING
    petition = file_petition(u, actor, file, kind, FileSeat.SPONSOR, reasons, at=at)
    data = {"permit": permit.number, "petition": petition.id, "reasons": reasons}
    move(u, file, Act.SPONSOR_LEAVES, actor=actor.account, at=at, data=data)
    remember(u, actor, "leave_permit", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def stay(
    u: UnitOfWork, actor: Actor, command: StayInPermit, *, at: datetime, ports: Ports
) -> FileView:
    """Take a withdrawal back. An automatic suspension that nobody has confirmed ends with it.

    Raises:
        NotFound: ``petition.not_found``.
        NotAllowed: ``sponsor.not_named``, ``seat.*``.
    """
    require_act_of_law(actor, Right.SPONSOR, at)
    done = earlier(u, actor, "stay_in_permit", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    permit, file = _holders(u, actor, command.permit, at=at)
    find(file.state, Act.SPONSOR_STAYS)
    petition = open_petition(u, file.id, PetitionKind.SPONSOR_LEAVING)
    waits = u.automatic.interim_of(file.id)
    lifted = (
        waits is not None
        and waits.act is Act.SPONSOR_GONE
        and file.state is FileState.SUSPENDED
        and permit.trial_state is TrialState.ACTIVE
    )
    kind, state = PetitionKind.SPONSOR_LEAVING, PetitionState.TAKEN_BACK
    close_petition(u, file.id, kind, state, by=actor.account, at=at)
    saved = move(
        u,
        file,
        Act.SPONSOR_STAYS,
        actor=actor.account,
        at=at,
        data={"permit": permit.number, "petition": petition.id},
        to=FileState.ACTIVE if lifted else None,
    )
    push_after_commit(u, touch(u, permit), saved, ports)
    remember(u, actor, "stay_in_permit", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def _holders(
    u: UnitOfWork, actor: Actor, number: PermitNumber, *, at: datetime
) -> tuple[Permit, PermitFile]:
    """A permit that the actor's organisation holds, and its file, both held for writing."""
    permit, file = readable_permit(u, actor, number, lock=True)
    if actor.org is None or permit.sponsor != actor.org:
        raise NotAllowed("sponsor.not_named", file=file.id)
    file = u.files.get(file.id, lock=True)
    take_seat(u, file, actor, FileSeat.SPONSOR, at=at)
    return permit, file
