"""Seeds of variants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "classroom_seed",
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("course", "assignment", name=op.f("pk_classroom_seed")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("classroom_seed")
