"""Exams: their rooms, and their books."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
EXAM, ROOM, ENTRY = "classroom_exam", "classroom_exam_room", "classroom_exam_entry"


def upgrade() -> None:
    """Create the tables and guard the book."""
    op.create_table(
        EXAM,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("planned_by", sa.String(length=32), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{EXAM}")),
    )
    op.create_index(
        op.f(f"ix_{EXAM}_course_assignment"), EXAM, ["course", "assignment"], unique=False
    )
    op.create_table(
        ROOM,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("exam", sa.String(length=32), nullable=False),
        sa.Column("group", sa.String(length=40), nullable=False),
        sa.Column("term", sa.String(length=20), nullable=False),
        sa.Column("opens", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invigilators", JSON, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["exam"], [f"{EXAM}.id"], name=op.f(f"fk_{ROOM}_exam_{EXAM}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{ROOM}")),
        sa.UniqueConstraint("exam", "group", "term", name=op.f(f"uq_{ROOM}_exam_group_term")),
    )
    op.create_table(
        ENTRY,
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("exam", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=32), nullable=True),
        sa.Column("student", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.String(length=64), nullable=True),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["exam"], [f"{EXAM}.id"], name=op.f(f"fk_{ENTRY}_exam_{EXAM}")),
        sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{ENTRY}")),
    )
    op.create_index(op.f(f"ix_{ENTRY}_exam"), ENTRY, ["exam"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {ENTRY}_append_only BEFORE UPDATE OR DELETE ON {ENTRY}"
            " FOR EACH ROW EXECUTE FUNCTION classroom_append_only()"
        )
    else:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {ENTRY}_no_{act.lower()} BEFORE {act} ON {ENTRY}"
                " BEGIN SELECT RAISE(ABORT, 'append only'); END"
            )


def downgrade() -> None:
    """Drop them."""
    for table in (ENTRY, ROOM, EXAM):
        op.drop_table(table)
