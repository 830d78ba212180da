"""Marks that go back to learning platforms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

LAUNCH, MARK = "lti_launch", "lti_mark"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        LAUNCH,
        sa.Column("platform", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("line_item", sa.String(length=1000), nullable=False),
        sa.Column("line_items", sa.String(length=1000), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            *("platform", "subject", "course", "assignment"), name=op.f(f"pk_{LAUNCH}")
        ),
    )
    op.create_index(op.f(f"ix_{LAUNCH}_issuer_subject"), LAUNCH, ["issuer", "subject"])
    op.create_index(op.f(f"ix_{LAUNCH}_course"), LAUNCH, ["course"])
    op.create_table(
        MARK,
        sa.Column("platform", sa.String(length=30), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("student", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("line_item", sa.String(length=1000), nullable=False),
        sa.Column("line_items", sa.String(length=1000), nullable=False),
        sa.Column("release", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student"], ["account.name"], name=op.f(f"fk_{MARK}_student_account")
        ),
        sa.PrimaryKeyConstraint(
            *("platform", "course", "assignment", "student"), name=op.f(f"pk_{MARK}")
        ),
    )
    op.create_index(op.f(f"ix_{MARK}_course_assignment"), MARK, ["course", "assignment"])
    op.create_index(op.f(f"ix_{MARK}_state_next_at"), MARK, ["state", "next_at"])
    op.create_index(op.f(f"ix_{MARK}_student"), MARK, ["student"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table(MARK)
    op.drop_table(LAUNCH)
