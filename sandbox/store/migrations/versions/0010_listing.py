"""Lists are searched and ordered by the database: folded words, and indexes for their orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sandbox.kit.folding import folded

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEXES = (
    ("permit_file", ("updated_at", "id")),
    ("permit_file", ("org", "updated_at")),
    ("permit_file", ("sponsor", "updated_at")),
    ("decision", ("status", "file")),
    ("permit", ("sponsor",)),
    ("permit", ("settlement",)),
)
PART = 500


def upgrade() -> None:
    """Add the columns and the indexes, and fold what is there."""
    for table in ("organisation", "permit_file"):
        op.add_column(table, sa.Column("folded", sa.Text(), nullable=False, server_default=""))
    for table, columns in INDEXES:
        op.create_index(op.f(_name(table, columns)), table, list(columns), unique=False)
    fold_all()


def fold_all() -> None:
    """Fold what every file and every organisation is found by."""
    files = sa.table("permit_file", *map(sa.column, ("title", "id", "permit", "folded")))
    orgs = sa.table("organisation", *map(sa.column, ("id", "name", "folded")))
    _fold(files, ("title", "id", "permit"))
    _fold(orgs, ("name",))


def downgrade() -> None:
    """Take the indexes and the columns away."""
    for table, columns in INDEXES:
        op.drop_index(op.f(_name(table, columns)), table_name=table)
    for table in ("organisation", "permit_file"):
        op.drop_column(table, "folded")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _fold(table: sa.TableClause, names: tuple[str, ...]) -> None:
    """Write the folded words of every row, a part at a time."""
    connection, last = op.get_bind(), ""
    change = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row"))
        .values(folded=sa.bindparam("words"))
    )
    while True:
        query = sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(PART)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        connection.execute(
            change,
            [
                {
                    "row": row["id"],
                    "words": folded(" ".join(str(row[name] or "") for name in names)),
                }
                for row in rows
            ],
        )
        last = rows[-1]["id"]
