"""Outside witnesses of the audit log, attestations of permits, mail that belongs to no account."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _number(name: str, *, big: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger() if big else sa.Integer(), nullable=nullable)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    """Create the tables; let a message be for a mailbox that is no account's."""
    op.create_table(
        "witnessed_head",
        _text("kind", 40),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _number("size", big=True),
        *(_text("root", 64), _text("signed_at", 40), _text("signature", 128)),
        _text("public_key", 64),
        _moment("at"),
        *(_text("by", 32), _text("place", 80)),
        _number("block", big=True, nullable=True),
        *(_number("prints"), _number("revision")),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_witnessed_head")),
    )
    op.create_table(
        "page_scan",
        *(_text("id", 40), _number("page"), _text("name", 120), _text("media", 100)),
        *(_number("size"), _text("sha256", 64), _text("by", 32), _moment("at")),
        sa.ForeignKeyConstraint(["by"], ["account.name"], name=op.f("fk_page_scan_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_scan")),
    )
    op.create_index(op.f("ix_page_scan_page"), "page_scan", ["page"], unique=False)
    op.create_table(
        "permit_attestation",
        *(_text("permit", 20), _number("serial"), _number("version"), _text("standing", 40)),
        *(_text("document", 66), _text("tx_hash", 66)),
        _number("block", big=True, nullable=True),
        sa.Column("refused", sa.String(length=300), nullable=True),
        *(_moment("at"), _number("revision")),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_permit_attestation_permit_permit")
        ),
        sa.PrimaryKeyConstraint("permit", name=op.f("pk_permit_attestation")),
    )
    with op.batch_alter_table("mail") as batch:
        batch.alter_column("account", existing_type=sa.String(length=32), nullable=True)


def downgrade() -> None:
    """Drop the tables; a message to no account's mailbox goes with them."""
    op.execute(sa.text("DELETE FROM mail WHERE account IS NULL"))
    with op.batch_alter_table("mail") as batch:
        batch.alter_column("account", existing_type=sa.String(length=32), nullable=False)
    op.drop_table("permit_attestation")
    op.drop_table("page_scan")
    op.drop_table("witnessed_head")
