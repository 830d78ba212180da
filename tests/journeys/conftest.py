"""One running system and one run of the journey for the tests of this folder."""

from __future__ import annotations

import pytest

from tests.journeys.stage import Stage
from tests.support.browser import browsers
from tests.support.system import system


@pytest.fixture(scope="package")
def running_system():
    """One system for this folder's tests, ended with them."""
    with system() as one:
        one.start()
        yield one


@pytest.fixture(scope="package")
def people(running_system):
    """Everybody's browser."""
    with browsers(running_system) as everybody:
        yield everybody


@pytest.fixture(scope="package")
def stage(running_system, people, tmp_path_factory):
    """The journey's stage, shared by its steps, which run in order."""
    one = Stage(running_system, people, tmp_path_factory.mktemp("outside"), say=print)
    yield one
    one.close()
