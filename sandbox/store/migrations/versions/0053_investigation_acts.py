"""What trainees do on their cases with the law's clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
ACTS, CASE = "investigation_acts", "investigation_case"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        ACTS,
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("clock", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acts", JSON, nullable=False),
        sa.Column("asked", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case"], [f"{CASE}.id"], name=op.f(f"fk_{ACTS}_case_{CASE}")),
        sa.PrimaryKeyConstraint("case", name=op.f(f"pk_{ACTS}")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table(ACTS)
