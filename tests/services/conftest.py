from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from sandbox.store import Store
from tests.gateway.support import System
from tests.services.committee_room import Room
from tests.services.exports import lived
from tests.services.world import World
from tests.store.conftest import empty_store, postgres  # noqa: F401 - fixtures
from tests.store.postgres import HOW, binaries, migrated_database
from tests.web.world import signer


@pytest.fixture(scope="session")
def system():
    """One real gateway with engines and signer; every test takes permits of its own."""
    root = Path(tempfile.mkdtemp(prefix="sv-"))
    running = System(root).start()
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def evidence(empty_store):  # noqa: F811
    """A permit that lived, with evidence files of it; tests leave its journals and log whole."""
    with lived(empty_store) as made:
        yield made


@pytest.fixture
def store(tmp_path, empty_store):  # noqa: F811
    shutil.copy(empty_store, tmp_path / "store.db")
    made = Store(f"sqlite:///{tmp_path}/store.db")
    yield made
    made.close()


@pytest.fixture
def world(store, system):
    return World(store, system)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A real signer of its own."""
    with signer(tmp_path_factory.mktemp("k")) as client:
        yield client


@pytest.fixture
def room(store, keys):
    """A desk with a Committee, on SQLite."""
    return Room(store, keys)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, keys):
    """A room on each store."""
    if request.param == "sqlite":
        yield Room(request.getfixturevalue("store"), keys)
        return
    if binaries() is None:
        pytest.skip(HOW)
    made = Store(migrated_database(request.getfixturevalue("postgres")))
    yield Room(made, keys)
    made.close()
