"""One running system and one run of the journey for the tests of this folder."""

from __future__ import annotations

import pytest

from tests.journeys.stage import Stage
from tests.support.browser import people  # noqa: F401
from tests.support.system import running_system  # noqa: F401


@pytest.fixture(scope="session")
def stage(running_system, people, tmp_path_factory):  # noqa: F811
    """The journey's stage, shared by its steps, which run in order."""
    one = Stage(running_system, people, tmp_path_factory.mktemp("outside"), say=print)
    yield one
    one.close()
