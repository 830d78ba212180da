"""Supervision: alerts, how far was looked, what was set, the record, hourly sums."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AMOUNT = sa.String(78).with_variant(sa.Numeric(78, 0), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("asset", sa.String(length=10), nullable=False),
        sa.Column("found", JSON, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("assignee", sa.String(length=32), nullable=True),
        sa.Column("closed_as", sa.String(length=40), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "rule", "chain", "subject", "place", name=op.f("uq_alert_rule_chain_subject_place")
        ),
    )
    for columns in (("rule",), ("permit",), ("state", "id"), ("subject", "at")):
        op.create_index(op.f("ix_alert_" + "_".join(columns)), "alert", list(columns))
    op.create_table(
        "alert_cursor",
        sa.Column("stream", sa.String(length=10), nullable=False),
        sa.Column("genesis", sa.String(length=66), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_alert_cursor")),
    )
    op.create_table(
        "alert_activity",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("first", MOMENT, nullable=False),
        sa.Column("last", MOMENT, nullable=False),
        sa.Column("woke", MOMENT, nullable=True),
        sa.Column("idle", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "address", name=op.f("pk_alert_activity")),
    )
    op.create_table(
        "supervision_setting",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("author_person", sa.String(length=64), nullable=False),
        sa.Column("drafted_at", MOMENT, nullable=False),
        sa.Column("trial", JSON, nullable=True),
        sa.Column("confirmer", sa.String(length=32), nullable=True),
        sa.Column("in_force_since", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_setting")),
    )
    op.create_index(
        op.f("ix_supervision_setting_kind_version"), "supervision_setting", ["kind", "version"]
    )
    op.create_table(
        "supervision_record",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_supervision_record")),
    )
    op.create_index(
        op.f("ix_supervision_record_subject_index"), "supervision_record", ["subject", "index"]
    )
    op.create_table(
        "ledger_hour",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("volume", AMOUNT, nullable=False),
        sa.Column("came", AMOUNT, nullable=False),
        sa.Column("went", AMOUNT, nullable=False),
        sa.Column("sizes", JSON, nullable=False),
        sa.PrimaryKeyConstraint("chain", "permit", "hour", name=op.f("pk_ledger_hour")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "ledger_hour",
        "supervision_record",
        "supervision_setting",
        "alert_activity",
        "alert_cursor",
        "alert",
    ):
        op.drop_table(name)
