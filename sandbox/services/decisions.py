"""Proposals: one regulator proposes a decision and signs it as its author.

Rules:

1. A proposal signs one version; when another version is issued first, the proposal is void.
2. It changes nothing: only ``countersigning`` puts it in force.
3. A proposal may be taken back or returned; the file is under review again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.domain.committee import Motion
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.services.acts import earlier, move, remember
from sandbox.services.committee_minutes import require_minutes
from sandbox.services.drafting import draft, locked, number_for, read_conditions, said, varied
from sandbox.services.files import file_view
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.signing import sign_decision
from sandbox.services.versions import Plan, propose_version
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class ProposeGrant:
    """Propose a permit with conditions, in the form of ``domain.limits_form``.

    ``minutes``: the number of the Committee's minutes that recommend it; empty for none.
    """

    file: FileId
    conditions: Mapping[str, str] = field(default_factory=dict)
    reasons: str = ""
    minutes: str = ""
    key: str | None = None


@dataclass(frozen=True)
class ProposeRefusal:
    """Propose to refuse the application; ``minutes`` as for a grant."""

    file: FileId
    reasons: str
    minutes: str = ""
    key: str | None = None


@dataclass(frozen=True)
class ProposeVary:
    """Propose other conditions for a permit; only the fields that change."""

    permit: PermitNumber
    conditions: Mapping[str, str]
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class ProposeReinstate:
    """Propose to let a suspended or halted trial go on."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class ProposeRevoke:
    """Propose to end a permit; customers can still redeem."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class WithdrawProposal:
    """Take a proposal back (its author) or return it (a second regulator)."""

    decision: str
    reasons: str
    key: str | None = None


def propose_grant(
    u: UnitOfWork, actor: Actor, command: ProposeGrant, *, at: datetime, ports: Ports
) -> FileView:
    """Set conditions and sign them as the author.

    Raises:
        InvalidInput: ``conditions.invalid`` with every wrong field.
        Conflict: ``lifecycle.not_from_here``, also when another decision was proposed first; what
            ``require_minutes`` finds.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        Unavailable: signer or gateway out of reach.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_grant", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.PROPOSE_GRANT)
    minutes = require_minutes(u, file, command.minutes, Motion.GRANT, at=at)
    terms = read_conditions(command.conditions, at=at)
    number = number_for(u, file, at)
    decision = draft(
        u,
        file,
        actor,
        kind=DecisionKind.GRANT,
        number=number,
        version=1,
        terms=terms,
        state=TrialState.ACTIVE,
        reasons=command.reasons.strip(),
        at=at,
    )
    decision = replace(decision, minutes=minutes)
    signed = replace(
        decision,
        signatures=(sign_decision(decision, actor, chains=terms.chains, at=at, ports=ports),),
    )
    u.decisions.add(signed)
    move(u, file, Act.PROPOSE_GRANT, actor=actor.account, at=at, data=said(signed))
    remember(u, actor, "propose_grant", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_refusal(
    u: UnitOfWork, actor: Actor, command: ProposeRefusal, *, at: datetime
) -> FileView:
    """Propose to refuse an application, with reasons.

    Raises:
        InvalidInput: ``text.empty``.
        Conflict: ``lifecycle.not_from_here``; what ``require_minutes`` finds.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_refusal", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.PROPOSE_REFUSAL)
    minutes = require_minutes(u, file, command.minutes, Motion.REFUSE, at=at)
    decision = u.decisions.add(
        Decision(
            id=uuid.uuid4().hex,
            file=file.id,
            kind=DecisionKind.REFUSE,
            status=DecisionStatus.PROPOSED,
            version=0,
            terms=None,
            trial_state=None,
            document=None,
            reasons=reasons,
            author=actor.account,
            author_person=actor.person,
            authored_at=at,
            minutes=minutes,
        )
    )
    move(u, file, Act.PROPOSE_REFUSAL, actor=actor.account, at=at, data=said(decision))
    remember(u, actor, "propose_refusal", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_vary(
    u: UnitOfWork, actor: Actor, command: ProposeVary, *, at: datetime, ports: Ports
) -> FileView:
    """Propose other conditions; the present ones hold until the second signature.

    Raises:
        InvalidInput: ``conditions.invalid``, ``conditions.nothing_changes``,
            ``conditions.new_chain``, ``extension.not_by_variation`` for a later end.
    """
    act = ("propose_vary", Act.VARY, DecisionKind.VARY)
    return _propose(u, actor, command, act, at=at, ports=ports)


def propose_reinstate(
    u: UnitOfWork, actor: Actor, command: ProposeReinstate, *, at: datetime, ports: Ports
) -> FileView:
    """Propose to reinstate a trial under its base conditions, before any interim act.

    Raises:
        Conflict: ``lifecycle.not_from_here``.
    """
    act = ("propose_reinstate", Act.REINSTATE, DecisionKind.REINSTATE)
    return _propose(u, actor, command, act, at=at, ports=ports)


def propose_revoke(
    u: UnitOfWork, actor: Actor, command: ProposeRevoke, *, at: datetime, ports: Ports
) -> FileView:
    """Propose to revoke: wind-down for good.

    Raises:
        Conflict: ``lifecycle.not_from_here``.
    """
    act = ("propose_revoke", Act.REVOKE, DecisionKind.REVOKE)
    return _propose(u, actor, command, act, at=at, ports=ports)


def withdraw_proposal(
    u: UnitOfWork, actor: Actor, command: WithdrawProposal, *, at: datetime
) -> FileView:
    """Take back or return an open proposal; a grant's file is under review again.

    Raises:
        Conflict: ``approval.not_open``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "withdraw_proposal", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    decision, file = locked(u, actor, command.decision, at=at)
    if decision.status is not DecisionStatus.PROPOSED:
        raise Conflict("approval.not_open", status=decision.status.value)
    u.decisions.save(replace(decision, status=DecisionStatus.WITHDRAWN))
    data = {"decision": decision.id, "reasons": reasons}
    if file.state is FileState.DECIDED:
        move(u, file, Act.WITHDRAW_PROPOSAL, actor=actor.account, at=at, data=data)
    else:
        u.audit.append(
            kind="file.withdraw_proposal", actor=actor.account, subject=file.id, data=data, at=at
        )
    remember(u, actor, "withdraw_proposal", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def _propose(
    u: UnitOfWork,
    actor: Actor,
    command: ProposeVary | ProposeReinstate | ProposeRevoke,
    act: tuple[str, Act, DecisionKind],
    *,
    at: datetime,
    ports: Ports,
) -> FileView:
    def change(permit: Permit, _file: PermitFile) -> tuple[Terms, TrialState]:
        if isinstance(command, ProposeVary):
            terms = varied(permit, command.conditions, at=at)
            if terms.end > permit.base_terms.end:
                raise InvalidInput("extension.not_by_variation", end=terms.end.isoformat())
            return terms, permit.trial_state
        if isinstance(command, ProposeReinstate):
            return permit.base_terms, TrialState.ACTIVE
        return permit.terms, TrialState.WIND_DOWN

    name, transition, kind = act
    plan = Plan(name, transition, kind, command.permit, command.reasons, command.key, change)
    return propose_version(u, actor, plan, at=at, ports=ports)
