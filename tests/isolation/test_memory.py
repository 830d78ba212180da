import subprocess
import sys

import pytest

from sandbox.isolation.memory import joined, memory_control, remove

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


@needed
def test_group_is_removed_with_its_process(group):
    remove(group)
    assert not group.exists()
    group.mkdir()
