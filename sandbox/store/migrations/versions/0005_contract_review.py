"""Contract review: requests, their sources, who saw them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "contract_review",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("layers", JSON, nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("comparison", JSON, nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewers", JSON, nullable=False),
        sa.Column("signatures", JSON, nullable=False),
        sa.Column("nonce", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed", JSON, nullable=True),
        sa.Column("tx_hash", sa.String(length=66), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.name"], name=op.f("fk_contract_review_asked_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_contract_review_permit_permit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_review")),
    )
    for name in ("address", "permit", "state"):
        op.create_index(op.f(f"ix_contract_review_{name}"), "contract_review", [name], unique=False)
    op.create_table(
        "review_source",
        sa.Column("review", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review"], ["contract_review.id"], name=op.f("fk_review_source_review_contract_review")
        ),
        sa.PrimaryKeyConstraint("review", name=op.f("pk_review_source")),
    )
    op.create_table(
        "source_view",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("review", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.name"], name=op.f("fk_source_view_account_account")
        ),
        sa.ForeignKeyConstraint(
            ["review"], ["contract_review.id"], name=op.f("fk_source_view_review_contract_review")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_view")),
    )
    op.create_index(op.f("ix_source_view_review"), "source_view", ["review"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("source_view")
    op.drop_table("review_source")
    op.drop_table("contract_review")
