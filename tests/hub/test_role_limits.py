"""Servers of coursework are limited by role; what no role limits shares the cores alike."""

import json
from pathlib import Path

import pytest

from sandbox.isolation.cores import cores_control
from sandbox.isolation.memory import memory_control
from sandbox.isolation.volume import disk_control
from tests.hub.test_permit_limits import FILL, MEGABYTE
from tests.support.system import system

COURSE = "course-digital-money"
FIRST_SERVER = 200_000
"""The first user id of users' servers."""
HIERARCHY = {1: lambda line: "cpu" in line.split(":")[1].split(","), 2: lambda line: line[0] == "0"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def limited():
    """A system that gives students one core and 96 MB of disk."""
    if cores_control(memory_control()) is None or disk_control() is None:
        pytest.skip("this machine lets nobody limit cores and disk")
    limits = {"student": {"server_cores": 1, "server_disk": 96}}
    with system(SYNAK_ROLE_LIMITS=json.dumps(limits)) as one:
        one.start()
        yield one


def _filled(limited, user, name):
    return limited.run_cell(user, COURSE, FILL.format(name=name, most=120 * MEGABYTE)).split()


def test_a_students_disk_ends_and_a_teachers_does_not(limited):
    limited.start_server("lira", COURSE)
    assert _filled(limited, "lira", "all")[0] == "ENOSPC"
    limited.run_cell("lira", COURSE, "import os; os.remove(os.path.expanduser('~/all'))")
    limited.stop_server("lira", COURSE)
    limited.start_server("kanat", COURSE)
    assert _filled(limited, "kanat", "all") == [str(120 * MEGABYTE)]
    limited.run_cell("kanat", COURSE, "import os; os.remove(os.path.expanduser('~/all'))")


def test_every_server_has_a_group_of_the_processor(limited):
    servers = [one for one in limited.processes() if one.uids().real >= FIRST_SERVER]
    assert servers
    control = cores_control(memory_control())
    for one in servers:
        groups = Path(f"/proc/{one.pid}/cgroup").read_text().splitlines()
        (own,) = [line for line in groups if HIERARCHY[control.version](line)]
        assert f"synak-{limited.port}-" in own


def test_peoples_own_servers_have_a_students_limits(limited):
    limited.start_server("kanat")
    said = limited.run_cell("kanat", "home", FILL.format(name="all", most=120 * MEGABYTE))
    assert said.split()[0] == "ENOSPC"
