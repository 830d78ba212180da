"""A file system of its own in one file: ext4 in a sparse image, mounted through a loop device.

Rules:

- A machine that cannot do it is told so by trying it: :func:`disk_control` says ``None``.
- What a user may write lies below ``home``; the volume's root and the file :data:`_HELD` are
  the manager's. :meth:`DiskControl.hold` gives that file every block above the limit, so that
  the kernel refuses the next one. It takes and gives blocks of a mounted volume at once, and
  nothing that is there is moved or cut: no file system is ever made smaller.
- Each mount is ``nosuid,nodev``; the loop device goes with the last user of the mount, also
  when the manager is killed.
- A volume is looked through (``e2fsck -p``) before each mount.

Source: ext4(5), e2fsck(8) exit codes, losetup(8), fallocate(2).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.kit.errors import IntegrityFailure, Unavailable

BLOCK: Final = 4096
_MEGABYTE: Final = 1 << 20
_BLOCKS: Final = _MEGABYTE // BLOCK
_FILES: Final = 128
"""Files for each megabyte: what lies in the volume cannot use up the machine's."""
_INODE: Final = 256
_JOURNAL: Final = 16
_MOST_BLOCKS: Final = 1 << 29
"""How far a volume can grow: 2 TiB."""
_HELD: Final = ".held"
_HOME: Final = "home"
_OPTIONS: Final = "nosuid,nodev,noatime,discard,noinit_itable,errors=remount-ro"
_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_TOOLS: Final = ("mkfs.ext4", "e2fsck", "resize2fs", "losetup", "mount", "umount")
_LOOP: Final = re.compile(r"^/dev/loop[0-9]+$")
_TRIES: Final = 8
_ROUNDS: Final = 6
_FREE_SECONDS: Final = 10.0
_SUPERBLOCK: Final = 1024
_CORRECTED: Final = frozenset({0, 1, 2, 3})
"""What ``e2fsck -p`` answers of a volume that is well, or is now."""


class ToolError(OSError):
    """A tool of the file system did not do what it was asked for."""


@dataclass(frozen=True)
class Use:
    """What a mounted volume holds.

    Attributes:
        used: blocks of its user's files and folders.
        available: blocks that can still be written.
        held: blocks that are kept from being written.
    """

    used: int
    available: int
    held: int


