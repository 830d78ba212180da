"""The life of a permit: deadlines, petitions, automatic acts, duty roster, calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _deadlines()
    _petitions()
    _automatic_acts()
    _desk_wide()


def _deadlines() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file"], ["permit_file.id"], name=op.f("fk_deadline_file_permit_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index(op.f("ix_deadline_file"), "deadline", ["file"], unique=False)
    op.create_index(
        op.f("ix_deadline_state_next_at"), "deadline", ["state", "next_at"], unique=False
    )


def _petitions() -> None:
    op.create_table(
        "petition",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_person", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=40), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.String(length=32), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.name"], name=op.f("fk_petition_asked_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["account.name"], name=op.f("fk_petition_closed_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["decision"], ["decision.id"], name=op.f("fk_petition_decision_decision")
        ),
        sa.ForeignKeyConstraint(
            ["file"], ["permit_file.id"], name=op.f("fk_petition_file_permit_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition")),
    )
    op.create_index(op.f("ix_petition_file"), "petition", ["file"], unique=False)


def _automatic_acts() -> None:
    op.create_table(
        "automatic_act",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("deadline", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("officer", sa.String(length=32), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deadline"], ["deadline.id"], name=op.f("fk_automatic_act_deadline_deadline")
        ),
        sa.ForeignKeyConstraint(
            ["file"], ["permit_file.id"], name=op.f("fk_automatic_act_file_permit_file")
        ),
        sa.ForeignKeyConstraint(
            ["officer"], ["account.name"], name=op.f("fk_automatic_act_officer_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automatic_act")),
    )
    op.create_index(op.f("ix_automatic_act_file"), "automatic_act", ["file"], unique=False)
    op.create_index(op.f("ix_automatic_act_state"), "automatic_act", ["state"], unique=False)


def _desk_wide() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("starts", MOMENT, nullable=False),
        sa.Column("ends", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.name"], name=op.f("fk_duty_account_account")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account.name"], name=op.f("fk_duty_ended_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["account.name"], name=op.f("fk_duty_entered_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index(op.f("ix_duty_ends"), "duty", ["ends"], unique=False)
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("pair", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["account.name"], name=op.f("fk_calendar_day_entered_by_account")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "regime_days",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["set_by"], ["account.name"], name=op.f("fk_regime_days_set_by_account")
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_regime_days")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "regime_days",
        "calendar_day",
        "duty",
        "automatic_act",
        "petition",
        "deadline",
    ):
        op.drop_table(name)
