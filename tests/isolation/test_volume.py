"""A volume holds its limit to the block, gives and takes, and is well again after a power cut."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.isolation.volume import BLOCK, disk_control, home_in, use
from sandbox.kit.errors import IntegrityFailure

UID = 62_600
MEGABYTE = 1 << 20
WRITE = """
import errno, os, sys
os.setgroups([]); os.setgid({uid}); os.setuid({uid})
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
written = 0
try:
    while written < int(sys.argv[2]):
        written += os.write(file, bytes(min({block}, int(sys.argv[2]) - written)))
except OSError as error:
    print(written, errno.errorcode[error.errno])
else:
    print(written, "ok")
"""


@pytest.fixture(scope="module")
def control():
    found = disk_control()
    if found is None:
        pytest.skip("this machine lets nobody mount volumes")
    return found


@pytest.fixture
def place(control, tmp_path):
    """An image, and where it is mounted; taken down in the end."""
    image, at = tmp_path / "one.volume", tmp_path / "at"
    at.mkdir()
    yield image, at
    control.unmount(image, at)


def write(path, size, uid=UID):
    """Write as a person without privileges; how many bytes went in, and how it ended."""
    script = WRITE.format(uid=uid, block=BLOCK)
    done = subprocess.run(
        ["/usr/bin/python3", "-c", script, str(path), str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    written, end = done.stdout.split()
    return int(written), end


def opened(control, image, at, megabytes, owner=UID):
    control.mount(image, at, megabytes=megabytes)
    home = home_in(at)
    if not home.exists():
        home.mkdir(mode=0o700)
        os.chown(home, owner, owner)
    for parent in at.parents:
        if parent.owner() == "root" and len(parent.parts) > 2:
            parent.chmod(0o711)
    control.hold(at, megabytes)
    return home


def test_the_limit_is_held_to_the_block_by_data_by_files_and_for_root(control, place):
    image, at = place
    control.make(image, 64)
    assert image.stat().st_mode & 0o777 == 0o600
    home = opened(control, image, at, 64)
    limit = 64 * MEGABYTE // BLOCK
    assert use(at).used + use(at).available == limit
    assert write(home / "one", BLOCK) == (BLOCK, "ok")
    assert write(home / "all", 65 * MEGABYTE)[1] == "ENOSPC"
    os.sync()  # spare blocks of what was not written yet come back
    write(home / "rest", MEGABYTE)
    os.sync()
    assert (use(at).used, use(at).available) == (limit, 0)
    assert write(home / "above", BLOCK) == (0, "ENOSPC")
    with pytest.raises(OSError, match="No space"):
        (home / "of-root").write_bytes(bytes(BLOCK))
    (home / "one").unlink()
    assert write(home / "again", 2 * BLOCK) == (BLOCK, "ENOSPC")
    (home / "all").unlink()


def test_files_are_counted_too_so_that_empty_ones_use_nothing_up(control, place):
    image, at = place
    control.make(image, 64)
    home = opened(control, image, at, 64)
    assert 64 * 100 < os.statvfs(home).f_ffree < 64 * 200
    assert os.statvfs(home).f_ffree < os.statvfs(image.parent).f_ffree


@pytest.mark.slow
def test_a_higher_limit_gives_room_and_a_lower_one_takes_it_and_no_file(control, place):
    image, at = place
    control.make(image, 64)
    home = opened(control, image, at, 64)
    assert write(home / "kept", 40 * MEGABYTE) == (40 * MEGABYTE, "ok")
    control.unmount(image, at)
    home = opened(control, image, at, 200)
    found = use(at)
    assert found.used + found.available == 200 * MEGABYTE // BLOCK
    assert write(home / "second", 100 * MEGABYTE) == (100 * MEGABYTE, "ok")
    control.hold(at, 64)
    assert write(home / "third", BLOCK) == (0, "ENOSPC")
    assert (home / "kept").stat().st_size + (home / "second").stat().st_size == 140 * MEGABYTE
    (home / "kept").unlink()
    control.hold(at, 64)
    assert write(home / "third", BLOCK) == (0, "ENOSPC"), "100 MB are above 64"
    (home / "second").unlink()
    control.hold(at, 64)
    found = use(at)
    assert found.used + found.available == 64 * MEGABYTE // BLOCK
    control.hold(at, None)
    assert use(at).available > 190 * MEGABYTE // BLOCK


@pytest.mark.slow
def test_cut_off_while_it_is_written_it_is_whole_at_the_next_mount(control, place, tmp_path):
    image, at = place
    control.make(image, 64)
    home = opened(control, image, at, 64)
    (home / "kept").write_text("kept")
    subprocess.run(["sync", "-f", str(at)], check=True)
    (home / "lost").write_text("perhaps lost")
    cut = tmp_path / "cut.volume"
    shutil.copyfile(image, cut)
    control.unmount(image, at)
    assert (opened(control, cut, at, 64) / "kept").read_text() == "kept"
    control.unmount(cut, at)


def test_what_cannot_be_mended_is_refused_and_not_touched(control, place):
    image, at = place
    control.make(image, 64)
    with image.open("r+b") as file:
        file.write(os.urandom(4 * MEGABYTE))
    before = image.read_bytes()
    with pytest.raises(IntegrityFailure) as refused:
        control.mount(image, at)
    assert refused.value.code == "hub.volume_damaged"
    assert image.read_bytes() == before
    assert not at.is_mount()


def test_mounted_it_gives_no_power(control, place):
    image, at = place
    control.make(image, 64)
    home = opened(control, image, at, 64)
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    options = next(words[3] for words in mounts if words[1] == str(at))
    assert {"nosuid", "nodev"} <= {*options.split(",")}
    done = subprocess.run(
        ["/usr/bin/setpriv", f"--reuid={UID}", "--clear-groups", "cat", str(at / ".held")],
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    assert home.stat().st_uid == UID


@pytest.mark.slow
def test_many_are_mounted_at_once(control, tmp_path):
    pairs = []
    try:
        for number in range(12):
            image, at = tmp_path / f"{number}.volume", tmp_path / f"at-{number}"
            at.mkdir()
            control.make(image, 64)
            pairs.append((image, at))
            control.mount(image, at)
            (at / "mine").write_text(str(number))
        assert [(at / "mine").read_text() for _, at in pairs] == [str(n) for n in range(12)]
    finally:
        for image, at in pairs:
            control.unmount(image, at)
