"""Cases decided on paper, and their scans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=op.f(name))


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "paper_case",
        *(_text("id", 20), _text("number", 160)),
        sa.Column("dated", sa.Date(), nullable=False),
        *(_text(name, 160) for name in ("title", "applicant", "sponsor")),
        _text("outcome", 40),
        sa.Column("summary", sa.Text(), nullable=False),
        _text("by", 32),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("paper_case", "by", "account.name"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_case")),
        sa.UniqueConstraint("number", name=op.f("uq_paper_case_number")),
    )
    op.create_table(
        "paper_scan",
        *(_text("id", 40), _text("case", 20), _text("name", 120), _text("media", 100)),
        sa.Column("size", sa.Integer(), nullable=False),
        *(_text("sha256", 64), _text("by", 32)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("paper_scan", "by", "account.name"),
        _key("paper_scan", "case", "paper_case.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_scan")),
        sa.UniqueConstraint("case", "sha256", name=op.f("uq_paper_scan_case_sha256")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("paper_scan")
    op.drop_table("paper_case")
