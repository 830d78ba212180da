"""The archive that a firm takes along: ordered, followed step by step, taken.

Rules:

1. Only the team of the permit orders, follows and takes it; for everybody else with the file the
   right is missing, and for all others there is no such permit and no such archive.
2. While one is under way for a permit, ordering another is following that one; so it is for
   :data:`FRESH` after it is ready.
3. The worker makes it (``portable_export``); how far it is stands in hundredths of the whole, and
   the step follows from that. Killed at any moment, the worker makes it again from the beginning;
   what ends it :data:`MOST_BEGUN` times has failed, so that it holds up nobody else's.
4. Its hash enters the audit log in the transaction that makes it ready. A newer archive of the same
   permit takes the file of the older one away; its record stays.

>>> step_of(0), step_of(60), step_of(100)
('records', 'contracts', 'archive')
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.domain.evidence_tasks import EvidenceTask, TaskKind, TaskState
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Right, Seat
from sandbox.kit.errors import Conflict, NotAllowed, NotFound, SynakError, Unavailable
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.acts import earlier, remember
from sandbox.services.evidence_orders import Ordered, add_task
from sandbox.services.portable_export import STEPS, WHOLE, clear, make, may_export
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

FRESH: Final = timedelta(minutes=10)
MOST_OPEN: Final = 200
"""Orders that may wait at once: one for each permit, and there are more of those than exports."""
MOST_BEGUN: Final = 3
ARCHIVE: Final = Ordered(
    *(TaskKind.ARCHIVE, "EX", "archive", "permit.archive_ordered", MOST_OPEN),
    seats=(Seat.OWNER, Seat.COMPLIANCE, Seat.DEVELOPER),
)
_log = structlog.get_logger()


def order_archive(
    u: UnitOfWork, actor: Actor, number: str, *, at: datetime, key: str | None = None
) -> EvidenceTask:
    """Order the archive of a permit.

    Args:
        u: a writing unit of work.
        actor: of the team.
        number: of the permit.
        at: now.
        key: idempotency key.

    Raises:
        NotFound: ``permit.not_found``.
        NotAllowed: ``seat.right_missing``.
        Conflict: ``evidence.too_many_open``.
    """
    permit = _teams(u, actor, number, lock=True)
    before = earlier(u, actor, ARCHIVE.entered, key)
    if before is not None:
        return u.evidence_tasks.get(before)
    newest = u.evidence_tasks.newest(ARCHIVE.kind, subject=permit.number, limit=1)
    task = next((each for each in newest if _serves(each, at)), None)
    if task is None:
        task = add_task(u, actor, ARCHIVE, permit.number, {}, at=at)
    remember(u, actor, ARCHIVE.entered, key, task.id, at=at)
    return task


def archives_of(u: UnitOfWork, actor: Actor, number: str) -> tuple[EvidenceTask, ...]:
    """The archives of a permit, newest first. Raises as ``order_archive``."""
    permit = _teams(u, actor, number)
    return u.evidence_tasks.newest(ARCHIVE.kind, subject=permit.number)


def find_archive(u: UnitOfWork, actor: Actor, task_id: str) -> EvidenceTask:
    """One archive.

    Raises:
        NotFound: ``evidence.not_found``, also for whoever is not of the team.
    """
    task = u.evidence_tasks.find(task_id[:20])
    try:
        if task is not None and task.kind is ARCHIVE.kind:
            _teams(u, actor, task.subject)
            return task
    except (NotFound, NotAllowed) as error:
        raise NotFound("evidence.not_found", id=task_id[:20]) from error
    raise NotFound("evidence.not_found", id=task_id[:20])


def take_archive(
    u: UnitOfWork, actor: Actor, task_id: str, folder: Path
) -> tuple[EvidenceTask, Path]:
    """A finished archive's file.

    Raises:
        NotFound: ``evidence.not_found``, ``evidence.file_missing``.
        Conflict: ``evidence.not_ready``.
    """
    task = find_archive(u, actor, task_id)
    if task.state is not TaskState.READY:
        raise Conflict("evidence.not_ready", id=task.id, state=task.state.value)
    path = folder / f"{task.id}.zip"
    if not path.is_file():
        raise NotFound("evidence.file_missing", id=task.id)
    return task, path


def step_of(done: int) -> str:
    """At which step an archive is. ``done``: hundredths."""
    return next((name for name, end in STEPS if done < end), STEPS[-1][0])


@dataclass(frozen=True)
class Archiver:
    """The worker's part.

    Attributes:
        desk: store and clock.
        blobs: the desk's folder of blobs.
        folder: where files are left.
    """

    desk: Desk
    blobs: Path
    folder: Path

    def work_once(self) -> int:
        """Make the oldest archive that is ordered. Returns how many were made.

        Raises:
            Unavailable: another compilation is under way; the order stays open.
        """
        with self.desk.store.unit(read_only=True) as u:
            waiting = u.evidence_tasks.open(ARCHIVE.kind)
        if not waiting:
            return 0
        task = waiting[0]
        try:
            self._make(task)
        except Unavailable:
            self._put_back(task.id)
            raise
        except SynakError as error:
            _log.warning("archive.failed", id=task.id, code=error.code)
            self._finish(task.id, TaskState.FAILED, error.as_dict())
        except Exception as error:  # noqa: BLE001 - one bad order stops no other
            _log.exception("archive.broke", id=task.id)
            problem = {"code": "evidence.broke", "params": {"reason": type(error).__name__}}
            self._finish(task.id, TaskState.FAILED, problem)
        return 1

    def _put_back(self, task_id: str) -> None:
        """It waits for others: that was no beginning."""
        with self.desk.store.unit() as u:
            held = u.evidence_tasks.get(task_id, lock=True)
            u.evidence_tasks.save(replace(held, order={**held.order, "begun": _begun(held) - 1}))
            u.commit()

    def _make(self, task: EvidenceTask) -> None:
        with self.desk.store.unit() as u:
            held = u.evidence_tasks.get(task.id, lock=True)
            if _begun(held) >= MOST_BEGUN:
                raise Conflict("evidence.gave_up", times=MOST_BEGUN)
            order = {**held.order, "begun": _begun(held) + 1}
            changed = replace(held, state=TaskState.RUNNING, order=order, done=0, total=WHOLE)
            u.evidence_tasks.save(changed)
            u.commit()

        def far(done: int) -> None:
            with self.desk.store.unit() as u:
                u.evidence_tasks.progress(task.id, done, WHOLE)
                u.commit()
            self.desk.at_step(f"archive.{step_of(done)}")

        target = self.folder / f"{task.id}.zip"
        number = PermitNumber(task.subject)
        sha256, size = make(self.desk.store, number, target, blobs=self.blobs, far=far)
        self.desk.at_step("archive.assembled")
        self._finish(task.id, TaskState.READY, {"sha256": sha256, "bytes": size})
        with self.desk.store.unit(read_only=True) as u:
            older = u.evidence_tasks.newest(ARCHIVE.kind, subject=task.subject)
        for each in older:
            if (each.asked_at, each.id) < (task.asked_at, task.id):
                (self.folder / f"{each.id}.zip").unlink(missing_ok=True)

    def _finish(self, task_id: str, state: TaskState, result: dict[str, Any]) -> None:
        at = self.desk.clock.now()
        if state is TaskState.FAILED:
            clear(self.folder / f"{task_id}.zip")
        with self.desk.store.unit() as u:
            task = u.evidence_tasks.get(task_id, lock=True)
            done = WHOLE if state is TaskState.READY else task.done
            u.evidence_tasks.save(
                replace(task, state=state, done=done, result=result, finished_at=at)
            )
            if state is TaskState.READY:
                u.audit.append(
                    kind="permit.exported",
                    actor=task.asked_by,
                    subject=task.subject,
                    data=result,
                    at=at,
                )
            u.commit()


def _teams(u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False) -> Permit:
    permit, _ = readable_permit(u, actor, number, lock=lock)
    if not may_export(actor, permit.org):
        raise NotAllowed("seat.right_missing", right=Right.RUN_TRIAL.value)
    return permit


def _serves(task: EvidenceTask, at: datetime) -> bool:
    """Whether whoever orders now gets this one: it is under way, or just finished."""
    if task.state is TaskState.READY:
        return task.finished_at is not None and at - task.finished_at < FRESH
    return task.state is not TaskState.FAILED


def _begun(task: EvidenceTask) -> int:
    """How many times the worker began it."""
    return int(task.order.get("begun", 0))
