from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from sandbox.store import Store
from tests.gateway.support import System
from tests.services.exports import lived
from tests.services.world import World
from tests.store.conftest import postgres  # noqa: F401 - the private cluster


@pytest.fixture(scope="session")
def system():
    """One real gateway with engines and signer; every test takes permits of its own."""
    root = Path(tempfile.mkdtemp(prefix="sv-"))
    running = System(root).start()
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A migrated, empty SQLite store, to copy."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    made = Store(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture(scope="session")
def evidence(empty_store):
    """A permit that lived, with evidence files of it; tests leave its journals and log whole."""
    with lived(empty_store) as made:
        yield made


@pytest.fixture
def store(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "store.db")
    made = Store(f"sqlite:///{tmp_path}/store.db")
    yield made
    made.close()


@pytest.fixture
def world(store, system):
    return World(store, system)
