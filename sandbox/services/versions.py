"""A proposal for a permit that exists: one regulator drafts the next version and signs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.drafting import draft, said
from sandbox.services.files import file_view
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.services.signing import sign_decision
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

Change = Callable[[Permit, PermitFile], tuple[Terms, TrialState]]
"""From the permit as it is to the terms and the state that are proposed; may refuse."""


@dataclass(frozen=True)
class Plan:
    """What is proposed.

    Attributes:
        name: of the act, for its key and its audit entry.
        act: what the countersignature will do.
        kind: of the decision.
        permit: which one.
        reasons: in the author's words; must say something.
        key: does it once.
        change: what changes.
        holder: who would hold the permit, from the file; None: as now.
    """

    name: str
    act: Act
    kind: DecisionKind
    permit: PermitNumber
    reasons: str
    key: str | None
    change: Change
    holder: Callable[[PermitFile], OrgId] | None = None


def propose_version(
    u: UnitOfWork, actor: Actor, plan: Plan, *, at: datetime, ports: Ports
) -> FileView:
    """Draft the next version, sign it as its author, keep it; nothing is in force yet.

    Raises:
        InvalidInput: ``text.empty``, and what the change refuses.
        Conflict: ``lifecycle.not_from_here``.
        NotAllowed: ``seat.*``.
        Unavailable: signer or gateway out of reach.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, plan.name, plan.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", plan.reasons)
    permit, file = readable_permit(u, actor, plan.permit, lock=True)
    file = u.files.get(file.id, lock=True)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    find(file.state, plan.act)
    terms, state = plan.change(permit, file)
    decision = draft(
        u,
        file,
        actor,
        kind=plan.kind,
        number=permit.number,
        version=permit.issued_version + 1,
        terms=terms,
        state=state,
        reasons=reasons,
        at=at,
        holder=plan.holder(file) if plan.holder else None,
    )
    signature = sign_decision(decision, actor, chains=permit.chains, at=at, ports=ports)
    decision = u.decisions.add(replace(decision, signatures=(signature,)))
    u.audit.append(
        kind=f"permit.{plan.name}",
        actor=actor.account,
        subject=permit.number,
        data=said(decision),
        at=at,
    )
    remember(u, actor, plan.name, plan.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)
