import subprocess
import sys

import pytest

from sandbox.isolation.cores import cores_control
from sandbox.isolation.memory import joined, memory_control, remove

CONTROL = cores_control(memory_control())
needed = pytest.mark.skipif(CONTROL is None, reason="no group of the processor can be written here")


@needed
def test_a_group_of_one_core_has_its_quota_and_its_processes():
    group = CONTROL.limit("synak-test-cores", 1)
    try:
        if CONTROL.version == 1:
            quota = int((group / "cpu.cfs_quota_us").read_text())
            period = int((group / "cpu.cfs_period_us").read_text())
        else:
            quota, period = map(int, (group / "cpu.max").read_text().split())
        assert quota == period
        show = [sys.executable, "-S", "-c", "print(open('/proc/self/cgroup').read())"]
        inside = subprocess.run(joined(group, show), capture_output=True, text=True, check=True)
        outside = subprocess.run(show, capture_output=True, text=True, check=True)
        assert group.name in inside.stdout
        assert group.name not in outside.stdout
    finally:
        remove(group)
    assert not group.exists()


@needed
def test_a_group_without_a_limit_shares_alike_and_takes_what_is_free():
    group = CONTROL.limit("synak-test-share", None)
    try:
        if CONTROL.version == 1:
            assert int((group / "cpu.cfs_quota_us").read_text()) == -1
            assert int((group / "cpu.shares").read_text()) == 1024
        else:
            assert (group / "cpu.max").read_text().split()[0] == "max"
            assert int((group / "cpu.weight").read_text()) == 100
        CONTROL.limit("synak-test-share", 1)
        assert CONTROL.limit("synak-test-share", None) == group, "a limit can be taken away"
    finally:
        remove(group)


@needed
def test_more_cores_than_the_machine_has_are_all_of_them():
    group = CONTROL.limit("synak-test-cores", 64)
    remove(group)
    assert not group.exists()
