"""Class lists, students' numbers and names, own passwords and one-time codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Add the tables; members of before have no group and no term, courses no university."""
    with op.batch_alter_table("classroom_member") as table:
        for name, length in (("group", 40), ("term", 20)):
            table.add_column(
                sa.Column(name, sa.String(length=length), nullable=False, server_default="")
            )
    with op.batch_alter_table("classroom_member") as table:
        for name in ("group", "term"):
            table.alter_column(name, server_default=None)
        table.add_column(sa.Column("duty", sa.String(length=40), nullable=True))
    with op.batch_alter_table("classroom_course") as table:
        table.add_column(sa.Column("org", sa.String(length=40), nullable=True))
        table.create_foreign_key(
            op.f("fk_classroom_course_org_organisation"), "organisation", ["org"], ["id"]
        )
    op.create_table(
        "classroom_person",
        sa.Column("account", sa.String(length=32), nullable=False),
        *(
            sa.Column(name, sa.String(length=length), nullable=False)
            for name, length in (
                *(("school", 40), ("number", 40), ("number_key", 40)),
                *(("surname", 60), ("given", 60), ("patronymic", 60), ("latin", 120)),
            )
        ),
        _account("classroom_person", "account"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_classroom_person")),
        sa.UniqueConstraint(
            "school", "number_key", name=op.f("uq_classroom_person_school_number_key")
        ),
    )
    op.create_table(
        "classroom_list",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(length=48), nullable=False),
        sa.Column("term", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=160), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        *(sa.Column(name, JSON, nullable=False) for name in ("rows", "changes", "kept")),
        sa.Column("sent_by", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        *(_account("classroom_list", name) for name in ("sent_by", "settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classroom_list")),
        sa.UniqueConstraint("number", name=op.f("uq_classroom_list_number")),
    )
    op.create_index(
        op.f("ix_classroom_list_course_number"),
        "classroom_list",
        ["course", "number"],
        unique=False,
    )
    op.create_table(
        "sign_in",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("password", sa.String(length=120), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=True),
        _account("sign_in", "account"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_sign_in")),
    )
    op.create_table(
        "sign_in_code",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("selector", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("used_at", "revoked_at")),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("created_at", "expires_at")
        ),
        *(_account("sign_in_code", name) for name in ("account", "created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_code")),
        sa.UniqueConstraint("selector", name=op.f("uq_sign_in_code_selector")),
    )
    op.create_index(op.f("ix_sign_in_code_account"), "sign_in_code", ["account"], unique=False)


def _account(table: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], ["account.name"], name=op.f(f"fk_{table}_{name}_account")
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("sign_in_code", "sign_in", "classroom_list", "classroom_person"):
        op.drop_table(name)
    with op.batch_alter_table("classroom_course") as table:
        table.drop_constraint(op.f("fk_classroom_course_org_organisation"), type_="foreignkey")
        table.drop_column("org")
    with op.batch_alter_table("classroom_member") as table:
        for name in ("group", "term", "duty"):
            table.drop_column(name)
