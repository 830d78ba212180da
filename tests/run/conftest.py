import os

import pytest

from sandbox.run.identity import Identities
from sandbox.settings import Settings
from tests.support.system import system


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def settings(tmp_path):
    return Settings.load({"SYNAK_STATE_DIR": str(tmp_path / "s"), "SYNAK_DEVELOPMENT": "1"})


@pytest.fixture
def ids():
    return Identities(61_000, separate=os.geteuid() == 0)


@pytest.fixture(scope="package")
def running_system():
    """One running system for the tests of this folder; it ends with them."""
    with system() as one:
        one.start()
        yield one
