import shutil
import tempfile
from pathlib import Path

import pytest

from tests.gateway.support import Permit, System


@pytest.fixture(scope="session")
def system():
    """One gateway for tests that leave it as they found it (each takes a permit of its own)."""
    root = Path(tempfile.mkdtemp(prefix="gw-"))
    running = System(root).start()
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def numbers():
    return iter(f"SB-2026-{number:04d}" for number in range(1, 1000))


@pytest.fixture
def permit(system, numbers):
    """A fresh permit on the KGST chain."""
    return Permit(system, next(numbers))


@pytest.fixture
def quiet(system, numbers):
    """A permit of the policies only: nothing of it is on chain."""
    return Permit(system, next(numbers), on_chain=False)
