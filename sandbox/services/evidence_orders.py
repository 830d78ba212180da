"""Ordering evidence: who may, what the log says of it, who takes it away.

Rules:

1. Only a regulator or an auditor orders, and each only of what that person may see; another is
   told that there is no such permit, or that the right is missing.
2. Ordering and taking away are entries of the audit log, with recipient and legal basis.
3. A file is the same for everybody who takes it: its digest stands in the list and in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sandbox.domain.evidence_tasks import EvidenceTask, Order, TaskKind, TaskState
from sandbox.domain.seats import Actor, Right, Seat, require
from sandbox.domain.sight import sight_of
from sandbox.kit.errors import Conflict, NotFound
from sandbox.services.access import readable_permit, require_competent
from sandbox.services.acts import earlier, remember
from sandbox.store import UnitOfWork

MOST_OPEN: Final = 20
"""Orders that may wait at once."""
LISTED: Final = 200
SEATS: Final = (Seat.REGULATOR, Seat.AUDITOR)


@dataclass(frozen=True)
class Ordered:
    """How tasks of one kind are written down.

    Attributes:
        kind: the kind.
        prefix: of their names.
        counter: their numbers come from.
        entered: the kind of the audit entry.
        most: so many may wait at once.
        about: what stands before their subject in the audit log.
        seats: who orders them, the seat that is noted first.
    """

    kind: TaskKind
    prefix: str
    counter: str
    entered: str
    most: int
    about: str = ""
    seats: tuple[Seat, ...] = SEATS


EXPORT: Final = Ordered(TaskKind.EXPORT, "EV", "evidence", "evidence.ordered", MOST_OPEN)


@dataclass(frozen=True)
class OrderExport:
    """Order an evidence file of a permit."""

    permit: str
    order: Order


def order_export(
    u: UnitOfWork, actor: Actor, command: OrderExport, *, at: datetime, key: str | None = None
) -> EvidenceTask:
    """Order an evidence file.

    Args:
        u: a writing unit of work.
        actor: a regulator or an auditor.
        command: of which permit, for whom, on what basis.
        at: now.
        key: idempotency key.

    Raises:
        NotAllowed: ``seat.right_missing``, ``authority.reads_only``.
        NotFound: ``permit.not_found``, also while it was never in force.
        InvalidInput: what ``Order.checked`` finds.
        Conflict: ``evidence.too_many_open``.
    """
    require(actor, Right.EXPORT_EVIDENCE)
    permit, file = readable_permit(u, actor, command.permit)
    if not sight_of(actor).submitted:
        require_competent(actor, file)
    if permit.published_version == 0:
        raise NotFound("permit.not_found", id=command.permit[:20])
    order = command.order.checked()

    before = earlier(u, actor, "evidence.ordered", key)
    if before is not None:
        return u.evidence_tasks.get(before)
    task = add_task(u, actor, EXPORT, permit.number, order.as_dict(), at=at)
    remember(u, actor, "evidence.ordered", key, task.id, at=at)
    return task


def add_task(
    u: UnitOfWork,
    actor: Actor,
    what: Ordered,
    subject: str,
    order: Mapping[str, Any],
    *,
    at: datetime,
) -> EvidenceTask:
    """Write an order down, and in the log who gave it.

    Args:
        u: a writing unit of work.
        actor: who may order it.
        what: which kind of task.
        subject: the permit's number, or the chain.
        order: what is ordered.
        at: now.

    Raises:
        Conflict: ``evidence.too_many_open``.
    """
    if len(u.evidence_tasks.open(what.kind)) >= what.most:
        raise Conflict("evidence.too_many_open", limit=what.most)
    task = u.evidence_tasks.add(
        EvidenceTask(
            id=f"{what.prefix}-{at.year}-{u.counters.next(f'{what.counter}:{at.year}'):04d}",
            kind=what.kind,
            subject=subject,
            order=order,
            asked_by=actor.account,
            seat=next(seat.value for seat in what.seats if seat in actor.seats),
            asked_at=at,
        )
    )
    u.audit.append(
        kind=what.entered,
        actor=actor.account,
        subject=what.about + subject,
        data={"id": task.id, "seat": task.seat, **task.order},
        at=at,
    )
    return task


def list_tasks(
    u: UnitOfWork, actor: Actor, *, permit: str | None = None
) -> tuple[EvidenceTask, ...]:
    """What was ordered, newest first.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``permit.not_found``.
    """
    require(actor, Right.EXPORT_EVIDENCE)
    subject = readable_permit(u, actor, permit)[0].number if permit else None
    found = u.evidence_tasks.newest(TaskKind.EXPORT, subject=subject, limit=LISTED)
    hidden = u.listing.hidden(sight_of(actor), {each.subject for each in found})
    return tuple(each for each in found if each.subject not in hidden)


def find_task(u: UnitOfWork, actor: Actor, task_id: str) -> EvidenceTask:
    """One order.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``evidence.not_found``.
    """
    return task_of(u, actor, task_id, TaskKind.EXPORT)


def task_of(u: UnitOfWork, actor: Actor, task_id: str, kind: TaskKind) -> EvidenceTask:
    """One order of a kind; another kind's is not found. Raises as ``find_task``."""
    require(actor, Right.EXPORT_EVIDENCE)
    task = u.evidence_tasks.get(task_id[:20])
    if task.kind is not kind or u.listing.hidden(sight_of(actor), {task.subject}):
        raise NotFound("evidence.not_found", id=task.id)
    return task


def take_file(
    u: UnitOfWork, actor: Actor, task_id: str, folder: Path, *, at: datetime
) -> tuple[EvidenceTask, Path]:
    """A finished file, to be handed over; the log says who took it.

    Args:
        u: a writing unit of work.
        actor: a regulator or an auditor.
        task_id: of the export.
        folder: where the worker leaves files.
        at: now.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``evidence.not_found``; ``evidence.file_missing`` when it is not on this machine.
        Conflict: ``evidence.not_ready``.
    """
    task = find_task(u, actor, task_id)
    if task.state is not TaskState.READY:
        raise Conflict("evidence.not_ready", id=task.id, state=task.state.value)
    path = folder / f"{task.id}.zip"
    if not path.is_file():
        raise NotFound("evidence.file_missing", id=task.id)
    sha256 = (task.result or {}).get("sha256")
    u.audit.append(
        kind="evidence.taken",
        actor=actor.account,
        subject=task.subject,
        data={"id": task.id, "sha256": sha256},
        at=at,
    )
    return task, path
