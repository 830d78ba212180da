"""Pauses, common cases and teams of investigations, and trainers' messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

LAB, CASE, MESSAGE = "investigation", "investigation_case", "investigation_message"
SEAT = "investigation_seat"
MOMENT = sa.DateTime(timezone=True)
ADDED = ("paused_at", "pause_reason", "pause_extends", "resumed_at", "code")


def upgrade() -> None:
    """Add the columns and the table."""
    with op.batch_alter_table(LAB) as table:
        table.add_column(sa.Column("paused_at", MOMENT, nullable=True))
        table.add_column(
            sa.Column("pause_reason", sa.String(length=200), nullable=False, server_default="")
        )
        table.add_column(
            sa.Column("pause_extends", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("resumed_at", MOMENT, nullable=True))
        table.add_column(sa.Column("code", sa.String(length=16), nullable=False, server_default=""))
    with op.batch_alter_table(LAB) as table:
        table.alter_column("pause_reason", server_default=None)
        table.alter_column("pause_extends", server_default=None)
        table.alter_column("code", server_default=None)
    op.create_index(op.f(f"ix_{LAB}_code"), LAB, ["code"], unique=False)
    with op.batch_alter_table(CASE) as table:
        table.add_column(sa.Column("worked_at", MOMENT, nullable=True))
        table.add_column(sa.Column("team", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("approved", sa.String(length=64), nullable=False, server_default="")
        )
    with op.batch_alter_table(CASE) as table:
        table.alter_column("approved", server_default=None)
    op.create_table(
        MESSAGE,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("investigation", sa.String(length=32), nullable=False),
        sa.Column("trainee", sa.String(length=32), nullable=True),
        sa.Column("prepared", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("after", sa.Integer(), nullable=True),
        sa.Column("sent_by", sa.String(length=32), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["investigation"], [f"{LAB}.id"], name=op.f(f"fk_{MESSAGE}_investigation_{LAB}")
        ),
        sa.ForeignKeyConstraint(
            ["trainee"], ["account.name"], name=op.f(f"fk_{MESSAGE}_trainee_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{MESSAGE}")),
    )
    op.create_index(op.f(f"ix_{MESSAGE}_investigation"), MESSAGE, ["investigation"], unique=False)
    op.create_table(
        SEAT,
        sa.Column("investigation", sa.String(length=32), nullable=False),
        sa.Column("trainee", sa.String(length=32), nullable=False),
        sa.Column("team", sa.Integer(), nullable=False),
        sa.Column("power", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation"], [f"{LAB}.id"], name=op.f(f"fk_{SEAT}_investigation_{LAB}")
        ),
        sa.ForeignKeyConstraint(
            ["trainee"], ["account.name"], name=op.f(f"fk_{SEAT}_trainee_account")
        ),
        sa.PrimaryKeyConstraint("investigation", "trainee", name=op.f(f"pk_{SEAT}")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table(SEAT)
    op.drop_table(MESSAGE)
    with op.batch_alter_table(CASE) as table:
        for name in ("worked_at", "team", "approved"):
            table.drop_column(name)
    op.drop_index(op.f(f"ix_{LAB}_code"), table_name=LAB)
    with op.batch_alter_table(LAB) as table:
        for name in ADDED:
            table.drop_column(name)
