"""One running system for the tests of this folder; it ends with them."""

import pytest

from tests.support.system import system


@pytest.fixture(scope="package")
def running_system():
    with system() as one:
        one.start()
        yield one
