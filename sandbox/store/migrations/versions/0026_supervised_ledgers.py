"""Contracts that are, or shall become, supervised ledgers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLE = "supervised_ledger"


def upgrade() -> None:
    """Create the table; nothing was asked for before."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signatures", JSON, nullable=False),
        sa.Column("nonce", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("tx_hash", sa.String(length=66), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.name"], name=op.f("fk_supervised_ledger_asked_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_supervised_ledger_permit_permit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervised_ledger")),
    )
    for name in ("address", "permit", "state"):
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table(TABLE)
