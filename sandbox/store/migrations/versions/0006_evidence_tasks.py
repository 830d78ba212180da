"""What regulators and auditors order from the record: evidence exports and replays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "evidence_task",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("order", JSON, nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("seat", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.name"], name=op.f("fk_evidence_task_asked_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_task")),
    )
    op.create_index(op.f("ix_evidence_task_state"), "evidence_task", ["state"], unique=False)
    op.create_index(op.f("ix_evidence_task_subject"), "evidence_task", ["subject"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("evidence_task")
