"""Comparisons of students' works, and files on similarity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
COMPARISON, ASIDE = "similarity_comparison", "similarity_set_aside"
FILE, STEP = "similarity_file", "similarity_step"


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Add the four tables."""
    op.create_table(
        COMPARISON,
        _text("course", 48),
        _text("assignment", 48),
        _text("made_by", 32),
        _time("made_at"),
        _number("works"),
        _number("others"),
        sa.Column("cut", JSON, nullable=False),
        sa.Column("pairs", JSON, nullable=False),
        sa.Column("authors", JSON, nullable=False),
        sa.PrimaryKeyConstraint("course", "assignment", name=op.f(f"pk_{COMPARISON}")),
    )
    op.create_table(
        ASIDE,
        _text("course", 48),
        _text("assignment", 48),
        _text("first", 32),
        _text("second", 32),
        sa.Column("note", sa.Text(), nullable=False),
        _text("by", 32),
        _time("at"),
        sa.PrimaryKeyConstraint(
            "course", "assignment", "first", "second", name=op.f(f"pk_{ASIDE}")
        ),
    )
    op.create_table(
        FILE,
        _number("number"),
        _text("course", 48),
        _text("assignment", 48),
        _text("student", 32),
        _text("submission", 32),
        _text("other", 32),
        _text("other_submission", 32),
        _text("other_course", 48),
        sa.Column("pair", JSON, nullable=False),
        _text("state", 40),
        _text("opened_by", 32),
        _time("opened_at"),
        _time("answer_due"),
        _text("finding", 40, nullable=True),
        _time("appeal_due", nullable=True),
        _text("proposed_by", 32, nullable=True),
        _number("revision"),
        sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{FILE}")),
    )
    op.create_index(op.f(f"ix_{FILE}_course_assignment"), FILE, ["course", "assignment"])
    op.create_index(op.f(f"ix_{FILE}_student"), FILE, ["student"])
    op.create_table(
        STEP,
        _number("file"),
        _number("place"),
        _text("act", 40),
        _text("by", 32),
        _time("at"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file", "place", name=op.f(f"pk_{STEP}")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in (STEP, FILE, ASIDE, COMPARISON):
        op.drop_table(table)
