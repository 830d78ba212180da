"""The customer's page and complaints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sandbox.store.types import AMOUNT_DIGITS

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
AMOUNT = sa.String(length=AMOUNT_DIGITS).with_variant(sa.Numeric(AMOUNT_DIGITS, 0), "postgresql")
TIME = sa.DateTime(timezone=True)


def _text(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, TIME, nullable=null)


def _points(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    other = to.partition(".")[0]
    return sa.ForeignKeyConstraint([name], [to], name=op.f(f"fk_{table}_{name}_{other}"))


def upgrade() -> None:
    """Create the tables."""
    _codes()
    _acts()
    _complaints()


def _codes() -> None:
    table = "customer_invitation"
    op.create_table(
        table,
        _text("id", 40),
        _text("permit", 20),
        _text("customer", 40),
        _text("selector", 8),
        _text("digest", 64),
        _text("created_by", 32),
        _time("created_at"),
        _time("expires_at"),
        _time("used_at", null=True),
        _time("revoked_at", null=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "permit", "permit.number"),
        _points(table, "customer", "customer.id"),
        _points(table, "created_by", "account.name"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("selector", name=op.f(f"uq_{table}_selector")),
    )
    op.create_index(op.f(f"ix_{table}_customer"), table, ["customer"], unique=False)
    table = "customer_session"
    op.create_table(
        table,
        _text("id_hash", 64),
        _text("permit", 20),
        _text("customer", 40),
        _text("csrf", 64),
        _time("created_at"),
        _time("seen_at"),
        _points(table, "permit", "permit.number"),
        _points(table, "customer", "customer.id"),
        sa.PrimaryKeyConstraint("id_hash", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_customer"), table, ["customer"], unique=False)
    op.create_table(
        "customer_label",
        _text("customer", 40),
        _text("label", 80),
        _points("customer_label", "customer", "customer.id"),
        sa.PrimaryKeyConstraint("customer", name=op.f("pk_customer_label")),
    )
    op.create_table(
        "counted_try",
        _text("name", 64),
        _time("began_at"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counted_try")),
    )
    op.create_index(op.f("ix_counted_try_began_at"), "counted_try", ["began_at"], unique=False)


def _acts() -> None:
    table = "customer_act"
    op.create_table(
        table,
        _text("id", 40),
        _text("permit", 20),
        _text("customer", 40),
        _text("kind", 40),
        _text("chain", 10),
        _text("asset", 10),
        _text("payee", 42, null=True),
        sa.Column("amount", AMOUNT, nullable=False),
        _text("reference", 80),
        _text("bill", 40, null=True),
        _text("state", 40),
        _time("asked_at"),
        _time("settled_at", null=True),
        _text("tx_hash", 66, null=True),
        sa.Column("refusal", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "permit", "permit.number"),
        _points(table, "customer", "customer.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_customer"), table, ["customer"], unique=False)
    table = "customer_bill"
    op.create_table(
        table,
        _text("id", 40),
        _text("permit", 20),
        _text("merchant", 40),
        _text("wallet", 42),
        _text("asset", 10),
        sa.Column("amount", AMOUNT, nullable=False),
        _text("reference", 80),
        _time("made_at"),
        _time("expires_at"),
        _text("paid_by", 40, null=True),
        _time("paid_at", null=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "permit", "permit.number"),
        _points(table, "merchant", "customer.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_merchant"), table, ["merchant"], unique=False)


def _complaints() -> None:
    table = "complaint"
    op.create_table(
        table,
        _text("id", 20),
        _text("secret", 64),
        _text("permit", 20, null=True),
        _text("customer", 40, null=True),
        _text("category", 40),
        _text("language", 5),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        _text("state", 40),
        _time("filed_at"),
        _time("due", null=True),
        sa.Column("answer", sa.Text(), nullable=True),
        _text("answered_by", 32, null=True),
        _text("answered_as", 10, null=True),
        _time("answered_at", null=True),
        _text("escalated_why", 20, null=True),
        _time("escalated_at", null=True),
        _text("outcome", 40, null=True),
        sa.Column("conclusion", sa.Text(), nullable=True),
        _text("concluded_by", 32, null=True),
        _time("closed_at", null=True),
        _time("erased_at", null=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "permit", "permit.number"),
        _points(table, "customer", "customer.id"),
        _points(table, "answered_by", "account.name"),
        _points(table, "concluded_by", "account.name"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for name in ("permit", "customer", "state"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "complaint",
        "customer_bill",
        "customer_act",
        "counted_try",
        "customer_label",
        "customer_session",
        "customer_invitation",
    ):
        op.drop_table(table)
