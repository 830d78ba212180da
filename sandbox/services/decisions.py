"""Decisions by two: one regulator proposes and signs, a second person countersigns.

Rules:

1. A proposal signs one version; when another version is issued first, the proposal is void.
2. The author may not countersign; nobody with another seat in the file may do either.
3. Countersigning, the audit entry and the outbox row are one transaction. The permit is
   ``activating`` until the Supervisor and the gateway hold the version.
4. Until the chain holds what loosens, the gateway is told nothing of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sandbox.domain.approvals import require_open, require_second_person
from sandbox.domain.changes import changes
from sandbox.domain.document import document_hash, permit_document
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.limits_form import read_terms, write_terms
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.files import file_view, signature_view
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.signing import sign_decision
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

PUBLISH = "permit.publish"
"""The outbox kind that puts a version on chain."""


@dataclass(frozen=True)
class ProposeGrant:
    """Propose a permit with conditions, in the form of ``domain.limits_form``."""

    file: FileId
    conditions: Mapping[str, str] = field(default_factory=dict)
    reasons: str = ""
    key: str | None = None


@dataclass(frozen=True)
class ProposeRefusal:
    """Propose to refuse the application."""

    file: FileId
    reasons: str
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


@dataclass(frozen=True)
class Countersign:
    """Put a proposal in force with the second signature."""

    decision: str
    key: str | None = None


def propose_grant(
    u: UnitOfWork, actor: Actor, command: ProposeGrant, *, at: datetime, ports: Ports
) -> FileView:
    """Set conditions and sign them as the author.

    Raises:
        InvalidInput: ``conditions.invalid`` with every wrong field.
        Conflict: ``lifecycle.not_from_here``, also when another decision was proposed first.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        Unavailable: signer or gateway out of reach.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_grant", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.PROPOSE_GRANT)
    terms = read_conditions(command.conditions, at=at)
    number = _number_for(u, file, at)
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
    signed = replace(
        decision,
        signatures=(sign_decision(decision, actor, chains=terms.chains, at=at, ports=ports),),
    )
    u.decisions.add(signed)
    move(u, file, Act.PROPOSE_GRANT, actor=actor.account, at=at, data=_said(signed))
    remember(u, actor, "propose_grant", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_refusal(
    u: UnitOfWork, actor: Actor, command: ProposeRefusal, *, at: datetime
) -> FileView:
    """Propose to refuse an application, with reasons.

    Raises:
        InvalidInput: ``text.empty``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_refusal", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.PROPOSE_REFUSAL)
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
        )
    )
    move(u, file, Act.PROPOSE_REFUSAL, actor=actor.account, at=at, data=_said(decision))
    remember(u, actor, "propose_refusal", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_vary(
    u: UnitOfWork, actor: Actor, command: ProposeVary, *, at: datetime, ports: Ports
) -> FileView:
    """Propose other conditions; the present ones hold until the second signature.

    Raises:
        InvalidInput: ``conditions.invalid``, ``conditions.nothing_changes``,
            ``conditions.new_chain``.
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
    decision, file = _locked(u, actor, command.decision, at=at)
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


def countersign(
    u: UnitOfWork, actor: Actor, command: Countersign, *, at: datetime, ports: Ports
) -> FileView:
    """Put a proposal in force: second signature, audit entry and outbox row in one transaction.

    Raises:
        NotAllowed: ``approval.author_cannot_countersign``, ``seat.second_seat_in_file``.
        Conflict: ``approval.not_open``, ``approval.overtaken``, ``lifecycle.not_from_here``.
        Unavailable: signer or gateway out of reach; nothing changes.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "countersign", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    decision, file = _locked(u, actor, command.decision, at=at)
    permit = u.permits.find(file.permit, lock=True) if file.permit else None
    require_second_person(decision, actor)
    require_open(decision, issued_version=permit.issued_version if permit else 0)
    if decision.kind is DecisionKind.REFUSE:
        _close(u, decision, actor, at=at)
        move(u, file, Act.COUNTERSIGN_REFUSAL, actor=actor.account, at=at, data=_said(decision))
    elif decision.kind is DecisionKind.GRANT:
        _grant(u, file, decision, actor, at=at, ports=ports)
    else:
        if permit is None:
            raise NotFound("permit.not_found", id=file.id)
        _change(u, file, permit, decision, actor, at=at, ports=ports)
    remember(u, actor, "countersign", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def read_conditions(form: Mapping[str, str], *, at: datetime) -> Terms:
    """Conditions from a form.

    Raises:
        InvalidInput: ``conditions.invalid`` naming every wrong field.
    """
    terms, problems = read_terms(form, at=at)
    if terms is None:
        raise InvalidInput("conditions.invalid", missing=[each.as_dict() for each in problems])
    if terms.end <= at:
        raise InvalidInput("conditions.over_already", end=terms.end.isoformat())
    return terms


def varied(permit: Permit, form: Mapping[str, str], *, at: datetime) -> Terms:
    """The permit's conditions with some fields changed.

    Raises:
        InvalidInput: ``conditions.invalid``, ``conditions.nothing_changes``,
            ``conditions.new_chain``.
    """
    merged = write_terms(permit.terms)
    given = {name: text for name, text in form.items() if text.strip()}
    if "term_days" in given and "end" not in given:
        merged.pop("end")
    terms = read_conditions({**merged, **given}, at=at)
    if not changes(permit.terms, terms):
        raise InvalidInput("conditions.nothing_changes")
    if set(terms.chains) - set(permit.chains):
        raise InvalidInput("conditions.new_chain", chains=list(permit.chains))
    return terms


def draft(  # noqa: PLR0913
    u: UnitOfWork,
    file: PermitFile,
    actor: Actor,
    *,
    kind: DecisionKind,
    number: PermitNumber,
    version: int,
    terms: Terms,
    state: TrialState,
    reasons: str,
    at: datetime,
) -> Decision:
    """A decision with its document, not yet signed or kept."""
    names = u.organisations.names_of({file.org, file.sponsor})
    holder = file.sponsor or file.org
    document = permit_document(
        number=number,
        version=version,
        state=state,
        title=file.title,
        holder={"id": holder, "name": names.get(holder, holder)},
        operator={"id": file.org, "name": names.get(file.org, file.org)},
        terms=terms,
    )
    return Decision(
        id=uuid.uuid4().hex,
        file=file.id,
        kind=kind,
        status=DecisionStatus.PROPOSED,
        version=version,
        terms=terms,
        trial_state=state,
        document=document,
        reasons=reasons,
        author=actor.account,
        author_person=actor.person,
        authored_at=at,
    )


def issue(u: UnitOfWork, file: PermitFile, decision: Decision, *, at: datetime) -> None:
    """Hand a signed version to the worker and void every proposal it overtakes."""
    for other in u.decisions.proposed(file.id):
        if other.id != decision.id and 0 < other.version <= decision.version:
            u.decisions.save(replace(other, status=DecisionStatus.OVERTAKEN))
    assert decision.document is not None
    number = str(decision.document["number"])
    u.outbox.put(kind=PUBLISH, subject=number, payload={"decision": decision.id}, at=at)


def said(decision: Decision) -> dict[str, Any]:
    """What the audit log says of a decision."""
    return _said(decision)


def _propose(
    u: UnitOfWork,
    actor: Actor,
    command: ProposeVary | ProposeReinstate | ProposeRevoke,
    act: tuple[str, Act, DecisionKind],
    *,
    at: datetime,
    ports: Ports,
) -> FileView:
    name, transition, kind = act
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, name, command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    permit, file = readable_permit(u, actor, command.permit, lock=True)
    file = u.files.get(file.id, lock=True)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    find(file.state, transition)
    terms, state = permit.terms, permit.trial_state
    if isinstance(command, ProposeVary):
        terms = varied(permit, command.conditions, at=at)
    elif isinstance(command, ProposeReinstate):
        terms, state = permit.base_terms, TrialState.ACTIVE
    else:
        state = TrialState.WIND_DOWN
    decision = draft(
        u,
        file,
        actor,
        kind=kind,
        number=permit.number,
        version=permit.issued_version + 1,
        terms=terms,
        state=state,
        reasons=reasons,
        at=at,
    )
    signature = sign_decision(decision, actor, chains=permit.chains, at=at, ports=ports)
    decision = u.decisions.add(replace(decision, signatures=(signature,)))
    u.audit.append(
        kind=f"permit.{name}",
        actor=actor.account,
        subject=permit.number,
        data=_said(decision),
        at=at,
    )
    remember(u, actor, name, command.key, file.id, at=at)
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
        data={"permit": number, **_said(closed)},
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


_ACTS = {
    DecisionKind.VARY: Act.VARY,
    DecisionKind.REINSTATE: Act.REINSTATE,
    DecisionKind.REVOKE: Act.REVOKE,
    DecisionKind.CONFIRM: Act.CONFIRM,
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
    saved = move(u, file, _ACTS[decision.kind], actor=actor.account, at=at, data=_said(closed))
    changed = u.permits.save(
        replace(
            permit,
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
    if decision.kind is DecisionKind.REVOKE:
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


def _locked(
    u: UnitOfWork, actor: Actor, decision_id: str, *, at: datetime
) -> tuple[Decision, PermitFile]:
    known = u.decisions.get(decision_id[:40])
    file = regulators_file(u, actor, known.file, at=at)
    return u.decisions.get(decision_id[:40], lock=True), file


def _number_for(u: UnitOfWork, file: PermitFile, at: datetime) -> PermitNumber:
    """The number of an earlier proposal of this file, or the next one."""
    for earlier_one in u.decisions.of_file(file.id):
        if earlier_one.document is not None:
            return PermitNumber(str(earlier_one.document["number"]))
    return PermitNumber(f"SB-{at.year}-{u.counters.next(f'permit:{at.year}'):04d}")


def _said(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.id,
        "kind": decision.kind.value,
        "version": decision.version,
        "reasons": decision.reasons,
        "author": decision.author,
        "countersigner": decision.countersigner,
        "document": document_hash(decision.document) if decision.document else None,
        "terms": decision.terms.as_dict() if decision.terms else None,
        "state": decision.trial_state.value if decision.trial_state else None,
        "signatures": [signature_view(each) for each in decision.signatures],
    }
