"""Entering a box instead of being started in it: for a process that is forked, not executed.

Starting Python and importing what a lab needs takes seconds; forking a process that has done so
takes milliseconds. A fork cannot be handed to bubblewrap, but it can enter what bubblewrap made:

1. bubblewrap makes the box as ever, for a holder that does nothing (`begin_box`, `Opening.box`);
2. the privileged process that forks puts the new process into the box's process namespace
   (`fork_into`);
3. the new process enters the other namespaces and gives up root (`enter`): from then on it is
   where, and who, a process that bubblewrap started would be.

Rules:

- The box is made by the same function from the same `Box`; nothing is mounted here.
- When the holder's box is killed, the kernel kills everything in it.
- Whatever fails leaves no half-entered process: it ends before it did anything else.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.isolation import bubblewrap, seccomp
from sandbox.isolation.bubblewrap import Box, Limits
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import Unavailable

NAMESPACES: Final[Mapping[str, int]] = {
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
}
"""The namespaces that a box has of its own, with the kernel's numbers (linux/sched.h)."""
CAPABILITIES: Final = (
    "CAP_SYS_ADMIN",
    "CAP_SYS_CHROOT",
    "CAP_SETUID",
    "CAP_SETGID",
    "CAP_SETPCAP",
)
"""What a process needs to put others into boxes (setns(2), setpriv(1))."""
HOLDER: Final = ("/bin/cat",)
"""Says that the box stands by answering one byte; ends with the one that made it.

It is what bubblewrap's own first process in the box is: root by its id, without any capability and
without a way to one. Those who enter have another id and cannot touch it."""

END_SECONDS: Final = 10.0

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 24, 38, 47
_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class OpenBox:
    """A box that stands, with a holder in it.

    Attributes:
        process: bubblewrap.
        first: descriptor of the first process inside; when that ends, all the others have.
        namespaces: an open descriptor of each, in the order of `NAMESPACES`.
    """

    process: subprocess.Popen[bytes]
    first: int
    namespaces: tuple[int, ...]

    def close(self) -> None:
        """Close the namespaces' descriptors; the box goes on."""
        for descriptor in self.namespaces:
            os.close(descriptor)

    def end(self) -> None:
        """Kill everything in the box; returns when nothing of it is left."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        end(self.process)
        select.select([self.first], [], [], END_SECONDS)
        os.close(self.first)


@dataclass(frozen=True)
class Opening:
    """A box that bubblewrap is making.

    Attributes:
        process: bubblewrap.
        told: descriptor on which it tells of the box's first process and namespaces.
    """

    process: subprocess.Popen[bytes]
    told: int

    def box(self, *, seconds: float = 20.0) -> OpenBox:
        """Wait until the box stands.

        Args:
            seconds: to wait for it.

        Raises:
            Unavailable: ``isolation.no_box``; nothing of it is left.
        """
        try:
            _await_answer(self.process, seconds)
            told_of = json.loads(os.read(self.told, 4096))
            return OpenBox(self.process, *_first_process(told_of))
        except (OSError, ValueError, KeyError, TimeoutError) as error:
            end(self.process)
            raise Unavailable("isolation.no_box", reason=type(error).__name__) from error
        finally:
            os.close(self.told)

    def end(self) -> None:
        """Give the box up, whether it stands or not."""
        end(self.process)
        os.close(self.told)


def begin_box(box: Box, *, level: Isolation, environment: Mapping[str, str]) -> Opening:
    """Have a box made that others can enter; returns before it stands.

    It ends with the thread that began it.

    Args:
        box: what it is.
        level: of isolation; must be user ids of their own.
        environment: of the holder.

    Raises:
        Unavailable: ``isolation.no_box``.
    """
    told, tell = os.pipe()
    try:
        with seccomp.opened() as calls:
            line = bubblewrap.argv(
                box, HOLDER, level=level, filter_fd=calls, info_fd=tell, holder=True
            )
            process = subprocess.Popen(
                line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(tell, calls),
                env=dict(environment),
                cwd="/",
                bufsize=0,
            )
    except OSError as error:
        os.close(told)
        raise Unavailable("isolation.no_box", reason=type(error).__name__) from error
    finally:
        os.close(tell)
    return Opening(process, told)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill bubblewrap, and with it its box, and wait for it."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _await_answer(process: subprocess.Popen[bytes], seconds: float) -> None:
    """The holder answers once it runs; before that the box is not finished."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("no pipes")
    process.stdin.write(b"\n")
    until = time.monotonic() + seconds
    if not select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
        raise TimeoutError
    if process.stdout.read(1) != b"\n":
        raise ValueError("no answer")


def _first_process(told: Mapping[str, int]) -> tuple[int, tuple[int, ...]]:
    """Open the process that bubblewrap tells of and its namespaces; hold them to its word."""
    with contextlib.ExitStack() as opened:
        first = os.pidfd_open(told["child-pid"])
        opened.callback(os.close, first)
        found = []
        for kind in NAMESPACES:
            descriptor = os.open(f"/proc/{told['child-pid']}/ns/{kind}", os.O_RDONLY)
            opened.callback(os.close, descriptor)
            found.append(descriptor)
        if [os.fstat(each).st_ino for each in found] != [
            told[f"{k}-namespace"] for k in NAMESPACES
        ]:
            raise ValueError("another process")
        opened.pop_all()
    return first, tuple(found)


def fork_into(namespace: int, own: int) -> int:
    """Fork; the child is a process of the namespace, the caller stays where it is.

    Args:
        namespace: descriptor of a box's process namespace.
        own: descriptor of the caller's.

    Returns:
        0 in the child, else its process id as the caller sees it.
    """
    _setns(namespace, NAMESPACES["pid"])
    try:
        child = os.fork()
    except OSError:
        _setns(own, NAMESPACES["pid"])
        raise
    if child:
        _setns(own, NAMESPACES["pid"])
    return child


def enter(namespaces: Sequence[int], box: Box) -> None:
    """Enter a box's other namespaces and become who the box says, for good.

    Args:
        namespaces: descriptors in the order of `NAMESPACES`.
        box: user id, folder and limits.

    Raises:
        OSError: refused; the caller must end.
    """
    for (kind, number), descriptor in zip(NAMESPACES.items(), namespaces, strict=True):
        if kind != "pid":
            _setns(descriptor, number)
    _limit(box.limits)
    _give_up_root(box.uid)
    seccomp.take_on()
    os.chdir(box.directory)


def _limit(limits: Limits) -> None:
    """The limits that ``prlimit`` sets for those that are started."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = limits.open_files if most == resource.RLIM_INFINITY else min(limits.open_files, most)
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
    }
    for kind, value in wanted.items():
        if value is not None:
            resource.setrlimit(kind, (value, value))


def _give_up_root(uid: int) -> None:
    """What ``setpriv`` does: no capability, no group, no way back."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        _prctl(_PR_CAPBSET_DROP, capability)
    _prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _no_capabilities()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 1)  # as after execve: its own /proc/self belongs to it


def _no_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, none) != 0:
        raise _error("capset")


def _setns(descriptor: int, kind: int) -> None:
    if _libc.setns(descriptor, kind) != 0:
        raise _error("setns")


def _prctl(option: int, value: int) -> None:
    arguments = [ctypes.c_ulong(each) for each in (value, 0, 0, 0)]
    if _libc.prctl(option, *arguments) != 0:
        raise _error("prctl")


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
