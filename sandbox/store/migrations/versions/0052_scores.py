"""Scores of investigations: persons' marks, signed versions, contests, rules of courses."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
CASE, MOMENT = "investigation_case", sa.DateTime(timezone=True)
OPINION, SIGNATURE = "investigation_opinion", "investigation_signature"
CONTEST, RULES = "investigation_contest", "investigation_rules"


def upgrade() -> None:
    """Add the four tables."""
    _of_a_case(
        OPINION,
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("levels", JSON, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
    )
    _of_a_case(
        SIGNATURE,
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reduced_at", MOMENT, nullable=True),
    )
    _of_a_case(
        CONTEST,
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        RULES,
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("contest_days", sa.Integer(), nullable=False),
        sa.Column("pseudonyms", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("course", name=op.f(f"pk_{RULES}")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in (RULES, CONTEST, SIGNATURE, OPINION):
        op.drop_table(table)


def _of_a_case(table: str, second: sa.Column[int], *more: sa.Column[Any]) -> None:
    """A table whose rows are a case's, told apart by a number."""
    op.create_table(
        table,
        sa.Column("case", sa.String(length=32), nullable=False),
        second,
        *more,
        sa.ForeignKeyConstraint(["case"], [f"{CASE}.id"], name=op.f(f"fk_{table}_case_{CASE}")),
        sa.PrimaryKeyConstraint("case", second.name, name=op.f(f"pk_{table}")),
    )
