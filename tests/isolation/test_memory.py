import subprocess
import sys

import pytest

from sandbox.isolation.memory import joined, joining, memory_control, remove

CONTROL = memory_control()
needed = pytest.mark.skipif(CONTROL is None, reason="no memory cgroup can be written here")
TAKE = "x = bytearray({} << 20); print(len(x))"


@pytest.fixture
def group():
    made = CONTROL.limit("synak-test-memory", 64 << 20)
    yield made
    remove(made)


@needed
def test_process_within_its_limit_lives(group):
    line = joined(group, [sys.executable, "-S", "-c", TAKE.format(16)])
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout


@needed
def test_process_over_its_limit_is_ended(group):
    line = joined(group, [sys.executable, "-S", "-c", TAKE.format(256)])
    assert subprocess.run(line, capture_output=True, text=True, check=False).returncode != 0


JOIN = """
import os, sys, threading
open(sys.argv[1], "w").write("0")
def take():
    x = bytearray({} << 20)
    print(len(x), open("/proc/self/cgroup").read())
thread = threading.Thread(target=take)
thread.start()
thread.join()
"""


def joins_and_takes(group, mebibytes):
    line = [sys.executable, "-S", "-c", JOIN.format(mebibytes), str(joining(group))]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@needed
def test_process_that_joins_by_itself_is_in_the_group_with_its_threads(group):
    done = joins_and_takes(group, 16)
    assert done.returncode == 0
    assert group.name in done.stdout


@needed
def test_process_that_joined_by_itself_and_takes_more_is_ended(group):
    assert joins_and_takes(group, 256).returncode != 0


@needed
def test_group_is_removed_with_its_process(group):
    remove(group)
    assert not group.exists()
    group.mkdir()
