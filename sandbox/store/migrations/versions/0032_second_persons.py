"""Changes of the calendar wait for a second person; a paper's number is once in an authority."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLE = "calendar_change"


@contextmanager
def _scans_aside() -> Iterator[None]:
    """SQLite writes a table anew and drops the old one, to which no row may point meanwhile."""
    anew = op.get_bind().dialect.name == "sqlite"
    if anew:
        op.execute("CREATE TEMPORARY TABLE scans_aside AS SELECT * FROM paper_scan")
        op.execute("DELETE FROM paper_scan")
    yield
    if anew:
        op.execute("INSERT INTO paper_scan SELECT * FROM scans_aside")
        op.execute("DROP TABLE scans_aside")


def upgrade() -> None:
    """Add the table, and whose each paper is: its author's authority."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("instead", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("deadline", sa.String(length=40), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_person", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], ["account.name"], name=op.f(f"fk_{TABLE}_{name}_account")
            )
            for name in ("proposed_by", "settled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_state"), TABLE, ["state"], unique=False)
    op.add_column("paper_case", sa.Column("authority", sa.String(length=40), nullable=True))
    op.execute(
        "UPDATE paper_case SET authority ="
        " (SELECT org FROM account WHERE account.name = paper_case.by)"
    )
    with _scans_aside(), op.batch_alter_table("paper_case") as table:
        table.drop_constraint(op.f("uq_paper_case_number"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_paper_case_authority_number"), ["authority", "number"]
        )
        table.create_foreign_key(
            op.f("fk_paper_case_authority_organisation"), "organisation", ["authority"], ["id"]
        )


def downgrade() -> None:
    """Drop them; two authorities' papers with one number must be told apart by hand before."""
    with _scans_aside(), op.batch_alter_table("paper_case") as table:
        table.drop_constraint(op.f("fk_paper_case_authority_organisation"), type_="foreignkey")
        table.drop_constraint(op.f("uq_paper_case_authority_number"), type_="unique")
        table.create_unique_constraint(op.f("uq_paper_case_number"), ["number"])
        table.drop_column("authority")
    op.drop_table(TABLE)
