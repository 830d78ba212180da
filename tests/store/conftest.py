"""Each test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import pytest

from sandbox.store import Store
from tests.store.postgres import HOW, binaries, cluster, new_database


@pytest.fixture(scope="session")
def postgres():
    if binaries() is None:
        pytest.skip(HOW)
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def store(empty_url):
    made = Store(empty_url)
    made.migrate()
    yield made
    made.close()
