"""What stays after an erasure: for whom a complaint counts, and what is under seal."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TABLE = "sealed_identity"


def upgrade() -> None:
    """Add both; each customer who has complained counts under a random pseudonym."""
    op.add_column("complaint", sa.Column("counts_as", sa.String(length=64), nullable=True))
    complaint = sa.table("complaint", sa.column("customer"), sa.column("counts_as"))
    customers = sa.select(complaint.c.customer).distinct().where(complaint.c.customer.is_not(None))
    for customer in op.get_bind().scalars(customers).all():
        own = sa.update(complaint).where(complaint.c.customer == customer)
        op.execute(own.values(counts_as=uuid.uuid4().hex))
    op.create_table(
        TABLE,
        sa.Column("customer", sa.String(length=40), nullable=False),
        sa.Column("permit", sa.String(length=20), nullable=False),
        sa.Column("wallet", sa.String(length=42), nullable=False),
        sa.Column("found", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer"], ["customer.id"], name=op.f(f"fk_{TABLE}_customer_customer")
        ),
        sa.ForeignKeyConstraint(
            ["permit"], ["permit.number"], name=op.f(f"fk_{TABLE}_permit_permit")
        ),
        sa.PrimaryKeyConstraint("customer", name=op.f(f"pk_{TABLE}")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table(TABLE)
    with op.batch_alter_table("complaint") as batch:
        batch.drop_column("counts_as")
