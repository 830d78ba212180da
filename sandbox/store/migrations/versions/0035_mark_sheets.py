"""Marking scales and signed mark sheets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
SCALE, SHEET = "classroom_scale", "classroom_sheet"
WHICH = ("course", "group", "term", "module", "attempt", "version")


def upgrade() -> None:
    """Add both."""
    op.create_table(
        SCALE,
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bands", JSON, nullable=False),
        sa.Column("modules", JSON, nullable=False),
        sa.Column("resits", sa.Integer(), nullable=False),
        sa.Column("resit_most", sa.Integer(), nullable=False),
        sa.Column("department", JSON, nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("course", "version", name=op.f(f"pk_{SCALE}")),
    )
    op.create_table(
        SHEET,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("group", sa.String(length=40), nullable=False),
        sa.Column("term", sa.String(length=20), nullable=False),
        sa.Column("module", sa.String(length=8), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.String(length=32), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{SHEET}")),
        sa.UniqueConstraint("number", name=op.f(f"uq_{SHEET}_number")),
        sa.UniqueConstraint(*WHICH, name=op.f(f"uq_{SHEET}_{'_'.join(WHICH)}")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table(SHEET)
    op.drop_table(SCALE)
