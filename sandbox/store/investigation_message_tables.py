"""The table and repository of trainers' messages in investigations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String
from sqlmodel import SQLModel

from sandbox.domain.investigation_messages import Message
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import TZDateTime


class MessageRow(SQLModel, table=True):
    """Messages to trainees, also those that were withdrawn."""

    __tablename__: ClassVar[Any] = "investigation_message"
    id: str = column(String(32), primary_key=True)
    investigation: str = column(String(32), ForeignKey("investigation.id"), index=True)
    trainee: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    prepared: str = column(String(16))
    words: str = column(String(1_000))
    at: datetime | None = column(TZDateTime(), nullable=True)
    after: int | None = column(Integer(), nullable=True)
    sent_by: str = column(String(32))
    sent_at: datetime = column(TZDateTime())
    withdrawn_at: datetime | None = column(TZDateTime(), nullable=True)
    withdrawn_by: str | None = column(String(32), nullable=True)


class Messages(Repository[Message]):
    """Messages."""

    record, row, code = Message, MessageRow, "investigation_message"

    def of(self, investigation: str) -> tuple[Message, ...]:
        """The messages of an investigation, as they were sent."""
        return self.select(
            self.columns.investigation == investigation,
            order=[self.columns.sent_at, self.columns.id],
        )
