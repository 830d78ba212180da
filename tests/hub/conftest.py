"""One running system for the tests of this folder; it ends with them."""

import textwrap

import pytest

from tests.support.system import system


@pytest.fixture(scope="package")
def running_system():
    with system() as one:
        one.start()
        yield one


@pytest.fixture(scope="module")
def inside(running_system):
    """Run a cell in aigul's server; bakyt's runs beside it, with a secret file."""
    running_system.start_server("bakyt")
    running_system.run_cell("bakyt", "home", "open('secret.txt', 'w').write('bakyt-secret')")
    running_system.start_server("aigul")
    with running_system.kernel("aigul") as kernel:
        yield lambda code: kernel.run(textwrap.dedent(code))
    running_system.stop_server("aigul")
    running_system.stop_server("bakyt")
