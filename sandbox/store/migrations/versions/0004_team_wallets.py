"""The teams' own wallets, joined by signing a challenge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "team_wallet",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("nonce", sa.String(length=66), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.String(length=10), nullable=True),
        sa.Column("signature", sa.String(length=140), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.name"], name=op.f("fk_team_wallet_asked_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_team_wallet_permit_permit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_wallet")),
        sa.UniqueConstraint("nonce", name=op.f("uq_team_wallet_nonce")),
    )
    op.create_index(op.f("ix_team_wallet_address"), "team_wallet", ["address"], unique=False)
    op.create_index(op.f("ix_team_wallet_permit"), "team_wallet", ["permit"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("team_wallet")
