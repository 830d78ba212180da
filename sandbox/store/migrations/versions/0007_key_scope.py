"""What a permit key is limited to: methods, chains, addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Add the column; keys made before have no limits of their own."""
    op.add_column("access_key", sa.Column("scope", JSON, nullable=True))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("access_key", "scope")
