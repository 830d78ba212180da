"""Suspicious-transaction reports, their parties and documents; requests for information."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AMOUNT = sa.String(length=78).with_variant(sa.Numeric(78, 0), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    _report()
    _party()
    _attachment()
    _inquiry()
    _order()


def downgrade() -> None:
    """Drop the tables."""
    for name in ("suspension_order", "inquiry", "str_attachment", "str_party", "str_report"):
        op.drop_table(name)


def _account(table: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], ["account.name"], name=op.f(f"fk_{table}_{name}_account")
    )


def _report() -> None:
    op.create_table(
        "str_report",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.Column("alert", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("officer", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asset", sa.String(length=10), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("assignee", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _account("str_report", "officer"),
        _account("str_report", "assignee"),
        sa.ForeignKeyConstraint(
            ["org"], ["organisation.id"], name=op.f("fk_str_report_org_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_str_report_permit_permit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_str_report")),
    )
    for names in (["alert"], ["permit"], ["org", "entity"], ["state", "submitted_at"]):
        name = "_".join(names)
        op.create_index(op.f(f"ix_str_report_{name}"), "str_report", names, unique=False)


def _party() -> None:
    op.create_table(
        "str_party",
        sa.Column("report", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("person", sa.String(length=66), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"], ["str_report.id"], name=op.f("fk_str_party_report_str_report")
        ),
        sa.PrimaryKeyConstraint("report", "address", name=op.f("pk_str_party")),
    )
    for name in ("address", "person"):
        op.create_index(op.f(f"ix_str_party_{name}"), "str_party", [name], unique=False)


def _attachment() -> None:
    op.create_table(
        "str_attachment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _account("str_attachment", "by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_str_attachment")),
    )
    op.create_index(op.f("ix_str_attachment_subject"), "str_attachment", ["subject"], unique=False)


def _inquiry() -> None:
    op.create_table(
        "inquiry",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("report", sa.String(length=20), nullable=True),
        sa.Column("permit", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _account("inquiry", "asked_by"),
        _account("inquiry", "answered_by"),
        sa.ForeignKeyConstraint(
            ["org"], ["organisation.id"], name=op.f("fk_inquiry_org_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["report"], ["str_report.id"], name=op.f("fk_inquiry_report_str_report")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_inquiry_permit_permit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    for names in (["report"], ["state", "due"], ["org", "entity", "state"]):
        name = "_".join(names)
        op.create_index(op.f(f"ix_inquiry_{name}"), "inquiry", names, unique=False)


def _order() -> None:
    op.create_table(
        "suspension_order",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("wallet", sa.String(length=42), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("report", sa.String(length=20), nullable=True),
        sa.Column("prolongs", sa.String(length=20), nullable=True),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_asked_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _account("suspension_order", "proposed_by"),
        _account("suspension_order", "confirmed_by"),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_suspension_order_permit_permit")
        ),
        sa.ForeignKeyConstraint(
            ["report"], ["str_report.id"], name=op.f("fk_suspension_order_report_str_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension_order")),
    )
    for names in (["state", "until"], ["permit", "state"]):
        name = "_".join(names)
        op.create_index(
            op.f(f"ix_suspension_order_{name}"), "suspension_order", names, unique=False
        )
