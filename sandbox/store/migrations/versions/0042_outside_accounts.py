"""Accounts that people have elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BOUND, TICKET = "outside_account", "outside_ticket"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        BOUND,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.name"], name=op.f(f"fk_{BOUND}_account_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{BOUND}")),
        sa.UniqueConstraint("issuer", "subject", name=op.f(f"uq_{BOUND}_issuer_subject")),
        sa.UniqueConstraint("issuer", "account", name=op.f(f"uq_{BOUND}_issuer_account")),
    )
    op.create_table(
        TICKET,
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.name"], name=op.f(f"fk_{TICKET}_account_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TICKET}")),
    )
    for table in (BOUND, TICKET):
        op.create_index(op.f(f"ix_{table}_account"), table, ["account"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table(TICKET)
    op.drop_table(BOUND)
