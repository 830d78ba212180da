"""A version that the Supervisor refuses for good: the desk again says what the chain says.

It can happen when a regulator's key is not (or no longer) registered on chain, or when a lone act
is spent there. Nothing is silently dropped: the decision is withdrawn, the audit log says why, the
row is set aside and shown in the worker's health.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sandbox.domain.lifecycle import Act, FileState, possible
from sandbox.domain.records import Decision, OutboxRow, Permit, PermitFile
from sandbox.domain.terms import TrialState
from sandbox.domain.words import DecisionStatus
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import PermitNumber
from sandbox.services.acts import move
from sandbox.services.drafting import overtake
from sandbox.services.holders import surrendered_again
from sandbox.services.policies import touch
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

_STATES = {
    TrialState.ACTIVE: FileState.ACTIVE,
    TrialState.WIND_DOWN: FileState.SUSPENDED,
    TrialState.HALTED: FileState.HALTED,
}


def abandon(desk: Desk, row: OutboxRow, error: SynakError) -> None:
    """Set a refused version aside.

    Args:
        desk: store and clock.
        row: the outbox row of the version.
        error: ``publish.refused`` with ``last``, the version that the chain holds.
    """
    at = desk.clock.now()
    with desk.store.unit() as u:
        decision = u.decisions.get(row.payload["decision"])
        permit = u.permits.get(PermitNumber(row.subject), lock=True)
        file = u.files.get(permit.file, lock=True)
        last = int(str(error.params.get("last", permit.published_version)))
        _withdraw(u, decision, last, at)
        data = {"version": decision.version, "reason": str(error.params.get("reason"))[:300]}
        if last == 0:
            u.permits.delete(permit.number)
            _move(u, file, FileState.UNDER_REVIEW, data, at=at, permit=None)
        else:
            held = _as_on_chain(u, permit, last, at)
            touch(u, held)
            _move(u, file, _STATES[held.trial_state], data, at=at, permit=permit.number)
        u.outbox.give_up(row.id, str(error), at)
        u.commit()


def _withdraw(u: UnitOfWork, refused: Decision, last: int, at: datetime) -> None:
    """The refused decision, and every proposal above what the chain holds, is void."""
    u.decisions.save(replace(refused, status=DecisionStatus.WITHDRAWN, interim_until=None))
    for other in u.decisions.proposed(refused.file):
        if other.version > last:
            overtake(u, other, actor="system", at=at)


def _as_on_chain(u: UnitOfWork, permit: Permit, last: int, at: datetime) -> Permit:
    """The permit as the version says that the chain holds."""
    known = [
        each
        for each in u.decisions.of_file(permit.file)
        if each.status in {DecisionStatus.IN_FORCE, DecisionStatus.LAPSED}
        and 0 < each.version <= last
    ]
    base = max((each for each in known if each.countersigner), key=lambda each: each.version)
    newest = max(known, key=lambda each: each.version)
    interim = newest.interim_until is not None and newest.interim_until > at
    current = newest if interim else base
    assert base.terms is not None
    assert base.trial_state is not None
    return replace(
        permit,
        terms=current.terms or base.terms,
        trial_state=current.trial_state or base.trial_state,
        version=current.version,
        base_terms=base.terms,
        base_state=base.trial_state,
        base_version=base.version,
        issued_version=last,
        interim_until=current.interim_until if interim else None,
    )


def _move(
    u: UnitOfWork,
    file: PermitFile,
    to: FileState,
    data: dict[str, object],
    *,
    at: datetime,
    permit: PermitNumber | None,
) -> None:
    if Act.PUBLISH_REFUSED not in possible(file.state):
        u.audit.append(
            kind="file.publish_refused", actor="system", subject=file.id, data=data, at=at
        )
        return
    saved = move(
        u, file, Act.PUBLISH_REFUSED, actor="system", at=at, data=data, to=to, permit=permit
    )
    surrendered_again(u, saved, at=at)
