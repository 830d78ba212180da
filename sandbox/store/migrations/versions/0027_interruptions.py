"""What the system knows of an incident that it opened by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)


def upgrade() -> None:
    """Add the column; of earlier incidents nothing more is known."""
    op.add_column("incident", sa.Column("facts", JSON, nullable=True))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("incident") as batch:
        batch.drop_column("facts")
