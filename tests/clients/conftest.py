"""One running system and one permit for both moneys, for all clients of this folder."""

from __future__ import annotations

import pytest

from tests.clients.desk import Trial
from tests.support.system import system


@pytest.fixture(scope="package")
def running_system():
    """Ended with this folder's tests."""
    with system() as one:
        one.start()
        yield one


@pytest.fixture(scope="package")
def trial(running_system):
    """A permit granted by two regulators, with a key for tools outside the hub."""
    return Trial(running_system)


@pytest.fixture(scope="module")
def owner(trial):
    """A wallet of the team's own that joined both chains; it holds no native money on som."""
    return trial.join("kgst", "som")


@pytest.fixture(params=["kgst", "som"])
def chain(request):
    return request.param
