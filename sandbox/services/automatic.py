"""What the clock does at a deadline, and how a duty officer confirms or lifts it.

Rules:

1. Each deadline is looked at in a transaction of its own: killed between two, nothing is done
   twice, and one that cannot be done stops none of the others.
2. A reminder and an overdue deadline are entries of the file; they restrict nothing.
3. What restricts (the suspension after a sponsor's withdrawal, the lapse of a returned
   application) is interim until a duty officer confirms or lifts it. Nobody has signed it, so the
   chain knows nothing of it: the gateway holds it.
4. Confirming a suspension is the officer's own lone act (``interventions``): in force on chain with
   one signature, permanent with a second person's. Lifting it brings back what two had signed,
   and the deadline begins again.
5. While the reason stands (no sponsor stays, no second signature came) the clock suspends again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from sandbox.domain.life import AutomaticAct, AutomaticState, Deadline, DeadlineState
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import PermitFile
from sandbox.domain.regime import RETRY, RULES, Consequence, DeadlineKind
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.terms import TrialState
from sandbox.kit.errors import Conflict, SynakError
from sandbox.kit.ids import FileId
from sandbox.services.acts import earlier, move, remember
from sandbox.services.duty import require_on_duty
from sandbox.services.files import file_view
from sandbox.services.interventions import Suspend, suspend_after_automatic
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.publication import Desk
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

_log = structlog.get_logger()
SYSTEM: Final = "system"


@dataclass(frozen=True)
class DecideAutomatic:
    """Confirm or lift the automatic act that waits in a file, as the duty officer."""

    file: FileId
    reasons: str
    key: str | None = None


def run_deadlines(desk: Desk) -> int:
    """Draw the consequences of what is due.

    Returns:
        How many deadlines were looked at.
    """
    with desk.store.unit(read_only=True) as u:
        due = [each.id for each in u.deadlines.to_look_at(desk.clock.now())]
    done = 0
    for deadline in due:
        try:
            with desk.store.unit() as u:
                look_at(u, deadline, at=desk.clock.now())
                desk.at_step("deadline.before_commit")
                u.commit()
            done += 1
        except SynakError as error:
            _log.warning("deadline.failed", deadline=deadline, code=error.code)
    return done


def look_at(u: UnitOfWork, deadline_id: str, *, at: datetime) -> None:
    """One deadline: its reminder, or its consequence; nothing when somebody was faster."""
    file_id = u.deadlines.get(deadline_id).file
    file = u.files.get(file_id, lock=True)
    deadline = u.deadlines.get(deadline_id, lock=True)
    looked_at = deadline.next_at is None or deadline.next_at > at
    if looked_at or deadline.state is not DeadlineState.OPEN:
        return
    if at <= deadline.due:
        _note(u, "file.reminded", deadline, at=at)
        u.deadlines.save(replace(deadline, next_at=deadline.due))
        return
    _CONSEQUENCES[RULES[deadline.kind].consequence](u, deadline, file, at)


def _remind(u: UnitOfWork, deadline: Deadline, _file: PermitFile, at: datetime) -> None:
    _note(u, _OVERDUE.get(deadline.kind, "file.overdue"), deadline, at=at)
    u.deadlines.save(replace(deadline, next_at=None))


def _close(u: UnitOfWork, deadline: Deadline, _file: PermitFile, at: datetime) -> None:
    _note(u, "file.period_over", deadline, at=at)
    _passed(u, deadline, at)


def _lapse(u: UnitOfWork, deadline: Deadline, file: PermitFile, at: datetime) -> None:
    """A returned application that did not come back: lapsed, in the interim."""
    _passed(u, deadline, at)
    if file.state is FileState.DRAFT and file.submitted_at is not None:
        data = {"passed": deadline.kind.value, "due": deadline.due.isoformat()}
        move(u, file, Act.RETURN_LAPSES, actor=SYSTEM, at=at, data=data)
        _enter(u, file, Act.RETURN_LAPSES, deadline, at)


def _suspend(u: UnitOfWork, deadline: Deadline, file: PermitFile, at: datetime) -> None:
    """No sponsor: suspended, in the interim; looked at again while the reason stands."""
    u.deadlines.save(replace(deadline, next_at=at + RETRY))
    if file.state is not FileState.ACTIVE or file.permit is None:
        return
    data = {"passed": deadline.kind.value, "due": deadline.due.isoformat()}
    move(u, file, Act.SPONSOR_GONE, actor=SYSTEM, at=at, data=data)
    touch(u, u.permits.get(file.permit, lock=True))
    if u.automatic.interim_of(file.id) is None:
        _enter(u, file, Act.SPONSOR_GONE, deadline, at)


def while_the_reason_stands(u: UnitOfWork, file: PermitFile, *, at: datetime) -> None:
    """Suspend again, in the same transaction, what would be active without a sponsor."""
    for each in u.deadlines.running(file.id, _SUSPENDING):
        if each.state is DeadlineState.OPEN and at > each.due:
            _suspend(u, each, file, at)


_SUSPENDING: Final = tuple(
    kind for kind, rule in RULES.items() if rule.consequence is Consequence.SUSPEND
)
_OVERDUE: Final = {
    DeadlineKind.PERIODIC_REPORT: "report.overdue",
    DeadlineKind.REPORT_CORRECTION: "report.overdue",
    DeadlineKind.INCIDENT_NOTICE: "incident.overdue",
    DeadlineKind.INCIDENT_FINAL: "incident.overdue",
    DeadlineKind.INCIDENT_CONFIRMATION: "incident.overdue",
}
"""What the log calls it where it is no deadline of the file itself."""
_CONSEQUENCES: Final = {
    Consequence.REMIND: _remind,
    Consequence.CLOSE: _close,
    Consequence.LAPSE: _lapse,
    Consequence.SUSPEND: _suspend,
}


def confirm_automatic(
    u: UnitOfWork, actor: Actor, command: DecideAutomatic, *, at: datetime, ports: Ports
) -> FileView:
    """Confirm the automatic act by name.

    Raises:
        NotAllowed: ``duty.not_on_duty``, ``seat.*``, ``intervention.lone_act_spent``.
        Conflict: ``automatic.none_waits``.
        InvalidInput: ``text.empty``.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    done = earlier(u, actor, "confirm_automatic", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file, waits = _waiting(u, actor, command.file, at=at)
    _decide(u, waits, AutomaticState.CONFIRMED, actor, reasons, at)
    if file.state is FileState.LAPSED:
        data = {"automatic": waits.id, "reasons": reasons}
        move(u, file, Act.CONFIRM_AUTOMATIC, actor=actor.account, at=at, data=data)
        remember(u, actor, "confirm_automatic", command.key, file.id, at=at)
        return file_view(u, actor, file.id, at=at)
    assert file.permit is not None
    act = Suspend(file.permit, reasons, command.key)
    return suspend_after_automatic(u, actor, act, at=at, ports=ports)


def lift_automatic(
    u: UnitOfWork, actor: Actor, command: DecideAutomatic, *, at: datetime, ports: Ports
) -> FileView:
    """Lift the automatic act by name: what was before, and the deadline begins again.

    Raises:
        NotAllowed: ``duty.not_on_duty``, ``seat.*``.
        Conflict: ``automatic.none_waits``.
        InvalidInput: ``text.empty``.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    done = earlier(u, actor, "lift_automatic", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file, waits = _waiting(u, actor, command.file, at=at)
    _decide(u, waits, AutomaticState.LIFTED, actor, reasons, at)
    permit = u.permits.get(file.permit, lock=True) if file.permit else None
    back = permit is not None and permit.trial_state is TrialState.ACTIVE
    saved = move(
        u,
        file,
        Act.LIFT_AUTOMATIC,
        actor=actor.account,
        at=at,
        data={"automatic": waits.id, "reasons": reasons},
        to=FileState.ACTIVE if back else None,
    )
    if permit is not None:
        push_after_commit(u, touch(u, permit), saved, ports)
    remember(u, actor, "lift_automatic", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def _waiting(
    u: UnitOfWork, actor: Actor, file_id: FileId, *, at: datetime
) -> tuple[PermitFile, AutomaticAct]:
    """The file and the automatic act that the duty officer may decide."""
    file = regulators_file(u, actor, file_id, at=at)
    require_on_duty(u, actor, at)
    waits = u.automatic.interim_of(file.id)
    if waits is None:
        raise Conflict("automatic.none_waits", file=file.id)
    find(file.state, Act.CONFIRM_AUTOMATIC)
    return file, waits


def _decide(
    u: UnitOfWork,
    waits: AutomaticAct,
    state: AutomaticState,
    actor: Actor,
    reasons: str,
    at: datetime,
) -> None:
    u.automatic.save(
        replace(waits, state=state, officer=actor.account, decided_at=at, reasons=reasons)
    )


def _enter(u: UnitOfWork, file: PermitFile, act: Act, deadline: Deadline, at: datetime) -> None:
    u.automatic.add(
        AutomaticAct(
            id=uuid.uuid4().hex,
            file=file.id,
            act=act,
            deadline=deadline.id,
            at=at,
            state=AutomaticState.INTERIM,
        )
    )


def _passed(u: UnitOfWork, deadline: Deadline, at: datetime) -> None:
    u.deadlines.save(replace(deadline, state=DeadlineState.PASSED, next_at=None, closed_at=at))


def _note(u: UnitOfWork, kind: str, deadline: Deadline, *, at: datetime) -> None:
    u.audit.append(
        kind=kind,
        actor=SYSTEM,
        subject=deadline.file,
        data={
            "deadline": deadline.kind.value,
            "owner": deadline.owner.value,
            "due": deadline.due.isoformat(),
        },
        at=at,
    )