@dataclass(frozen=True)
class DiskControl:
    """Makes, mounts and limits volumes; only where :func:`disk_control` found that it works."""

    def make(self, image: Path, megabytes: int, *, files: int = 0) -> None:
        """Make an empty volume; what was at this path is written over.

        Args:
            image: its file; only the manager's user may read it.
            megabytes: that must fit in.
            files: how many files must fit in, where that is more than usual.

        Raises:
            ToolError: it cannot be made.
        """
        inodes = max(megabytes * _FILES, files * 5 // 4 + 1024)
        descriptor = os.open(image, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.truncate(size_of(megabytes) + inodes * _INODE)
        run(
            *("mkfs.ext4", "-q", "-F", "-b", str(BLOCK), "-m", "0", "-N", str(inodes)),
            *("-J", f"size={_JOURNAL}", "-E", f"resize={_MOST_BLOCKS},root_owner=0:0"),
            str(image),
        )

    def mount(self, image: Path, at: Path, *, megabytes: int = 0) -> None:
        """Look a volume through, mount it, and grow it where it is too small.

        Args:
            image: made by :meth:`make`; mounted nowhere.
            at: an empty folder of the manager's.
            megabytes: that must fit in; a larger volume stays as it is.

        Raises:
            IntegrityFailure: ``hub.volume_damaged``; nothing was changed by force.
            ToolError: it cannot be mounted or grown.
        """
        _grown(image).unlink(missing_ok=True)
        check(image)
        if image.stat().st_size < size_of(megabytes):
            os.truncate(image, size_of(megabytes))
        device = _mount(image, at)
        if not _short(image):
            return
        code, _ = _tool("resize2fs", device)
        if code != 0:  # the kernel lets only CAP_SYS_RESOURCE do it
            self.unmount(image, at)
            _grow(image)
            _mount(image, at)

    def unmount(self, image: Path, at: Path) -> None:
        """Take a volume down; safe where it is not mounted.

        Raises:
            Unavailable: ``hub.volume_busy``: somebody still uses it.
        """
        try:
            while at.is_mount():
                run("umount", str(at))
            until = time.monotonic() + _FREE_SECONDS
            while devices := _devices(image):
                if time.monotonic() > until:
                    raise Unavailable("hub.volume_busy")
                for device in devices:
                    run("losetup", "--detach", device)
                time.sleep(0.05)
        except ToolError as error:
            raise Unavailable("hub.volume_busy") from error

    def hold(self, at: Path, megabytes: int | None) -> Use:
        """Let so much be written and not a block more; None: all there is.

        Args:
            at: where a volume is mounted.
            megabytes: of files and folders together. Where more is used nothing can be written.

        Returns:
            What is used now.

        Raises:
            ToolError: nothing is mounted there.
        """
        if not at.is_mount():
            raise ToolError(f"nothing is mounted at {at}")
        descriptor = os.open(at / _HELD, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            for _ in range(_ROUNDS):
                found = use(at)
                wanted = 0
                if megabytes is not None:
                    left = max(0, megabytes * _BLOCKS - found.used)
                    wanted = max(0, os.fstat(descriptor).st_size // BLOCK + found.available - left)
                if not _set(descriptor, wanted):
                    break
            return use(at)
        finally:
            os.close(descriptor)


def home_in(at: Path) -> Path:
    """The folder of a mounted volume that is its user's."""
    return at / _HOME


def use(at: Path) -> Use:
    """What a mounted volume holds, by the kernel's own count."""
    found = os.statvfs(at)
    held = 0
    with contextlib.suppress(FileNotFoundError):
        held = os.lstat(at / _HELD).st_blocks * 512 // BLOCK
    return Use(max(0, found.f_blocks - found.f_bfree - held), found.f_bavail, held)


def megabytes_of(blocks: int) -> int:
    """So many blocks in megabytes, a part of one as a whole one."""
    return -(-blocks // _BLOCKS)


def size_of(megabytes: int) -> int:
    """Bytes of a volume that so much fits in: with its tables, journal and spare blocks."""
    return (megabytes * 104 // 100 + _JOURNAL + 16 + 8) * _MEGABYTE


def _set(descriptor: int, wanted: int) -> bool:
    """Give a file so many blocks, or all there are; False when it has them already."""
    before = os.fstat(descriptor)
    if before.st_size == wanted * BLOCK:
        return False
    os.ftruncate(descriptor, min(before.st_size, wanted * BLOCK))
    if wanted * BLOCK > before.st_size:
        with contextlib.suppress(OSError):  # all there were, then
            os.posix_fallocate(descriptor, 0, wanted * BLOCK)
        have = os.fstat(descriptor).st_blocks * 512 // BLOCK
        os.ftruncate(descriptor, min(wanted, have) * BLOCK)
    return True


def check(image: Path) -> None:
    """Look a volume through and mend what is mended without a loss, as after a power cut.

    Raises:
        IntegrityFailure: ``hub.volume_damaged``.
    """
    code, said = _tool("e2fsck", "-p", str(image))
    if code not in _CORRECTED:
        raise IntegrityFailure("hub.volume_damaged", reason=said[-500:])


def run(*line: str) -> str:
    """Run a tool.

    Returns:
        What it printed.

    Raises:
        ToolError: it is not there, or it did not do it.
    """
    code, said = _tool(*line)
    if code != 0:
        raise ToolError(f"{line[0]} ended with {code}: {said[-500:]}")
    return said


def _tool(*line: str) -> tuple[int, str]:
    program = shutil.which(line[0], path=_PATH)
    if program is None:
        raise ToolError(f"{line[0]} is not installed")
    # A tool that goes on after a killed manager would work against the next one.
    setpriv: Sequence[str] = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")
    done = subprocess.run(
        [*setpriv, program, *line[1:]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={"PATH": _PATH, "LC_ALL": "C"},
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").strip()


_ATTACHING = threading.Lock()


def _attach(image: Path) -> str:
    """Give an image a loop device; one that another process took meanwhile is left to it."""
    said = ""
    for _ in range(_TRIES):
        device = run("losetup", "--find")
        if not _LOOP.match(device):
            raise ToolError(f"no loop device: {device[:80]}")
        _make_node(Path(device))
        code, said = _tool("losetup", device, str(image))
        if code == 0:
            return device
    raise ToolError(f"losetup: {said[-200:]}")


def _make_node(device: Path) -> None:
    """The kernel has as many loop devices as are needed, a container only some of their files."""
    if not device.exists():
        numbers = Path(f"/sys/block/{device.name}/dev").read_text().split(":")
        major, minor = (int(number) for number in numbers)
        with contextlib.suppress(FileExistsError):
            os.mknod(device, stat.S_IFBLK | 0o600, os.makedev(major, minor))


def _mount(image: Path, at: Path) -> str:
    with _ATTACHING:
        device = _attach(image)
    try:
        run("mount", "-t", "ext4", "-o", _OPTIONS, device, str(at))
    finally:
        run("losetup", "--detach", device)  # the kernel lets go with its last user
    return device


def _grow(image: Path) -> None:
    """Grow an unmounted volume to the size of its file: a copy of it, which then takes its name."""
    fresh = _grown(image)
    try:
        run("cp", "--sparse=always", "--reflink=auto", "-p", "--", str(image), str(fresh))
        os.truncate(fresh, image.stat().st_size)
        _tool("e2fsck", "-f", "-p", str(fresh))
        run("resize2fs", str(fresh))
        check(fresh)
        run("sync", str(fresh))
        fresh.replace(image)
        run("sync", str(image.parent))
    finally:
        fresh.unlink(missing_ok=True)


def _grown(image: Path) -> Path:
    return image.with_suffix(f"{image.suffix}-grown")


def _short(image: Path) -> bool:
    """Whether a volume is smaller than its file."""
    return _blocks(image) < image.stat().st_size // BLOCK


def _devices(image: Path) -> list[str]:
    if not image.exists():
        return []
    said = run("losetup", "--noheadings", "--output", "NAME", "--associated", str(image))
    return said.split()


def _blocks(image: Path) -> int:
    """How many blocks an unmounted volume says it has."""
    with image.open("rb") as file:
        file.seek(_SUPERBLOCK)
        block = file.read(1024)
    low: int = struct.unpack_from("<I", block, 0x4)[0]
    high: int = struct.unpack_from("<I", block, 0x150)[0]
    return low | high << 32


def disk_control() -> DiskControl | None:
    """Whether this machine can hold a limit of disk, by making and mounting a volume; 0.2 s."""
    if os.geteuid() != 0 or any(shutil.which(tool, path=_PATH) is None for tool in _TOOLS):
        return None
    control = DiskControl()
    try:
        with tempfile.TemporaryDirectory(prefix="synak-probe-") as folder:
            image, at = Path(folder) / "probe.volume", Path(folder) / "at"
            at.mkdir()
            control.make(image, 1)
            try:
                control.mount(image, at)
                held = control.hold(at, 1)
            finally:
                control.unmount(image, at)
    except (OSError, Unavailable, IntegrityFailure):
        return None
    return control if held.used + held.available == _BLOCKS else None
