"""Executed cases: orders of them, and where an executed case is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
CASE, ORDER = "investigation_case", "investigation_order"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table and two columns."""
    for name in ("tables", "engine"):
        op.add_column(CASE, sa.Column(name, sa.String(length=64), nullable=True))
    op.create_table(
        ORDER,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("investigation", sa.String(length=32), nullable=False),
        sa.Column("trainee", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("wanted_at", MOMENT, nullable=True),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("made", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation"],
            ["investigation.id"],
            name=op.f(f"fk_{ORDER}_investigation_investigation"),
        ),
        sa.ForeignKeyConstraint(
            ["trainee"], ["account.name"], name=op.f(f"fk_{ORDER}_trainee_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{ORDER}")),
        sa.UniqueConstraint(
            *("investigation", "trainee", "attempt"),
            name=op.f(f"uq_{ORDER}_investigation_trainee_attempt"),
        ),
    )
    op.create_index(
        op.f(f"ix_{ORDER}_state_ordered_at"), ORDER, ["state", "ordered_at"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table(ORDER)
    for name in ("engine", "tables"):
        op.drop_column(CASE, name)
