from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.store import Store
from sandbox.store.quiz_tables import Attempts
from sandbox.store.store import MIGRATIONS


def _to(store: Store, revision: str, which=command.upgrade) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        which(config, revision)
        connection.commit()


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


def test_papers_keep_their_scans_and_get_their_authors_authority(store):
    at = datetime(2024, 5, 17, tzinfo=UTC)
    with store.unit() as u:
        u.organisations.add(Organisation("nbkr", "Bank", OrganisationKind.AUTHORITY, at))
        seats = (Seat.REGULATOR,)
        u.accounts.add(Account("ermek", "Ermek", "p", "nbkr", seats, "ky", True, at))
        u.commit()
    _to(store, "0028", command.downgrade)
    case = ("P-2024-0001", "14-3", at.date(), "t", "a", "", "refused", "", "ermek", at)
    scan = ("s", "P-2024-0001", "n", "m", 1, "h", "ermek", at)
    with store.engine.begin() as connection:
        for table, row in (("paper_case", case), ("paper_scan", scan)):
            values = ", ".join(f"'{each}'" for each in row)
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")
    store.migrate()
    with store.unit(read_only=True) as u:
        found = u.paper_cases.get("P-2024-0001")
        assert (found.authority, found.number) == ("nbkr", "14-3")
        assert [each.id for each in u.paper_scans.of_case(found.id)] == ["s"]
    assert _differences(store) == []


def test_attempts_at_quizzes_keep_their_order_and_new_ones_have_a_seed_of_their_own(store):
    at = datetime(2026, 9, 1, tzinfo=UTC)
    with store.unit() as u:
        u.accounts.add(Account("lira", "Lira", "p", None, (Seat.STUDENT,), "ky", True, at))
        u.commit()
    _to(store, "0047", command.downgrade)
    row = ("a" * 32, "money", "keys", "lira", 1, "m", at, "{}", at, 1)
    names = "id, course, assignment, student, number, master, started_at, answers, finished_at"
    with store.engine.begin() as connection:
        values = ", ".join(f"'{each}'" for each in row)
        connection.exec_driver_sql(
            f"INSERT INTO classroom_quiz ({names}, revision) VALUES ({values})"
        )
    store.migrate()
    with store.unit(read_only=True) as u:
        (found,) = Attempts(u.session).of("money", "keys")
        assert (found.id, found.seed) == ("a" * 32, "a" * 32)
    assert _differences(store) == []
