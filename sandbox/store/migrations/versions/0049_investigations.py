"""Investigations in courses: trainees' cases and answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
LAB, CASE, ANSWER = "investigation", "investigation_case", "investigation_answer"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        LAB,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("lab", sa.String(length=8), nullable=False),
        sa.Column("difficulty", sa.String(length=16), nullable=False),
        sa.Column("opens", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("opened_by", sa.String(length=32), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{LAB}")),
    )
    op.create_index(op.f(f"ix_{LAB}_course"), LAB, ["course"], unique=False)
    op.create_table(
        CASE,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("investigation", sa.String(length=32), nullable=False),
        sa.Column("trainee", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.String(length=64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("draft", JSON, nullable=False),
        sa.Column("handed_in_at", MOMENT, nullable=True),
        sa.Column("reset_at", MOMENT, nullable=True),
        sa.Column("shown_at", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation"], [f"{LAB}.id"], name=op.f(f"fk_{CASE}_investigation_{LAB}")
        ),
        sa.ForeignKeyConstraint(
            ["trainee"], ["account.name"], name=op.f(f"fk_{CASE}_trainee_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CASE}")),
        sa.UniqueConstraint(
            *("investigation", "trainee", "attempt"),
            name=op.f(f"uq_{CASE}_investigation_trainee_attempt"),
        ),
    )
    op.create_index(op.f(f"ix_{CASE}_trainee"), CASE, ["trainee"], unique=False)
    op.create_table(
        ANSWER,
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("marks", JSON, nullable=True),
        sa.Column("marked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["case"], [f"{CASE}.id"], name=op.f(f"fk_{ANSWER}_case_{CASE}")),
        sa.PrimaryKeyConstraint("case", name=op.f(f"pk_{ANSWER}")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in (ANSWER, CASE, LAB):
        op.drop_table(table)
