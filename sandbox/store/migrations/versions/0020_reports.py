"""Periodic reports and their versions; incidents and what is said about them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the tables; reports begin with the periods that end from now on."""
    _report()
    _version()
    _incident()


def downgrade() -> None:
    """Drop the tables."""
    for name in ("incident_note", "incident", "report_version", "report"):
        op.drop_table(name)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """A foreign key with its conventional name. ``target``: ``table.column``."""
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=op.f(name))


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, JSON, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _report() -> None:
    op.create_table(
        "report",
        _text("id", 20),
        _text("permit", 20),
        _text("file", 20),
        _text("requirement", 40),
        _number("months"),
        _time("start"),
        _time("end"),
        _time("due"),
        sa.Column("sponsor_signs", sa.Boolean(), nullable=False),
        _text("state", 40),
        _time("opened_at"),
        _json("figures"),
        _json("based_on"),
        _time("computed_at"),
        _json("narrative"),
        _json("corrections"),
        _number("version"),
        _time("submitted_at", nullable=True),
        _time("accepted_at", nullable=True),
        _number("revision"),
        _key("report", "permit", "permit.number"),
        _key("report", "file", "permit_file.id"),
        _key("report", "requirement", "requirement.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint(
            "permit", "months", "start", name=op.f("uq_report_permit_months_start")
        ),
    )
    op.create_index(op.f("ix_report_state_due"), "report", ["state", "due"], unique=False)


def _version() -> None:
    op.create_table(
        "report_version",
        _text("report", 20),
        _number("version"),
        _json("figures"),
        _json("based_on"),
        _json("narrative"),
        _json("corrections"),
        _text("digest", 64),
        _text("submitted_by", 32),
        _time("submitted_at"),
        _text("signed_by", 32, nullable=True),
        _time("signed_at", nullable=True),
        _text("outcome", 40, nullable=True),
        _text("judged_by", 32, nullable=True),
        _time("judged_at", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _number("revision"),
        _key("report_version", "report", "report.id"),
        *(
            _key("report_version", name, "account.name")
            for name in ("submitted_by", "signed_by", "judged_by")
        ),
        sa.PrimaryKeyConstraint("report", "version", name=op.f("pk_report_version")),
    )


def _incident() -> None:
    op.create_table(
        "incident",
        _text("id", 20),
        _text("permit", 20, nullable=True),
        _text("file", 20, nullable=True),
        *(_text(name, 40) for name in ("kind", "severity", "state")),
        _text("reported_by", 32),
        *(_time(name) for name in ("reported_at", "noticed_at", "notice_due")),
        sa.Column("noticed_late", sa.Boolean(), nullable=True),
        sa.Column("affected", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        _time("final_at", nullable=True),
        _text("closed_by", 32, nullable=True),
        _time("closed_at", nullable=True),
        sa.Column("lessons", sa.Text(), nullable=False),
        _number("revision"),
        _key("incident", "permit", "permit.number"),
        _key("incident", "file", "permit_file.id"),
        _key("incident", "closed_by", "account.name"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    for columns in (["state"], ["permit", "reported_at"]):
        name = op.f(f"ix_incident_{'_'.join(columns)}")
        op.create_index(name, "incident", columns, unique=False)
    op.create_table(
        "incident_note",
        _text("incident", 20),
        _number("place"),
        _text("act", 40),
        _text("by", 32),
        _time("at"),
        sa.Column("text", sa.Text(), nullable=False),
        _key("incident_note", "incident", "incident.id"),
        _key("incident_note", "by", "account.name"),
        sa.PrimaryKeyConstraint("incident", "place", name=op.f("pk_incident_note")),
    )
