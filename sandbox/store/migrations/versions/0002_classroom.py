"""The classroom's tables; what happened cannot be changed afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the tables and guard the list of actions."""
    op.create_table(
        "classroom_action",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("student", sa.String(length=32), nullable=True),
        sa.Column("bundle", sa.String(length=64), nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_classroom_action")),
        sa.UniqueConstraint("id", name=op.f("uq_classroom_action_id")),
    )
    op.create_index(
        op.f("ix_classroom_action_course_assignment_kind_student_number"),
        "classroom_action",
        ["course", "assignment", "kind", "student", "number"],
        unique=False,
    )
    op.create_table(
        "classroom_bundle",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("entries", JSON, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_classroom_bundle")),
    )
    op.create_table(
        "classroom_course",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("titles", JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_classroom_course")),
    )
    op.create_table(
        "classroom_job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("assignment", sa.String(length=48), nullable=False),
        sa.Column("master", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classroom_job")),
        sa.UniqueConstraint(
            "submission", "master", name=op.f("uq_classroom_job_submission_master")
        ),
    )
    op.create_index(
        op.f("ix_classroom_job_state_priority_created_at"),
        "classroom_job",
        ["state", "priority", "created_at"],
        unique=False,
    )
    op.create_table(
        "classroom_mark",
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.Column("notebook", sa.String(length=160), nullable=False),
        sa.Column("cell", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("mark", sa.Float(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("teacher_mark", sa.Float(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("submission", "notebook", "cell", name=op.f("pk_classroom_mark")),
    )
    op.create_table(
        "classroom_member",
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("course", "account", name=op.f("pk_classroom_member")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER classroom_action_no_{act.lower()} BEFORE {act} ON classroom_action"
            " BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION classroom_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'append only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER classroom_action_append_only BEFORE UPDATE OR DELETE ON classroom_action"
        " FOR EACH ROW EXECUTE FUNCTION classroom_append_only()"
    )


def downgrade() -> None:
    """Drop the tables."""

    op.drop_table("classroom_member")
    op.drop_table("classroom_mark")
    op.drop_index(op.f("ix_classroom_job_state_priority_created_at"), table_name="classroom_job")
    op.drop_table("classroom_job")
    op.drop_table("classroom_course")
    op.drop_table("classroom_bundle")
    op.drop_index(
        op.f("ix_classroom_action_course_assignment_kind_student_number"),
        table_name="classroom_action",
    )
    op.drop_table("classroom_action")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION classroom_append_only()")
