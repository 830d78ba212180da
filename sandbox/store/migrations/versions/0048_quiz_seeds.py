"""The order of a quiz's questions and choices by a secret of the attempt, not by its address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLE = "classroom_quiz"


def upgrade() -> None:
    """Add the column; attempts of before keep their order, which followed from their id."""
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("seed", sa.String(length=32), nullable=True))
    op.execute(sa.text(f"UPDATE {TABLE} SET seed = id"))  # noqa: S608 (a name of ours)
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("seed", existing_type=sa.String(length=32), nullable=False)


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table(TABLE) as table:
        table.drop_column("seed")
