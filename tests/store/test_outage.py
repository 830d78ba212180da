"""A store that goes away and comes back: refused meanwhile, used again without a restart."""

from __future__ import annotations

import psycopg
import pytest

from sandbox.kit.errors import Unavailable
from sandbox.store import Store
from tests.store.postgres import new_database


@pytest.fixture
def url(postgres):
    return new_database(postgres)


@pytest.fixture
def remote(url):
    made = Store(url)
    made.migrate()
    yield made
    made.close()


def _cut(url):
    """End every connection to the database from the server's side."""
    name = url.split("@/")[1].split("?")[0]
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )


def test_a_connection_cut_in_the_middle_is_one_clear_error_and_the_next_unit_works(remote, url):
    def cut_off():
        with remote.unit() as u:
            u.counters.next("x")
            _cut(url)
            u.counters.next("x")

    with pytest.raises(Unavailable, match=r"store\.unavailable"):
        cut_off()
    with remote.unit() as u:
        assert u.counters.next("x") == 1
        u.commit()


def test_connections_cut_while_idle_are_not_noticed(remote, url):
    with remote.unit() as u:
        u.counters.next("x")
        u.commit()
    _cut(url)
    with remote.unit() as u:
        assert u.counters.next("x") == 2


def test_a_locked_sqlite_store_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("sandbox.store.store.BUSY_MILLISECONDS", 100)
    store = Store(f"sqlite:///{tmp_path}/store.db")
    store.migrate()

    def second():
        with store.unit() as u:
            u.counters.next("x")

    with store.unit() as u:
        u.counters.next("x")
        with pytest.raises(Unavailable, match=r"store\.unavailable"):
            second()
        u.commit()
    second()
    store.close()
