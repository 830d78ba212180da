"""The second signature: what one regulator proposed, a second person puts in force.

Rules:

1. The author may not countersign; nobody with another seat in the file may do either.
2. Countersigning, the audit entry and the outbox row are one transaction. The permit is
   ``activating`` until the Supervisor and the gateway hold the version.
3. Until the chain holds what loosens, the gateway is told nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.domain.approvals import require_open, require_second_person
from sandbox.domain.life import PetitionKind, PetitionState
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.terms import TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import PermitNumber
from sandbox.services.acts import earlier, move, remember
from sandbox.services.delegations import require_two
from sandbox.services.drafting import issue, locked, said
from sandbox.services.extensions import require_possible
from sandbox.services.files import file_view
from sandbox.services.holders import surrendered_again
from sandbox.services.outcomes import ACTS, second_signatures
from sandbox.services.petitions import close_petition, closed_by
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.signing import sign_decision
from sandbox.services.steps import require_clean, takes_step
from sandbox.services.succession import followed, require_accepted
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class Countersign:
    """Put a proposal in force with the second signature."""

    decision: str
    key: str | None = None


def countersign(
    u: UnitOfWork, actor: Actor, command: Countersign, *, at: datetime, ports: Ports
) -> FileView:
    """Put a proposal in force: second signature, audit entry and outbox row in one transaction.

    Raises:
        NotAllowed: ``approval.author_cannot_countersign``, ``seat.second_seat_in_file``,
            ``delegation.one_person``.
        Conflict: ``approval.not_open``, ``approval.overtaken``, ``lifecycle.not_from_here``.
        Unavailable: signer or gateway out of reach; nothing changes.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "countersign", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    decision, file = locked(u, actor, command.decision, at=at)
    permit = u.permits.find(file.permit, lock=True) if file.permit else None
    require_second_person(decision, actor)
    require_two(u, file, (decision.author_person, decision.authored_at), actor, at=at)
    require_open(decision, issued_version=permit.issued_version if permit else 0)
    if decision.kind is DecisionKind.REFUSE:
        _close(u, decision, actor, at=at)
        move(u, file, Act.COUNTERSIGN_REFUSAL, actor=actor.account, at=at, data=said(decision))
    elif decision.kind in ACTS:
        _conclude(u, file, decision, actor, at=at, ports=ports)
    elif decision.kind is DecisionKind.GRANT:
        _grant(u, file, decision, actor, at=at, ports=ports)
    else:
        if permit is None:
            raise NotFound("permit.not_found", id=file.id)
        _require_still_possible(u, file, permit, decision, at=at)
        _change(u, file, permit, decision, actor, at=at, ports=ports)
    closed_by(u, decision, actor.account, at=at)
    remember(u, actor, "countersign", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def _grant(
    u: UnitOfWork,
    file: PermitFile,
    decision: Decision,
    actor: Actor,
    *,
    at: datetime,
    ports: Ports,
) -> None:
    assert decision.terms is not None
    assert decision.document is not None
    number = PermitNumber(str(decision.document["number"]))
    chains = decision.terms.chains
    closed = _close(u, decision, actor, at=at, chains=chains, ports=ports)
    saved = move(
        u,
        file,
        Act.COUNTERSIGN_GRANT,
        actor=actor.account,
        at=at,
        data={"permit": number, **said(closed)},
        permit=number,
    )
    u.permits.add(
        Permit(
            number=number,
            file=file.id,
            org=file.org,
            sponsor=file.sponsor,
            title=file.title,
            terms=decision.terms,
            trial_state=TrialState.ACTIVE,
            base_terms=decision.terms,
            base_state=TrialState.ACTIVE,
            issued_version=1,
            version=1,
            base_version=1,
            granted_at=at,
            chains=chains,
        )
    )
    issue(u, saved, closed, at=at)


def _conclude(
    u: UnitOfWork,
    file: PermitFile,
    decision: Decision,
    actor: Actor,
    *,
    at: datetime,
    ports: Ports,
) -> None:
    """A graduation or the end of an appeal: no version, nothing on chain."""
    signatures = second_signatures(u, file, decision, actor, at=at, ports=ports)
    closed = _close(u, replace(decision, signatures=signatures), actor, at=at)
    saved = move(u, file, ACTS[decision.kind], actor=actor.account, at=at, data=said(closed))
    if decision.kind is DecisionKind.OVERTURN:
        surrendered_again(u, saved, at=at)


def _require_still_possible(
    u: UnitOfWork, file: PermitFile, permit: Permit, decision: Decision, *, at: datetime
) -> None:
    """What was possible when it was proposed must be so when it is signed."""
    if decision.kind is DecisionKind.EXTEND and decision.terms is not None:
        require_possible(u, permit, file, decision.terms.end, at=at)
    if decision.kind is DecisionKind.CHANGE_SPONSOR:
        require_accepted(u, file, decision)
    if takes_step(permit, decision):
        require_clean(u, permit, file, at=at)


_ACTS = {
    DecisionKind.VARY: Act.VARY,
    DecisionKind.REINSTATE: Act.REINSTATE,
    DecisionKind.REVOKE: Act.REVOKE,
    DecisionKind.CONFIRM: Act.CONFIRM,
    DecisionKind.EXTEND: Act.EXTEND,
    DecisionKind.WIND_DOWN: Act.WIND_DOWN,
    DecisionKind.CHANGE_SPONSOR: Act.CHANGE_SPONSOR,
}


def _change(  # noqa: PLR0913
    u: UnitOfWork,
    file: PermitFile,
    permit: Permit,
    decision: Decision,
    actor: Actor,
    *,
    at: datetime,
    ports: Ports,
) -> None:
    assert decision.terms is not None
    assert decision.trial_state is not None
    closed = _close(u, decision, actor, at=at, chains=permit.chains, ports=ports)
    to: FileState | None = None
    parties: dict[str, Any] = {}
    if takes_step(permit, decision):
        granted = PetitionState.GRANTED
        close_petition(u, file.id, PetitionKind.STEP, granted, by=actor.account, at=at)
    if decision.kind is DecisionKind.CHANGE_SPONSOR:
        to, parties = followed(u, file, permit, actor, at=at)
    saved = move(
        u,
        file,
        _ACTS[decision.kind],
        actor=actor.account,
        at=at,
        data=said(closed),
        to=to,
        **parties,
    )
    changed = u.permits.save(
        replace(
            permit,
            sponsor=saved.sponsor,
            terms=decision.terms,
            trial_state=decision.trial_state,
            base_terms=decision.terms,
            base_state=decision.trial_state,
            issued_version=decision.version,
            version=decision.version,
            base_version=decision.version,
            interim_until=None,
        )
    )
    issue(u, saved, closed, at=at)
    if decision.kind in {DecisionKind.REVOKE, DecisionKind.CHANGE_SPONSOR}:
        push_after_commit(u, touch(u, changed), saved, ports)


def _close(
    u: UnitOfWork,
    decision: Decision,
    actor: Actor,
    *,
    at: datetime,
    chains: tuple[Any, ...] = (),
    ports: Ports | None = None,
) -> Decision:
    signatures = decision.signatures
    if ports is not None:
        second = sign_decision(decision, actor, chains=chains, at=at, ports=ports)
        signatures = (*signatures, second)
    return u.decisions.save(
        replace(
            decision,
            status=DecisionStatus.IN_FORCE,
            signatures=signatures,
            countersigner=actor.account,
            countersigned_at=at,
        )
    )
