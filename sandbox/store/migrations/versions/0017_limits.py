"""Where people live and how well they are identified; requirements without a number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; nothing was said of people who were invited before."""
    _known_person()
    _requirement()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("requirement")
    op.drop_table("known_person")


def _known_person() -> None:
    op.create_table(
        "known_person",
        sa.Column("customer", sa.String(length=40), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("residence", sa.String(length=2), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["account.name"], name=op.f("fk_known_person_by_account")),
        sa.ForeignKeyConstraint(
            ["customer"], ["customer.id"], name=op.f("fk_known_person_customer_customer")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f("fk_known_person_permit_permit")
        ),
        sa.PrimaryKeyConstraint("customer", name=op.f("pk_known_person")),
    )
    op.create_index(op.f("ix_known_person_permit"), "known_person", ["permit"], unique=False)


def _requirement() -> None:
    accounts = [
        sa.ForeignKeyConstraint(
            [name], ["account.name"], name=op.f(f"fk_requirement_{name}_account")
        )
        for name in ("set_by", "filed_by", "judged_by")
    ]
    op.create_table(
        "requirement",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every_months", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("filed_by", sa.String(length=32), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_by", sa.String(length=32), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        *accounts,
        sa.ForeignKeyConstraint(
            ["file"], ["permit_file.id"], name=op.f("fk_requirement_file_permit_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement")),
    )
    for name in ("due", "file", "state"):
        op.create_index(op.f(f"ix_requirement_{name}"), "requirement", [name], unique=False)
