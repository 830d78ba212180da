"""The Committee: appointments, rules of procedure, sittings, agendas; experts; minutes' number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _account(table: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], ["account.name"], name=op.f(f"fk_{table}_{name}_account")
    )


def upgrade() -> None:
    """Create the tables; decisions made before refer to no minutes."""
    op.add_column("decision", sa.Column("minutes", sa.String(length=20), nullable=True))
    _members()
    _sittings()
    _experts()


def _recorded() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("recorded_person", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
    ]


def _members() -> None:
    table = "committee_appointment"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("order_number", sa.String(length=80), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("acting_for", sa.String(length=40), nullable=True),
        *_recorded(),
        sa.Column("ending", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _account(table, "account"),
        _account(table, "recorded_by"),
        _account(table, "confirmed_by"),
        sa.ForeignKeyConstraint(
            ["acting_for"],
            ["committee_appointment.id"],
            name=op.f("fk_committee_appointment_acting_for_committee_appointment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_committee_appointment")),
    )
    table = "committee_rules"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("order_number", sa.String(length=80), nullable=False),
        *_recorded(),
        sa.Column("revision", sa.Integer(), nullable=False),
        _account(table, "recorded_by"),
        _account(table, "confirmed_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_committee_rules")),
    )


def _sittings() -> None:
    table = "committee_sitting"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("secretary", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("called_by", sa.String(length=32), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", JSON, nullable=True),
        sa.Column("members", JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.String(length=20), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("signatures", JSON, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority"],
            ["organisation.id"],
            name=op.f("fk_committee_sitting_authority_organisation"),
        ),
        _account(table, "secretary"),
        _account(table, "called_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_committee_sitting")),
        sa.UniqueConstraint("minutes", name=op.f("uq_committee_sitting_minutes")),
    )
    for name in ("held_at", "state"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)
    table = "committee_item"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sitting", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared", JSON, nullable=False),
        sa.Column("ballots", JSON, nullable=False),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("application", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sitting"],
            ["committee_sitting.id"],
            name=op.f("fk_committee_item_sitting_committee_sitting"),
        ),
        sa.ForeignKeyConstraint(
            ["file"], ["permit_file.id"], name=op.f("fk_committee_item_file_permit_file")
        ),
        _account(table, "added_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_committee_item")),
    )
    for name in ("sitting", "file"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)


def _experts() -> None:
    table = "expert_invitation"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.String(length=32), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undertaking", JSON, nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("opinion_digest", sa.String(length=64), nullable=True),
        sa.Column("opinion_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file"], ["permit_file.id"], name=op.f("fk_expert_invitation_file_permit_file")
        ),
        _account(table, "account"),
        _account(table, "invited_by"),
        _account(table, "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_invitation")),
    )
    for name in ("file", "person"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("expert_invitation")
    op.drop_table("committee_item")
    op.drop_table("committee_sitting")
    op.drop_table("committee_rules")
    op.drop_table("committee_appointment")
    op.drop_column("decision", "minutes")
