"""Settlements, each person's return, accounts to pay to; exit reports; holds, erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def _text(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, TIME, nullable=null)


def _points(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    other = to.partition(".")[0]
    return sa.ForeignKeyConstraint([name], [to], name=op.f(f"fk_{table}_{name}_{other}"))


def _index(table: str, *names: str) -> None:
    for name in names:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)


def upgrade() -> None:
    """Create the tables."""
    _settlement()
    _returns()
    _accounts()
    _report()
    _erasure()


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "erasure",
        "legal_hold",
        "exit_report",
        "payout_account",
        "money_return",
        "settlement",
    ):
        op.drop_table(table)


def _settlement() -> None:
    table = "settlement"
    op.create_table(
        table,
        _text("id", 40),
        _text("file", 20),
        _text("permit", 20),
        _text("state", 40),
        _text("custody", 200),
        _text("ordered_by", 32),
        _text("ordered_person", 40),
        _time("ordered_at"),
        sa.Column("by_firm", sa.Boolean(), nullable=False),
        _text("confirmed_by", 32, null=True),
        _time("confirmed_at", null=True),
        sa.Column("note", JSON, nullable=True),
        sa.Column("proof", JSON, nullable=True),
        _time("settled_at", null=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "file", "permit_file.id"),
        _points(table, "permit", "permit.number"),
        _points(table, "ordered_by", "account.name"),
        _points(table, "confirmed_by", "account.name"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _index(table, "file", "permit")


def _returns() -> None:
    table = "money_return"
    op.create_table(
        table,
        _text("act", 40),
        _text("settlement", 40),
        _text("customer", 40),
        _text("way", 40),
        _time("paid_at", null=True),
        _text("paid_by", 32, null=True),
        _text("reference", 80),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "act", "customer_act.id"),
        _points(table, "settlement", "settlement.id"),
        _points(table, "customer", "customer.id"),
        _points(table, "paid_by", "account.name"),
        sa.PrimaryKeyConstraint("act", name=op.f(f"pk_{table}")),
    )
    _index(table, "settlement", "customer")


def _erasure() -> None:
    table = "legal_hold"
    op.create_table(
        table,
        _text("id", 40),
        _text("subject", 40),
        _text("permit", 20, null=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _text("set_by", 32),
        _time("set_at"),
        _text("ended_by", 32, null=True),
        _time("ended_at", null=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "permit", "permit.number"),
        _points(table, "set_by", "account.name"),
        _points(table, "ended_by", "account.name"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _index(table, "subject")
    table = "erasure"
    op.create_table(
        table,
        _text("id", 40),
        _text("subject", 40),
        _text("permit", 20, null=True),
        sa.Column("erased", JSON, nullable=False),
        sa.Column("entries", JSON, nullable=False),
        _text("by", 32),
        _time("at"),
        _points(table, "permit", "permit.number"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _index(table, "subject", "permit")


def _report() -> None:
    table = "exit_report"
    op.create_table(
        table,
        _text("file", 20),
        _text("permit", 20),
        _text("state", 40),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        _text("digest", 64),
        _text("filed_by", 32),
        _time("filed_at"),
        _text("judged_by", 32, null=True),
        _time("judged_at", null=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(table, "file", "permit_file.id"),
        _points(table, "permit", "permit.number"),
        _points(table, "filed_by", "account.name"),
        _points(table, "judged_by", "account.name"),
        sa.PrimaryKeyConstraint("file", name=op.f(f"pk_{table}")),
    )


def _accounts() -> None:
    table = "payout_account"
    op.create_table(
        table,
        _text("customer", 40),
        _text("permit", 20),
        _text("account", 80),
        _time("named_at"),
        _points(table, "customer", "customer.id"),
        _points(table, "permit", "permit.number"),
        sa.PrimaryKeyConstraint("customer", name=op.f(f"pk_{table}")),
    )
    _index(table, "permit")
