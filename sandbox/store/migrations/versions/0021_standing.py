"""Days of permits, from which the desk's own limits are measured; kill-switch drills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
AMOUNT = sa.String(78).with_variant(sa.Numeric(78, 0), "postgresql")


def upgrade() -> None:
    """Create the tables; the worker fills the days from the first block on."""
    op.create_table(
        "permit_day",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("taken", AMOUNT, nullable=False),
        sa.Column("reserve", AMOUNT, nullable=False),
        sa.Column("contracts", AMOUNT, nullable=False),
        sa.Column("customers", AMOUNT, nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "permit", "until", name=op.f("pk_permit_day")),
    )
    op.create_table(
        "drill",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("clicked_at", MOMENT, nullable=False),
        sa.Column("hold", sa.String(length=40), nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(length=32), nullable=False),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("measured", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.name"], name=op.f("fk_drill_author_account")),
        sa.ForeignKeyConstraint(["permit"], ["permit.number"], name=op.f("fk_drill_permit_permit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )
    op.create_index(op.f("ix_drill_permit"), "drill", ["permit"], unique=False)
    op.create_index(op.f("ix_drill_ended_at"), "drill", ["ended_at"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("drill")
    op.drop_table("permit_day")
