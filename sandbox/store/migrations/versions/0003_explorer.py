"""The explorer's tables: an index of the chains, derived, which may be rebuilt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AMOUNT = sa.String(78).with_variant(sa.Numeric(78, 0), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "explorer_address",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("code_hash", sa.String(length=66), nullable=True),
        sa.Column("creator", sa.String(length=42), nullable=True),
        sa.Column("created_block", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.String(length=66), nullable=True),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("chain", "address", name=op.f("pk_explorer_address")),
    )
    op.create_index(
        op.f("ix_explorer_address_chain_asked"),
        "explorer_address",
        ["chain", "asked"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_address_code_hash"), "explorer_address", ["code_hash"], unique=False
    )
    op.create_table(
        "explorer_block",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("parent", sa.String(length=66), nullable=False),
        sa.Column("state_root", sa.String(length=66), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_explorer_block")),
    )
    op.create_index(op.f("ix_explorer_block_hash"), "explorer_block", ["hash"], unique=False)
    op.create_table(
        "explorer_cursor",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("genesis", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.String(length=66), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("supervisor", sa.String(length=42), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_explorer_cursor")),
    )
    op.create_table(
        "explorer_holding",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("holder", sa.String(length=42), nullable=False),
        sa.Column("balance", AMOUNT, nullable=False),
        sa.Column("measured", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.String(length=120), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("chain", "token", "holder", name=op.f("pk_explorer_holding")),
    )
    op.create_index(
        op.f("ix_explorer_holding_chain_holder"),
        "explorer_holding",
        ["chain", "holder"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_holding_chain_measured"),
        "explorer_holding",
        ["chain", "measured"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_holding_chain_since"),
        "explorer_holding",
        ["chain", "since"],
        unique=False,
    )
    op.create_table(
        "explorer_log",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("topics", JSON, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("data_bytes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain", "block", "place", "position", name=op.f("pk_explorer_log")
        ),
    )
    op.create_table(
        "explorer_movement",
        sa.Column("id", ROWID, autoincrement=True, nullable=False),
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(length=66), nullable=True),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("payer", sa.String(length=42), nullable=True),
        sa.Column("payee", sa.String(length=42), nullable=True),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explorer_movement")),
    )
    op.create_index(
        op.f("ix_explorer_movement_chain_block"),
        "explorer_movement",
        ["chain", "block"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_movement_chain_payee_id"),
        "explorer_movement",
        ["chain", "payee", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_movement_chain_payer_id"),
        "explorer_movement",
        ["chain", "payer", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_movement_chain_token_id"),
        "explorer_movement",
        ["chain", "token", "id"],
        unique=False,
    )
    op.create_table(
        "explorer_source",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("compiler", sa.String(length=80), nullable=False),
        sa.Column("match", sa.String(length=12), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=True),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("abi", JSON, nullable=False),
        sa.Column("sources", JSON, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=True),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain", "address", name=op.f("pk_explorer_source")),
    )
    op.create_table(
        "explorer_token",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("symbol", sa.String(length=20), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("supply", AMOUNT, nullable=False),
        sa.Column("measured", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.String(length=120), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("searched", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "address", name=op.f("pk_explorer_token")),
    )
    op.create_index(
        op.f("ix_explorer_token_chain_measured"),
        "explorer_token",
        ["chain", "measured"],
        unique=False,
    )
    op.create_table(
        "explorer_transaction",
        sa.Column("chain", sa.String(length=10), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender", sa.String(length=42), nullable=False),
        sa.Column("to", sa.String(length=42), nullable=True),
        sa.Column("created", sa.String(length=42), nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("value", AMOUNT, nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
        sa.Column("gas_price", AMOUNT, nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("input_bytes", sa.Integer(), nullable=False),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("logs", sa.Integer(), nullable=False),
        sa.Column("operations", JSON, nullable=True),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("chain", "block", "place", name=op.f("pk_explorer_transaction")),
    )
    op.create_index(
        op.f("ix_explorer_transaction_chain_sender_block_place"),
        "explorer_transaction",
        ["chain", "sender", "block", "place"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_transaction_chain_to_block_place"),
        "explorer_transaction",
        ["chain", "to", "block", "place"],
        unique=False,
    )
    op.create_index(
        op.f("ix_explorer_transaction_hash"), "explorer_transaction", ["hash"], unique=False
    )
