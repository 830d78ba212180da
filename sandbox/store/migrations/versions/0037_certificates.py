"""Certificates of courses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLE = "classroom_certificate"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("titles", JSON, nullable=False),
        sa.Column("outcomes", JSON, nullable=False),
        sa.Column("pass_mark", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("list_place", sa.Integer(), nullable=False),
        sa.Column("issued_by", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.String(length=32), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.name"], name=op.f(f"fk_{TABLE}_account_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(
            "list_number", "list_place", name=op.f(f"uq_{TABLE}_list_number_list_place")
        ),
    )
    for columns in (["account"], ["course", "account"]):
        op.create_index(op.f(f"ix_{TABLE}_{'_'.join(columns)}"), TABLE, columns, unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table(TABLE)
