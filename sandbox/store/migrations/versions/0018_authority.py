"""One competent authority for each file; changes; what is shown to others; ended memberships."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; what was there belongs to one authority."""
    _authority()
    _competence_change()
    _file_share()
    _departure()
    _delegation()
    op.add_column("permit_file", sa.Column("authority", sa.String(length=40), nullable=True))
    op.create_index(
        op.f("ix_permit_file_authority_updated_at"),
        "permit_file",
        ["authority", "updated_at"],
        unique=False,
    )
    op.add_column(
        "committee_rules",
        sa.Column("authority", sa.String(length=40), nullable=True),
    )
    take_over()


def take_over() -> None:
    """Give every regulator and every submitted file the one authority that there was in effect.

    It is the authority of most regulators. Regulators of another organisation that is an authority,
    and those of none, saw the same files as these: they become its regulators too. An account that
    is a regulator's and also a firm's stays the firm's.
    """
    connection = op.get_bind()
    orgs = sa.table("organisation", *map(sa.column, ("id", "name", "kind")))
    accounts = sa.table("account", sa.column("name"), sa.column("org"), sa.column("seats", JSON))
    kinds = {row.id: row.kind for row in connection.execute(sa.select(orgs.c.id, orgs.c.kind))}
    found = connection.execute(sa.select(accounts)).mappings().all()
    theirs = [
        each
        for each in found
        if "regulator" in each["seats"] and kinds.get(each["org"], "authority") == "authority"
    ]
    counts: dict[str, int] = {}
    for each in theirs:
        if each["org"] is not None:
            counts[each["org"]] = counts.get(each["org"], 0) + 1
    if not counts:
        return
    default = min(counts, key=lambda org: (-counts[org], org))
    _make_competent(connection, orgs, default)
    names = [each["name"] for each in theirs]
    connection.execute(sa.update(accounts).where(accounts.c.name.in_(names)).values(org=default))


def _make_competent(connection: Any, orgs: Any, default: str) -> None:
    name = connection.execute(sa.select(orgs.c.name).where(orgs.c.id == default)).scalar_one()
    table = sa.table(
        "authority",
        *map(sa.column, ("org", "rank", "fallback", "source")),
        *(sa.column(each, JSON) for each in ("names", "kinds", "assets")),
    )
    connection.execute(
        sa.insert(table).values(
            org=default,
            names={"ky": name, "ru": name, "en": name},
            kinds=[],
            assets=[],
            rank=1,
            fallback=True,
            source="",
        )
    )
    files = sa.table("permit_file", *map(sa.column, ("submitted_at", "authority")))
    connection.execute(
        sa.update(files).where(files.c.submitted_at.is_not(None)).values(authority=default)
    )
    rules = sa.table("committee_rules", sa.column("authority"))
    connection.execute(sa.update(rules).values(authority=default))


def downgrade() -> None:
    """Take columns and tables away; accounts stay where they are."""
    op.drop_column("committee_rules", "authority")
    op.drop_index(op.f("ix_permit_file_authority_updated_at"), table_name="permit_file")
    op.drop_column("permit_file", "authority")
    op.drop_table("delegation")
    op.drop_table("departure")
    op.drop_table("file_share")
    op.drop_table("competence_change")
    op.drop_table("authority")


def _authority() -> None:
    op.create_table(
        "authority",
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("names", JSON, nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("assets", JSON, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org"], ["organisation.id"], name=op.f("fk_authority_org_organisation")
        ),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_authority")),
    )


def _competence_change() -> None:
    op.create_table(
        "competence_change",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=40), nullable=False),
        sa.Column("after", sa.String(length=40), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_person", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.Column("settled_at", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_refers("competence_change", "permit_file.id", "file"),
        *_refers("competence_change", "authority.org", "before", "after"),
        *_refers("competence_change", "account.name", "proposed_by", "settled_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competence_change")),
    )
    op.create_index(op.f("ix_competence_change_file"), "competence_change", ["file"], unique=False)


def _file_share() -> None:
    op.create_table(
        "file_share",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("shared_by", sa.String(length=32), nullable=False),
        sa.Column("shared_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_refers("file_share", "permit_file.id", "file"),
        *_refers("file_share", "authority.org", "authority", "by"),
        *_refers("file_share", "account.name", "shared_by", "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_share")),
    )
    op.create_index(op.f("ix_file_share_file"), "file_share", ["file"], unique=False)
    op.create_index(
        op.f("ix_file_share_authority_until"), "file_share", ["authority", "until"], unique=False
    )


def _departure() -> None:
    op.create_table(
        "departure",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("accounts", JSON, nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("successor", sa.String(length=32), nullable=True),
        sa.Column("done", JSON, nullable=False),
        sa.Column("gateway_at", TIME, nullable=True),
        sa.Column("hub", JSON, nullable=True),
        sa.Column("hub_at", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_refers("departure", "organisation.id", "org"),
        *_refers("departure", "account.name", "ended_by", "successor"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    op.create_index(op.f("ix_departure_org"), "departure", ["org"], unique=False)


def _delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("giver", sa.String(length=32), nullable=False),
        sa.Column("giver_person", sa.String(length=40), nullable=False),
        sa.Column("taker", sa.String(length=32), nullable=False),
        sa.Column("taker_person", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=20), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("starts", TIME, nullable=False),
        sa.Column("ends", TIME, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_refers("delegation", "organisation.id", "authority"),
        *_refers("delegation", "account.name", "giver", "taker", "ended_by"),
        *_refers("delegation", "permit_file.id", "file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(
        op.f("ix_delegation_authority_ends"), "delegation", ["authority", "ends"], unique=False
    )


def _refers(table: str, column: str, *names: str) -> list[sa.ForeignKeyConstraint]:
    other = column.partition(".")[0]
    return [
        sa.ForeignKeyConstraint([name], [column], name=op.f(f"fk_{table}_{name}_{other}"))
        for name in names
    ]
