"""Documents, submissions, checklist, notes, letters; earlier submissions from the audit log."""

from __future__ import annotations

import json
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sandbox.domain.papers import submission_digest

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=op.f(name))


def upgrade() -> None:
    """Create the tables, then keep what was submitted before as submissions."""
    _documents()
    _records()
    _letters()
    _earlier_submissions()


def _documents() -> None:
    op.create_table(
        "file_document",
        *(_text("id", 40), _text("file", 20), _text("series", 40)),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text("kind", 40), _text("name", 120), _text("media", 100)),
        sa.Column("size", sa.Integer(), nullable=False),
        *(_text("sha256", 64), _text("by", 32)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _text("ended_by", 32, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _key("file_document", "by", "account.name"),
        _key("file_document", "ended_by", "account.name"),
        _key("file_document", "file", "permit_file.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_document")),
        sa.UniqueConstraint("series", "version", name=op.f("uq_file_document_series_version")),
    )
    op.create_index(op.f("ix_file_document_file"), "file_document", ["file"], unique=False)
    op.create_table(
        "submission",
        *(_text("id", 40), _text("file", 20)),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("documents", JSON, nullable=False),
        *(_text("digest", 64), _text("by", 80)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("submission", "file", "permit_file.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("file", "number", name=op.f("uq_submission_file_number")),
    )


def _records() -> None:
    op.create_table(
        "review_mark",
        *(_text("file", 20), _text("item", 40), _text("verdict", 40)),
        sa.Column("remark", sa.Text(), nullable=False),
        _text("by", 32),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _key("review_mark", "by", "account.name"),
        _key("review_mark", "file", "permit_file.id"),
        sa.PrimaryKeyConstraint("file", "item", name=op.f("pk_review_mark")),
    )
    op.create_table(
        "review_note",
        *(_text("id", 40), _text("file", 20)),
        sa.Column("text", sa.Text(), nullable=False),
        _text("by", 32),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("review_note", "by", "account.name"),
        _key("review_note", "file", "permit_file.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_note")),
    )
    op.create_index(op.f("ix_review_note_file"), "review_note", ["file"], unique=False)


def _letters() -> None:
    op.create_table(
        "letter",
        *(_text("id", 40), _text("file", 20), _text("number", 20), _text("language", 2)),
        sa.Column("text_ky", sa.Text(), nullable=False),
        sa.Column("text_other", sa.Text(), nullable=False),
        _text("sha256", 64),
        sa.Column("size", sa.Integer(), nullable=False),
        _text("by", 32),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("letter", "by", "account.name"),
        _key("letter", "file", "permit_file.id"),
        _key("letter", "id", "decision.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("number", name=op.f("uq_letter_number")),
    )
    op.create_index(op.f("ix_letter_file"), "letter", ["file"], unique=False)
    op.create_table(
        "letter_signature",
        *(_text("id", 40), _text("letter", 40), _text("name", 120), _text("sha256", 64)),
        sa.Column("size", sa.Integer(), nullable=False),
        _text("by", 32),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("letter_signature", "by", "account.name"),
        _key("letter_signature", "letter", "letter.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_signature")),
        sa.UniqueConstraint("letter", "sha256", name=op.f("uq_letter_signature_letter_sha256")),
    )


def _earlier_submissions() -> None:
    """The log says what was submitted, each time; what was erased there stays erased."""
    bind = op.get_bind()
    audit = sa.table(
        "audit_entry",
        *map(sa.column, ("index", "kind", "actor", "subject", "body")),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    submission = sa.table(
        "submission",
        *map(sa.column, ("id", "file", "number", "digest", "by")),
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column("answers", JSON), sa.column("documents", JSON)),
    )
    numbers: dict[str, int] = {}
    query = sa.select(audit).where(audit.c.kind == "file.submit").order_by(audit.c.index)
    for row in bind.execute(query).mappings().all():
        number = numbers[row["subject"]] = numbers.get(row["subject"], 0) + 1
        body = json.loads(row["body"]) if row["body"] else {}
        answers = body.get("data", {}).get("answers")
        if not isinstance(answers, dict):
            continue
        bind.execute(
            sa.insert(submission).values(
                id=uuid.uuid4().hex,
                file=row["subject"],
                number=number,
                answers=answers,
                documents=[],
                digest=submission_digest(answers, ()),
                by=row["actor"],
                at=row["at"],
            )
        )


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        *("letter_signature", "letter", "review_note", "review_mark"),
        *("submission", "file_document"),
    ):
        op.drop_table(name)
