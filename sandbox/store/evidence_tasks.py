"""The table of what was ordered from the record, and what is asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Integer, String, update
from sqlmodel import SQLModel

from sandbox.domain.evidence_tasks import EvidenceTask, TaskKind, TaskState
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class EvidenceTaskRow(SQLModel, table=True):
    """What was ordered from the record."""

    __tablename__: ClassVar[Any] = "evidence_task"
    id: str = column(String(20), primary_key=True)
    kind: Any = column(EnumColumn(TaskKind))
    subject: str = column(String(20), index=True)
    order: Any = column(JsonColumn())
    asked_by: str = column(String(32), ForeignKey("account.name"))
    seat: str = column(String(40))
    asked_at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(TaskState), index=True)
    done: int = column(BigInteger())
    total: int = column(BigInteger())
    result: Any = column(JsonColumn(), nullable=True)
    finished_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class EvidenceTasks(Repository[EvidenceTask]):
    """What was ordered from the record."""

    record, row, code = EvidenceTask, EvidenceTaskRow, "evidence"

    def newest(
        self, kind: TaskKind, *, subject: str | None = None, limit: int = 100
    ) -> tuple[EvidenceTask, ...]:
        """Tasks of a kind, newest first."""
        where = [self.columns.kind == kind]
        if subject is not None:
            where.append(self.columns.subject == subject)
        order = [self.columns.asked_at.desc(), self.columns.id.desc()]
        return self.select(*where, order=order, limit=limit)

    def open(self, kind: TaskKind) -> tuple[EvidenceTask, ...]:
        """Tasks that the worker has not finished, oldest first."""
        return self.select(
            self.columns.kind == kind,
            self.columns.state.in_([TaskState.ORDERED, TaskState.RUNNING]),
            order=[self.columns.asked_at, self.columns.id],
        )

    def progress(self, task_id: str, done: int, total: int) -> None:
        """Note how far a running task is; no new revision, since nothing is decided by it."""
        self.session.execute(
            update(self.table)
            .where(self.columns.id == task_id, self.columns.state == TaskState.RUNNING)
            .values(done=done, total=total)
        )
