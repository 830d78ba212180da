"""What every decision is made of: conditions, a drafted version, its issue to the worker.

Rules: ``decisions`` (who proposes) and ``countersigning`` (who puts in force).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.domain.changes import changes
from sandbox.domain.document import document_hash, permit_document
from sandbox.domain.limits_form import read_terms, write_terms
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.seats import Actor
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.services.files import signature_view
from sandbox.services.reviews import regulators_file
from sandbox.store import UnitOfWork

PUBLISH = "permit.publish"
"""The outbox kind that puts a version on chain."""


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
    holder: OrgId | None = None,
) -> Decision:
    """A decision with its document, not yet signed or kept; ``holder``: another than now."""
    holder = holder or file.sponsor or file.org
    names = u.organisations.names_of({file.org, holder})
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
            overtake(u, other, actor=decision.countersigner or decision.author, at=at)
    assert decision.document is not None
    number = str(decision.document["number"])
    u.outbox.put(kind=PUBLISH, subject=number, payload={"decision": decision.id}, at=at)


def overtake(u: UnitOfWork, proposal: Decision, *, actor: str, at: datetime) -> None:
    """Void a proposal that another version has overtaken, and say so in the log.

    Args:
        u: the unit of work.
        proposal: what can no longer be signed.
        actor: whose act overtook it, or ``system``.
        at: now.
    """
    u.decisions.save(replace(proposal, status=DecisionStatus.OVERTAKEN))
    u.audit.append(
        kind="file.proposal_overtaken",
        actor=actor,
        subject=proposal.file,
        data={
            "decision": proposal.id,
            "overtaken": proposal.kind.value,
            "version": proposal.version,
        },
        at=at,
    )


def said(decision: Decision) -> dict[str, Any]:
    """What the audit log says of a decision."""
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
        "minutes": decision.minutes,
        "signatures": [signature_view(each) for each in decision.signatures],
    }


def locked(
    u: UnitOfWork, actor: Actor, decision_id: str, *, at: datetime
) -> tuple[Decision, PermitFile]:
    """A decision and its file, locked, for a regulator who may see them."""
    known = u.decisions.get(decision_id[:40])
    try:
        file = regulators_file(u, actor, known.file, at=at)
    except NotFound as error:
        raise NotFound("decision.not_found", id=decision_id[:40]) from error
    return u.decisions.get(decision_id[:40], lock=True), file


def number_for(u: UnitOfWork, file: PermitFile, at: datetime) -> PermitNumber:
    """The number of an earlier proposal of this file, or the next one."""
    for earlier_one in u.decisions.of_file(file.id):
        if earlier_one.document is not None:
            return PermitNumber(str(earlier_one.document["number"]))
    return PermitNumber(f"SB-{at.year}-{u.counters.next(f'permit:{at.year}'):04d}")
