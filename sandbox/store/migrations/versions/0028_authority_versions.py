"""Contact, term and versions of what is recorded of an authority."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLE = "authority_version"


def upgrade() -> None:
    """Add the columns and the table; what was recorded before has no version."""
    with op.batch_alter_table("authority") as table:
        table.add_column(sa.Column("contact", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("since", sa.Date(), nullable=True))
        table.add_column(sa.Column("until", sa.Date(), nullable=True))
    with op.batch_alter_table("authority") as table:
        table.alter_column("contact", server_default=None)
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
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
    op.create_index(op.f(f"ix_{TABLE}_org"), TABLE, ["org"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table(TABLE)
    with op.batch_alter_table("authority") as table:
        for name in ("contact", "since", "until"):
            table.drop_column(name)
