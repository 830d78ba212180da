import os
import subprocess
from pathlib import Path

import pytest

from sandbox.isolation import seccomp
from sandbox.isolation.bubblewrap import Box, argv
from sandbox.isolation.probe import Isolation, probe

FOUND = probe()


@pytest.fixture
def level():
    if FOUND.level is Isolation.NONE:
        pytest.skip(f"nothing can be isolated on this machine: {FOUND.reason}")
    return FOUND.level


@pytest.fixture
def own_uid():
    """The user id that a box gets: its own as root, ours otherwise."""
    return 62_345 if os.geteuid() == 0 else os.getuid()


@pytest.fixture
def run(level, own_uid):
    """Run a command in a box; answers the finished process."""

    def go(*command, box=None, **options):
        with seccomp.opened() as calls:
            line = argv(box or Box(uid=own_uid), list(command), level=level, filter_fd=calls)
            kept = (*options.pop("pass_fds", ()), calls)
            return subprocess.run(
                line,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
                pass_fds=kept,
                **options,
            )

    return go


@pytest.fixture
def folder(tmp_path, own_uid):
    """A folder that belongs to the box's user."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent == Path("/tmp"):
            break
    place = tmp_path / "own"
    place.mkdir()
    os.chown(place, own_uid, own_uid if os.geteuid() == 0 else os.getgid())
    return place
