"""Webhooks and passkeys; a notice may be about no file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)


def upgrade() -> None:
    """Create the tables; nobody has an address yet."""
    with op.batch_alter_table("notice") as batch:
        batch.alter_column("file", existing_type=sa.String(length=20), nullable=True)
    _endpoint()
    _event()
    _attempt()
    _passkeys()


def downgrade() -> None:
    """Drop the tables, and the notices that are about them."""
    for table in (
        "passkey_challenge",
        "passkey",
        "webhook_attempt",
        "webhook_event",
        "webhook_endpoint",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM notice WHERE file IS NULL")
    with op.batch_alter_table("notice") as batch:
        batch.alter_column("file", existing_type=sa.String(length=20), nullable=False)


def _endpoint() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("previous_until", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.name"], name="fk_webhook_endpoint_created_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["org"], ["organisation.id"], name="fk_webhook_endpoint_org_organisation"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoint"),
    )
    op.create_index("ix_webhook_endpoint_org", "webhook_endpoint", ["org"])


def _event() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("endpoint", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", TIME, nullable=True),
        sa.Column("taken_at", TIME, nullable=True),
        sa.Column("again_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint"], ["webhook_endpoint.id"], name="fk_webhook_event_endpoint_webhook_endpoint"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_event"),
    )
    op.create_index("ix_webhook_event_again_at", "webhook_event", ["again_at"])
    op.create_index("ix_webhook_event_created_at", "webhook_event", ["created_at"])
    op.create_index(
        "ix_webhook_event_endpoint_taken_at_seq", "webhook_event", ["endpoint", "taken_at", "seq"]
    )


def _attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("endpoint", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint"],
            ["webhook_endpoint.id"],
            name="fk_webhook_attempt_endpoint_webhook_endpoint",
        ),
        sa.PrimaryKeyConstraint("endpoint", "seq", name="pk_webhook_attempt"),
    )
    op.create_index("ix_webhook_attempt_at", "webhook_attempt", ["at"])


def _passkeys() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_passkey_account_account"),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
    )
    op.create_index("ix_passkey_account", "passkey", ["account"])
    op.create_table(
        "passkey_challenge",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passkey_challenge"),
    )
    op.create_index("ix_passkey_challenge_at", "passkey_challenge", ["at"])
