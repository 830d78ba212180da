"""Each test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil

import pytest

from sandbox.store import Store
from tests.store.postgres import HOW, binaries, cluster, migrated_database, new_database


@pytest.fixture(scope="session")
def postgres():
    if binaries() is None:
        pytest.skip(HOW)
    with cluster() as url:
        yield url


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A migrated, empty SQLite store, to copy."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    made = Store(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """Where a database without a table is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """A store of the newest revision."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_store"), tmp_path / "store.db")
        made = Store(f"sqlite:///{tmp_path}/store.db")
    else:
        made = Store(migrated_database(request.getfixturevalue("postgres")))
    yield made
    made.close()
