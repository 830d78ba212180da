"""Full replays ordered at the desk: who may, how far they are, what came of them.

Rules:

1. Only a regulator or an auditor orders one and reads its verdict.
2. Ordering, verdict and failure are entries of the audit log; the entry of a verdict holds the
   SHA-256 of the document that is handed out, so a copy of it can be told from another.
3. A replay that was cut off is told as cut off; it is started again by another order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.domain.evidence_tasks import EvidenceTask, TaskKind, TaskState
from sandbox.domain.seats import Actor, Right, require
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services.acts import earlier, remember
from sandbox.services.evidence_orders import LISTED, Ordered, add_task, task_of
from sandbox.store import UnitOfWork

FORMAT: Final = "synak-replay/1"
ABOUT: Final = "replay/"
"""Before the chain's name: the audit log's subject for its replays."""
REPLAY: Final = Ordered(
    TaskKind.REPLAY, "RP", "replay", "journal.replay_ordered", most=4, about=ABOUT
)
LAST_BLOCK: Final = 2**53


@dataclass(frozen=True)
class OrderReplay:
    """Order a full replay.

    Attributes:
        chain: which chain.
        to: the last block to calculate; None for all that are sealed.
    """

    chain: str
    to: int | None = None


def order_replay(
    u: UnitOfWork, actor: Actor, command: OrderReplay, *, at: datetime, key: str | None = None
) -> EvidenceTask:
    """Order a full replay; the worker starts it when none is running.

    Args:
        u: a writing unit of work.
        actor: a regulator or an auditor.
        command: of which chain, up to where.
        at: now.
        key: idempotency key.

    Raises:
        NotAllowed: ``seat.right_missing``.
        InvalidInput: ``gateway.chain_unknown``, ``replay.not_a_block``.
        Conflict: ``evidence.too_many_open``.
    """
    require(actor, Right.EXPORT_EVIDENCE)
    if command.chain not in CHAIN_IDS:
        raise InvalidInput("gateway.chain_unknown", chain=command.chain[:32], known=list(CHAIN_IDS))
    if command.to is not None and not 0 <= command.to <= LAST_BLOCK:
        raise InvalidInput("replay.not_a_block", text=str(command.to)[:40])
    before = earlier(u, actor, REPLAY.entered, key)
    if before is not None:
        return u.evidence_tasks.get(before)
    task = add_task(u, actor, REPLAY, command.chain, {"to": command.to}, at=at)
    remember(u, actor, REPLAY.entered, key, task.id, at=at)
    return task


def list_replays(u: UnitOfWork, actor: Actor) -> tuple[EvidenceTask, ...]:
    """What was ordered, newest first.

    Raises:
        NotAllowed: ``seat.right_missing``.
    """
    require(actor, Right.EXPORT_EVIDENCE)
    return u.evidence_tasks.newest(TaskKind.REPLAY, limit=LISTED)


def find_replay(u: UnitOfWork, actor: Actor, task_id: str) -> EvidenceTask:
    """One order.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``evidence.not_found``.
    """
    return task_of(u, actor, task_id, TaskKind.REPLAY)


def verdict_document(u: UnitOfWork, actor: Actor, task_id: str) -> tuple[EvidenceTask, bytes]:
    """The verdict as a document: the canonical JSON whose SHA-256 the audit log holds.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``evidence.not_found``.
        Conflict: ``evidence.not_ready``.
    """
    task = find_replay(u, actor, task_id)
    if task.state is not TaskState.READY or task.result is None:
        raise Conflict("evidence.not_ready", id=task.id, state=task.state.value)
    return task, canonical(task.result["document"])


def document_of(task: EvidenceTask, verdict: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """What is handed out of a finished replay.

    Args:
        task: the order.
        verdict: as ``journal_replay_run`` found it.
        at: when.
    """
    return {
        "format": FORMAT,
        "id": task.id,
        "chain": task.subject,
        "to": task.order["to"],
        "ordered_by": task.seat,
        "ordered_at": task.asked_at.isoformat(),
        "finished_at": at.isoformat(),
        "identical": not verdict["differences"],
        **{name: value for name, value in verdict.items() if name != "newer_anchors"},
    }
