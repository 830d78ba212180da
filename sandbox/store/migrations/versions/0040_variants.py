"""Seeds of variants; self-checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
CHECK = "classroom_self_check"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "classroom_seed",
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("course", "assignment", name=op.f("pk_classroom_seed")),
    )
    op.create_table(
        CHECK,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("student", sa.String(length=32), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("rows", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CHECK}")),
    )
    for columns in (["student", "asked_at"], ["state", "asked_at"]):
        op.create_index(op.f(f"ix_{CHECK}_{'_'.join(columns)}"), CHECK, columns, unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table(CHECK)
    op.drop_table("classroom_seed")
