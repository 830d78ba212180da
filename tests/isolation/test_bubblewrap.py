"""A box holds: tried for real, each "may not" beside its "may"."""

import dataclasses
import os
import socket
import threading
from pathlib import Path

import pytest

from sandbox.isolation.bubblewrap import Box, Limits, argv
from sandbox.isolation.probe import Isolation

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_own_folder_can_be_written(run, folder, own_uid):
    done = run("/bin/sh", "-c", f"echo kept > {folder}/a", box=Box(uid=own_uid, writable=(folder,)))
    assert done.returncode == 0, done.stderr
    assert (folder / "a").read_text() == "kept\n"
    assert (folder / "a").stat().st_uid == own_uid


def test_folder_bound_for_reading_cannot_be_written(run, folder, own_uid):
    (folder / "a").write_text("old")
    box = Box(uid=own_uid, read_only=(folder,))
    assert run("/bin/cat", f"{folder}/a", box=box).stdout == "old"
    assert run("/bin/sh", "-c", f"echo new > {folder}/a", box=box).returncode != 0
    assert (folder / "a").read_text() == "old"


def test_what_is_not_bound_does_not_exist(run, folder, tmp_path):
    (tmp_path / "secret").write_text("x")
    assert run("/bin/cat", str(tmp_path / "secret")).returncode != 0
    assert run("/bin/ls", "/root").returncode != 0
    assert run("/bin/ls", "/home").returncode != 0


def test_deeper_bind_lies_upon_a_higher_one(run, folder, own_uid):
    (folder / "in").mkdir()
    (folder / "in" / "a").write_text("seen")
    if os.geteuid() == 0:
        os.chown(folder / "in", own_uid, own_uid)
    box = Box(uid=own_uid, read_only=(folder,), writable=(folder / "in",))
    assert run("/bin/sh", "-c", f"echo x > {folder}/in/b", box=box).returncode == 0
    assert run("/bin/sh", "-c", f"echo x > {folder}/b", box=box).returncode != 0


def test_path_below_a_closed_folder_can_be_bound(run, tmp_path, own_uid):
    closed = tmp_path / "closed"
    (closed / "open").mkdir(parents=True)
    (closed / "open" / "a").write_text("seen")
    closed.chmod(0o700)
    done = run("/bin/cat", f"{closed}/open/a", box=Box(uid=own_uid, read_only=(closed / "open",)))
    assert done.stdout == "seen"


@AS_ROOT
def test_runs_as_the_user_and_groups_asked_for_and_no_other(run):
    box = Box(uid=62_345, groups=(62_999,))
    answer = run("/usr/bin/id", box=box).stdout
    assert "uid=62345" in answer
    assert "62999" in answer
    assert "root" not in answer
    assert "groups=62345" in run("/usr/bin/id", box=Box(uid=62_345)).stdout


def test_has_no_capabilities_and_cannot_win_new_ones(run):
    status = dict(
        line.split(":\t", 1)
        for line in run("/bin/cat", "/proc/self/status").stdout.splitlines()
        if ":\t" in line
    )
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"


def test_sees_no_process_of_the_host(run):
    numbers = [name for name in run("/bin/ls", "/proc").stdout.split() if name.isdigit()]
    assert len(numbers) <= 3
    assert run("/bin/kill", "-0", str(os.getpid())).returncode != 0


def test_tmp_is_private(run):
    run("/bin/sh", "-c", "echo x > /tmp/from-the-box")
    assert not Path("/tmp/from-the-box").exists()
    assert run("/bin/ls", "/tmp").stdout == ""


def _listener():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)
    threading.Thread(target=lambda: _accept(server), daemon=True).start()
    return server


def _accept(server):
    try:
        connection, _ = server.accept()
        connection.close()
    except OSError:
        pass


def _connects(run, server, box):
    port = server.getsockname()[1]
    return run("/bin/bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}", box=box).returncode == 0


def test_without_network_the_hosts_loopback_is_out_of_reach(run, own_uid):
    with _listener() as server:
        assert not _connects(run, server, Box(uid=own_uid, network=False))


def test_with_network_the_hosts_loopback_is_reached(run, own_uid):
    with _listener() as server:
        assert _connects(run, server, Box(uid=own_uid, network=True))


@pytest.mark.slow
@AS_ROOT
def test_fork_bomb_ends_at_the_limit(run):
    script = "for i in $(seq 60); do sleep 5 & done; wait"
    limited = Box(uid=62_346, limits=Limits(processes=20))
    done = run("/bin/bash", "-c", script, box=limited)
    assert "Resource temporarily unavailable" in done.stderr


def test_file_over_the_limit_is_cut(run, folder, own_uid):
    box = Box(uid=own_uid, writable=(folder,), limits=Limits(file_bytes=1 << 20))
    done = run("/bin/dd", "if=/dev/zero", f"of={folder}/big", "bs=1M", "count=3", box=box)
    assert done.returncode != 0
    assert (folder / "big").stat().st_size <= 1 << 20
    done = run("/bin/dd", "if=/dev/zero", f"of={folder}/small", "bs=1k", "count=3", box=box)
    assert done.returncode == 0


def test_no_secret_is_in_the_command_line(level, own_uid):
    """Variables travel in the environment, which other users cannot read."""
    line = argv(Box(uid=own_uid), ["/bin/true"], level=level, filter_fd=7)
    assert "--setenv" not in line


def test_a_box_without_a_filter_of_calls_is_not_made(level, own_uid):
    with pytest.raises(ValueError, match="filter"):
        argv(Box(uid=own_uid), ["/bin/true"], level=level, filter_fd=None)
    keeps = Box(uid=own_uid, capabilities=("CAP_SYS_ADMIN",))
    assert "--seccomp" not in argv(keeps, ["/bin/true"], level=level, filter_fd=None)


def test_without_isolation_only_limits_are_applied(own_uid):
    line = argv(Box(uid=own_uid), ["/bin/true"], level=Isolation.NONE, filter_fd=None)
    assert line[0] == "/usr/bin/prlimit"
    assert line[-1] == "/bin/true"


def test_a_box_cannot_be_changed_after_it_was_made(own_uid):
    with pytest.raises(dataclasses.FrozenInstanceError):
        Box(uid=own_uid).network = True
