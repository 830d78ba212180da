"""Decisions that publish no version: a graduation, an appeal upheld or overturned.

Rules:

1. Like every decision they need two regulators, and the author never countersigns.
2. Who signed the decision that is appealed, or before it voted on the file in the Committee or
   signed those minutes, takes no part in the appeal, as a person, whatever their account and
   whether or not the decision refers to minutes; that is looked at when it is proposed and again
   when it is countersigned.
3. A graduation is a document that both sign (EIP-712), about the tested scope only; a permit that
   was revoked does not graduate.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.committee import SittingState
from sandbox.domain.delegations import counts_as
from sandbox.domain.document import document_typed_data
from sandbox.domain.graduation import graduation_document
from sandbox.domain.life import PetitionKind, require_no_part
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import Decision, Permit, PermitFile, Signature
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId, PersonId
from sandbox.services.acts import earlier, remember
from sandbox.services.drafting import said
from sandbox.services.exit_reports import accepted_report
from sandbox.services.files import file_view
from sandbox.services.petitions import open_petition
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.signing import national_of
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

ACTS: Final = {
    DecisionKind.GRADUATE: Act.GRADUATE,
    DecisionKind.UPHOLD: Act.UPHOLD,
    DecisionKind.OVERTURN: Act.OVERTURN,
}
"""What each of these decisions does to the file when it is countersigned."""


@dataclass(frozen=True)
class ProposeGraduation:
    """Propose that a completed trial graduates; ``scope``: what was tested, in words."""

    file: FileId
    scope: str
    key: str | None = None


@dataclass(frozen=True)
class ProposeAppealDecision:
    """Propose how an appeal ends: the decision stands (``uphold``) or falls (``overturn``)."""

    file: FileId
    outcome: str
    reasons: str
    key: str | None = None


def propose_graduation(
    u: UnitOfWork, actor: Actor, command: ProposeGraduation, *, at: datetime, ports: Ports
) -> FileView:
    """Draft the statement of the tested scope and sign it as its author.

    Raises:
        Conflict: ``lifecycle.not_from_here``, ``graduation.revoked``,
            ``outcome.proposed_already``, ``exit_report.not_accepted``.
        InvalidInput: ``text.empty``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_graduation", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    scope = needed_text("scope", command.scope)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.GRADUATE)
    permit = _permit(u, file)
    if _revoked(u, file):
        raise Conflict("graduation.revoked", permit=permit.number)
    names = u.organisations.names_of({permit.org, permit.sponsor})
    holder = permit.sponsor or permit.org
    document = graduation_document(
        number=permit.number,
        version=permit.version,
        title=permit.title,
        holder={"id": holder, "name": names.get(holder, holder)},
        operator={"id": permit.org, "name": names.get(permit.org, permit.org)},
        terms=permit.terms,
        scope=scope,
        report=accepted_report(u, file).digest,
        at=at,
    )
    decision = _draft(file, actor, DecisionKind.GRADUATE, scope, at=at)
    decision = replace(decision, document=document)
    signature = _signature(decision, permit, actor, at=at, ports=ports)
    _keep(u, actor, replace(decision, signatures=(signature,)), "propose_graduation", at=at)
    remember(u, actor, "propose_graduation", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_appeal_decision(
    u: UnitOfWork, actor: Actor, command: ProposeAppealDecision, *, at: datetime
) -> FileView:
    """Propose to uphold or to overturn the decision appealed.

    Raises:
        NotAllowed: ``appeal.took_part`` for whoever signed it.
        InvalidInput: ``appeal.unknown_outcome``, ``text.empty``.
        Conflict: ``lifecycle.not_from_here``, ``outcome.proposed_already``.
        NotFound: ``petition.not_found``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "propose_appeal_decision", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    kinds = {"uphold": DecisionKind.UPHOLD, "overturn": DecisionKind.OVERTURN}
    if command.outcome not in kinds:
        raise InvalidInput("appeal.unknown_outcome", outcome=command.outcome[:20])
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    kind = kinds[command.outcome]
    find(file.state, ACTS[kind])
    require_independent(u, file, actor, at=at)
    decision = _draft(file, actor, kind, reasons, at=at)
    _keep(u, actor, decision, "propose_appeal_decision", at=at)
    remember(u, actor, "propose_appeal_decision", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def require_independent(u: UnitOfWork, file: PermitFile, actor: Actor, *, at: datetime) -> None:
    """Refuse whoever signed the decision that is appealed, or voted on the file before it.

    Whoever stood for somebody then, or stands for somebody now, counts as both.

    Raises:
        NotAllowed: ``appeal.took_part``.
        NotFound: ``petition.not_found``.
    """
    appealed = open_petition(u, file.id, PetitionKind.APPEAL).decision
    decision = u.decisions.get(appealed)
    known = u.delegations.of(file.authority)
    others: set[PersonId | None] = set(_voters(u, decision))
    others |= counts_as(known, decision.author_person, file.id, decision.authored_at)
    if decision.countersigner is not None:
        second, when = u.accounts.get(decision.countersigner).person, decision.countersigned_at
        others |= counts_as(known, second, file.id, when or decision.authored_at)
    for person in counts_as(known, actor.person, file.id, at):
        require_no_part(decision, person, others)


def _voters(u: UnitOfWork, decision: Decision) -> set[PersonId]:
    """Who voted on the file at closed sittings before a decision, and who signed their minutes."""
    found: set[PersonId] = set()
    for item in u.agenda.of_file(decision.file):
        if item.decided_at is None or item.decided_at > decision.authored_at:
            continue
        sitting = u.sittings.get(item.sitting)
        if sitting.state is SittingState.CLOSED and item.ballots:
            found |= {PersonId(str(each["person"])) for each in sitting.signatures}
            found |= {vote.person for ballot in item.ballots for vote in ballot.votes}
    return found


def second_signatures(
    u: UnitOfWork, file: PermitFile, decision: Decision, actor: Actor, *, at: datetime, ports: Ports
) -> tuple[Signature, ...]:
    """What the second regulator signs, after the checks that hold for the second as well.

    Raises:
        NotAllowed: ``appeal.took_part``.
        Conflict: ``lifecycle.not_from_here``.
        Unavailable: signer or gateway out of reach.
    """
    find(file.state, ACTS[decision.kind])
    if decision.kind is not DecisionKind.GRADUATE:
        require_independent(u, file, actor, at=at)
        return decision.signatures
    signature = _signature(decision, _permit(u, file), actor, at=at, ports=ports)
    return (*decision.signatures, signature)


def _draft(
    file: PermitFile, actor: Actor, kind: DecisionKind, reasons: str, *, at: datetime
) -> Decision:
    return Decision(
        id=uuid.uuid4().hex,
        file=file.id,
        kind=kind,
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


def _keep(u: UnitOfWork, actor: Actor, decision: Decision, name: str, *, at: datetime) -> None:
    """Keep a proposal; one of these is open in a file at a time."""
    if any(each.kind in ACTS for each in u.decisions.proposed(decision.file)):
        raise Conflict("outcome.proposed_already", file=decision.file)
    u.decisions.add(decision)
    u.audit.append(
        kind=f"file.{name}", actor=actor.account, subject=decision.file, data=said(decision), at=at
    )


def _signature(
    decision: Decision, permit: Permit, actor: Actor, *, at: datetime, ports: Ports
) -> Signature:
    assert decision.document is not None
    first = national_of(ports, permit.chains[:1])[permit.chains[0]]
    typed = document_typed_data(
        decision.document, chain_id=first.chain_id, supervisor=first.supervisor
    )
    key = f"regulator/{actor.account}"
    return Signature(
        account=actor.account,
        address=ports.signer.address(key),
        terms={},
        document=ports.signer.sign_typed(key, typed),
        at=at,
    )


def _permit(u: UnitOfWork, file: PermitFile) -> Permit:
    permit = u.permits.find(file.permit) if file.permit else None
    if permit is None:
        raise NotFound("permit.not_found", id=file.id)
    return permit


def _revoked(u: UnitOfWork, file: PermitFile) -> bool:
    """Whether the last word on the permit was its revocation."""
    words = [
        each.kind
        for each in u.decisions.of_file(file.id)
        if each.status is DecisionStatus.IN_FORCE
        and each.kind in {DecisionKind.REVOKE, DecisionKind.REINSTATE, DecisionKind.OVERTURN}
    ]
    return file.state is not FileState.ACTIVE and words[-1:] == [DecisionKind.REVOKE]
