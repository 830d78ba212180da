"""What happens by itself: interim acts lapse, terms end.

The Supervisor applies the same times by itself, so nothing here has to reach the chain; the desk
and the gateway follow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.life import PetitionState
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.records import Permit
from sandbox.domain.terms import TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.services.acts import move
from sandbox.services.automatic import while_the_reason_stands
from sandbox.services.drafting import overtake
from sandbox.services.petitions import OF_A_LIVE_PERMIT, close_petition
from sandbox.services.policies import touch
from sandbox.store import UnitOfWork

LIVE: Final = (FileState.ACTIVE, FileState.SUSPENDED, FileState.HALTED)
HALT_PERIOD: Final = timedelta(days=30)
"""How long a halt by two holds: ``Supervisor.HALT_PERIOD``."""
_BASE_STATES: Final = {
    TrialState.ACTIVE: FileState.ACTIVE,
    TrialState.WIND_DOWN: FileState.SUSPENDED,
    TrialState.HALTED: FileState.HALTED,
}


def apply_deadlines(u: UnitOfWork, *, at: datetime) -> int:
    """Let lapse and expire what is due.

    Args:
        u: a writing unit of work; the caller commits.
        at: now.

    Returns:
        How many permits changed.
    """
    changed = 0
    for permit in u.permits.interim_lapsed(at):
        _lapse(u, u.permits.get(permit.number, lock=True), at=at)
        changed += 1
    for file in u.files.in_states((FileState.HALTED,)):
        changed += _end_halt(u, u.permits.get(file.permit, lock=True), at=at)
    for file in u.files.in_states(LIVE):
        permit = u.permits.get(file.permit)
        if permit.terms.end <= at:
            held = u.files.get(file.id, lock=True)
            move(u, held, Act.EXPIRE, actor="system", at=at, data={"permit": permit.number})
            for kind in OF_A_LIVE_PERMIT:
                close_petition(u, file.id, kind, PetitionState.DECLINED, by=None, at=at)
            touch(u, u.permits.get(permit.number, lock=True))
            changed += 1
    return changed


def _end_halt(u: UnitOfWork, permit: Permit, *, at: datetime) -> int:
    """A halt that two signed ends in wind-down, as the Supervisor ends it."""
    decision = u.decisions.of_version(permit.file, permit.base_version)
    signed = decision.countersigned_at if decision else None
    if permit.interim_until is not None or signed is None or at < signed + HALT_PERIOD:
        return 0
    wind_down = TrialState.WIND_DOWN
    touch(u, replace(permit, trial_state=wind_down, base_state=wind_down))
    file = u.files.get(permit.file, lock=True)
    move(u, file, Act.HALT_ENDS, actor="system", at=at, data={"permit": permit.number})
    return 1


def _lapse(u: UnitOfWork, permit: Permit, *, at: datetime) -> None:
    """An interim act is over: the base conditions are in force again."""
    if permit.interim_until is None or permit.interim_until > at:
        return
    saved = touch(
        u,
        replace(
            permit,
            terms=permit.base_terms,
            trial_state=permit.base_state,
            version=permit.base_version,
            interim_until=None,
        ),
    )
    for each in u.decisions.of_file(permit.file):
        if each.status is DecisionStatus.IN_FORCE and each.interim_until is not None:
            u.decisions.save(replace(each, status=DecisionStatus.LAPSED))
        elif each.status is DecisionStatus.PROPOSED and each.kind is DecisionKind.CONFIRM:
            overtake(u, each, actor="system", at=at)
    lapse_file(u, saved, at=at)


def lapse_file(u: UnitOfWork, permit: Permit, *, at: datetime) -> None:
    """Give a file the state that the permit's base state means."""
    file = u.files.get(permit.file, lock=True)
    if file.state not in LIVE:
        return
    saved = move(
        u,
        file,
        Act.LAPSE,
        actor="system",
        at=at,
        data={"permit": permit.number, "version": permit.version},
        to=_BASE_STATES[permit.base_state],
    )
    while_the_reason_stands(u, saved, at=at)
