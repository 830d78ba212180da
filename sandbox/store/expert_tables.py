"""The table of experts' invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.experts import ExpertInvitation
from sandbox.kit.ids import FileId, PersonId
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import JsonColumn, TZDateTime


class ExpertInvitationRow(SQLModel, table=True):
    """Experts, each for one file."""

    __tablename__: ClassVar[Any] = "expert_invitation"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    account: str = column(String(32), ForeignKey("account.name"))
    person: str = column(String(40), index=True)
    subject: str = column(Text())
    until: datetime = column(TZDateTime())
    invited_by: str = column(String(32), ForeignKey("account.name"))
    invited_at: datetime = column(TZDateTime())
    undertaking: Any = column(JsonColumn(), nullable=True)
    opinion: str | None = column(Text(), nullable=True)
    opinion_digest: str | None = column(String(64), nullable=True)
    opinion_at: datetime | None = column(TZDateTime(), nullable=True)
    ended_at: datetime | None = column(TZDateTime(), nullable=True)
    ended_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    ended_reason: str = column(Text())
    revision: int = column(Integer())


class ExpertInvitations(Repository[ExpertInvitation]):
    """Experts' invitations."""

    record, row, code = ExpertInvitation, ExpertInvitationRow, "invitation"

    def of_file(self, file: FileId) -> tuple[ExpertInvitation, ...]:
        """A file's experts, in the order in which they were invited."""
        return self.select(
            self.columns.file == file, order=[self.columns.invited_at, self.columns.id]
        )

    def of_person(self, person: PersonId) -> tuple[ExpertInvitation, ...]:
        """One expert's invitations, the newest first."""
        return self.select(self.columns.person == person, order=self.columns.invited_at.desc())
