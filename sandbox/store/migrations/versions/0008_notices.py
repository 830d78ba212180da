"""Notices, and mail to whoever wants it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; nobody is told of what happened before."""
    op.create_table(
        "notice",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_notice_account_account"),
        sa.ForeignKeyConstraint(["file"], ["permit_file.id"], name="fk_notice_file_permit_file"),
        sa.PrimaryKeyConstraint("account", "entry", name="pk_notice"),
    )
    op.create_index("ix_notice_account_read_at", "notice", ["account", "read_at"])
    op.create_table(
        "notice_place",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_place"),
    )
    op.execute(
        'INSERT INTO notice_place (id, entry) SELECT 1, COALESCE(MAX("index") + 1, 0)'
        " FROM audit_entry"
    )
    op.create_table(
        "mailbox",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("wanted", sa.String(length=254), nullable=True),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("code_until", TIME, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_mailbox_account_account"),
        sa.PrimaryKeyConstraint("account", name="pk_mailbox"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("given_up_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_mail_account_account"),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
    )
    op.create_index("ix_mail_account", "mail", ["account"])
    op.create_index(
        "ix_mail_sent_at_given_up_at_next_at", "mail", ["sent_at", "given_up_at", "next_at"]
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("mail", "mailbox", "notice_place", "notice"):
        op.drop_table(table)
