"""Departments, their coordinators, and courses that run in a term."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
COURSE, DEPARTMENT, COORDINATOR = "classroom_course", "department", "department_coordinator"


def upgrade() -> None:
    """Add the tables; courses of before have no department and no term, and are open."""
    op.create_table(
        DEPARTMENT,
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("names", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org"], ["organisation.id"], name=op.f(f"fk_{DEPARTMENT}_org_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{DEPARTMENT}")),
    )
    op.create_table(
        COORDINATOR,
        sa.Column("department", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["department"], ["department.id"], name=op.f(f"fk_{COORDINATOR}_department_department")
        ),
        sa.ForeignKeyConstraint(
            ["account"], ["account.name"], name=op.f(f"fk_{COORDINATOR}_account_account")
        ),
        sa.PrimaryKeyConstraint("department", "account", name=op.f(f"pk_{COORDINATOR}")),
    )
    op.create_index(op.f(f"ix_{COORDINATOR}_account"), COORDINATOR, ["account"], unique=False)
    with op.batch_alter_table(COURSE) as table:
        table.add_column(sa.Column("content", sa.String(length=48), nullable=True))
        table.add_column(sa.Column("department", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("term", sa.String(length=20), nullable=False, server_default=""))
        table.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(
            op.f(f"fk_{COURSE}_department_department"), DEPARTMENT, ["department"], ["id"]
        )
    with op.batch_alter_table(COURSE) as table:
        table.alter_column("term", server_default=None)
    op.create_index(op.f(f"ix_{COURSE}_department"), COURSE, ["department"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f(f"ix_{COURSE}_department"), table_name=COURSE)
    with op.batch_alter_table(COURSE) as table:
        table.drop_constraint(op.f(f"fk_{COURSE}_department_department"), type_="foreignkey")
        for name in ("content", "department", "term", "archived_at"):
            table.drop_column(name)
    op.drop_table(COORDINATOR)
    op.drop_table(DEPARTMENT)
