"""The tables of documents, submissions, the authority's records and letters."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlmodel import SQLModel

from sandbox.domain.documents import DocumentKind
from sandbox.domain.paper_cases import Outcome
from sandbox.domain.papers import Verdict
from sandbox.store.base import column
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class DocumentRow(SQLModel, table=True):
    """Documents; their bytes lie beside the store, by their hash."""

    __tablename__: ClassVar[Any] = "file_document"
    __table_args__: ClassVar[Any] = (UniqueConstraint("series", "version"),)
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    series: str = column(String(40))
    version: int = column(Integer())
    kind: Any = column(EnumColumn(DocumentKind))
    name: str = column(String(120))
    media: str = column(String(100))
    size: int = column(Integer())
    sha256: str = column(String(64))
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())
    ended_at: datetime | None = column(TZDateTime(), nullable=True)
    ended_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    revision: int = column(Integer())


class SubmissionRow(SQLModel, table=True):
    """Applications as they were submitted."""

    __tablename__: ClassVar[Any] = "submission"
    __table_args__: ClassVar[Any] = (UniqueConstraint("file", "number"),)
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"))
    number: int = column(Integer())
    answers: Any = column(JsonColumn())
    documents: Any = column(JsonColumn(list, tuple))
    digest: str = column(String(64))
    by: str = column(String(80))
    at: datetime = column(TZDateTime())


class MarkRow(SQLModel, table=True):
    """The checklist of a file: one mark a point."""

    __tablename__: ClassVar[Any] = "review_mark"
    file: str = column(String(20), ForeignKey("permit_file.id"), primary_key=True)
    item: str = column(String(40), primary_key=True)
    verdict: Any = column(EnumColumn(Verdict))
    remark: str = column(Text())
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())
    revision: int = column(Integer())


class NoteRow(SQLModel, table=True):
    """Notes for regulators only."""

    __tablename__: ClassVar[Any] = "review_note"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    text: str = column(Text())
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


class LetterRow(SQLModel, table=True):
    """Letters that went out."""

    __tablename__: ClassVar[Any] = "letter"
    id: str = column(String(40), ForeignKey("decision.id"), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    number: str = column(String(20), unique=True)
    language: str = column(String(2))
    text_ky: str = column(Text())
    text_other: str = column(Text())
    sha256: str = column(String(64))
    size: int = column(Integer())
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


class LetterSignatureRow(SQLModel, table=True):
    """Detached signatures under letters."""

    __tablename__: ClassVar[Any] = "letter_signature"
    __table_args__: ClassVar[Any] = (UniqueConstraint("letter", "sha256"),)
    id: str = column(String(40), primary_key=True)
    letter: str = column(String(40), ForeignKey("letter.id"))
    name: str = column(String(120))
    sha256: str = column(String(64))
    size: int = column(Integer())
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


class PaperCaseRow(SQLModel, table=True):
    """Cases decided on paper."""

    __tablename__: ClassVar[Any] = "paper_case"
    __table_args__: ClassVar[Any] = (UniqueConstraint("authority", "number"),)
    id: str = column(String(20), primary_key=True)
    authority: str | None = column(String(40), ForeignKey("organisation.id"), nullable=True)
    number: str = column(String(160))
    dated: date = column(Date())
    title: str = column(String(160))
    applicant: str = column(String(160))
    sponsor: str = column(String(160))
    outcome: Any = column(EnumColumn(Outcome))
    summary: str = column(Text())
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


class ScanRow(SQLModel, table=True):
    """Scans of paper cases."""

    __tablename__: ClassVar[Any] = "paper_scan"
    __table_args__: ClassVar[Any] = (UniqueConstraint("case", "sha256"),)
    id: str = column(String(40), primary_key=True)
    case: str = column(String(20), ForeignKey("paper_case.id"))
    name: str = column(String(120))
    media: str = column(String(100))
    size: int = column(Integer())
    sha256: str = column(String(64))
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())
