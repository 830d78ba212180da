"""Another sponsor for a live permit: who is named, and how it accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Add the columns; nobody was named before."""
    op.add_column("permit_file", sa.Column("candidate", sa.String(length=40), nullable=True))
    op.create_index(op.f("ix_permit_file_candidate"), "permit_file", ["candidate"], unique=False)
    op.add_column("petition", sa.Column("sponsor", sa.String(length=40), nullable=True))
    op.add_column("petition", sa.Column("signature", JSON, nullable=True))


def downgrade() -> None:
    """Take the columns away."""
    op.drop_column("petition", "signature")
    op.drop_column("petition", "sponsor")
    op.drop_index(op.f("ix_permit_file_candidate"), table_name="permit_file")
    op.drop_column("permit_file", "candidate")
