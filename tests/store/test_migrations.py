from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

from sandbox.store import Store


def _differences(store: Store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, SQLModel.metadata)


def test_upgrade_from_empty_gives_exactly_the_metadata(store):
    assert _differences(store) == []


def test_an_added_column_would_be_noticed(store):
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE question ADD COLUMN forgotten TEXT")
    assert [each[0] for each in _differences(store)] == ["remove_column"]


def test_upgrade_twice_changes_nothing(store):
    store.migrate()
    assert _differences(store) == []


def test_every_constraint_has_a_name(store):
    inspector = inspect(store.engine)
    for table in inspector.get_table_names():
        names = [inspector.get_pk_constraint(table)["name"]]
        names += [each["name"] for each in inspector.get_foreign_keys(table)]
        names += [each["name"] for each in inspector.get_unique_constraints(table)]
        assert table == "alembic_version" or all(names), table
