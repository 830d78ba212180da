"""Opinions of first and second markers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLE = "classroom_opinion"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        TABLE,
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.Column("notebook", sa.String(length=160), nullable=False),
        sa.Column("cell", sa.String(length=160), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("levels", JSON, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("submission", "notebook", "cell", "turn", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(
        op.f(f"ix_{TABLE}_course_assignment"), TABLE, ["course", "assignment"], unique=False
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table(TABLE)
