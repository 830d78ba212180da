"""Which calls of the kernel a boxed process may not make: its filter, as the kernel takes it.

Rules:

- Every box has it but those that keep capabilities: the platform's own zygote of gradings.
- What no product, lab or service needs and what an attack begins with is refused as the kernel
  would refuse it to somebody without rights: namespaces, mounts, keyrings (they are shared by all
  boxes of one user id), tracing and memory of others, modules, clocks.
- Sockets are local, of the internet or of the routing table; a virtual machine's link to its host
  (``AF_VSOCK``) is not held by network namespaces.
- ``clone3`` hides its flags behind a pointer: it "does not exist", and the C library takes
  ``clone``. The same for io_uring, which does what it is told past every filter.
- Programs of another architecture than the machine's find no call at all.

Source: seccomp(2), linux/filter.h, linux/seccomp.h; the list of Docker's default profile.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Final

from sandbox.kit.errors import Unavailable

_ARCHITECTURES: Final[Mapping[str, tuple[int, int]]] = {
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
}
"""Machine: the kernel's number of it, and the column of :data:`REFUSED` and of the others."""

REFUSED: Final[Mapping[str, tuple[int, int]]] = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
}
"""Call: its number on each architecture; refused with ``EPERM``."""
ABSENT: Final[Mapping[str, tuple[int, int]]] = {
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
"""Calls that "do not exist": ``ENOSYS``, after which libraries take the older ones."""
_CLONE, _SOCKET, _IOCTL = (56, 220), (41, 198), (16, 29)
_NEW_NAMESPACES: Final = 0x7E020080
"""Every ``CLONE_NEW…`` flag of clone(2)."""
FAMILIES: Final = (1, 2, 10, 16)
"""``AF_UNIX``, ``AF_INET``, ``AF_INET6``, ``AF_NETLINK``."""
_TYPE_FOR_THE_TERMINAL: Final = 0x5412
"""``TIOCSTI``: puts letters into somebody's terminal."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Places in ``struct seccomp_data``; of an argument the lower half, on both architectures."""
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_X32: Final = 0x40000000

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


@cache
def program(machine: str = "") -> bytes:
    """The filter, as an array of ``struct sock_filter``.

    Args:
        machine: architecture; empty: this one.

    Raises:
        Unavailable: ``isolation.no_filter``: of an architecture that is not known.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        raise Unavailable("isolation.no_filter", machine=machine)
    number, column = _ARCHITECTURES[machine]
    code = [
        *_load(_ARCHITECTURE),
        *_unless(_EQUAL, number, _fail(errno.ENOSYS)),
        *_load(_NUMBER),
        *_when(_AT_LEAST, _X32, _fail(errno.ENOSYS)),
    ]
    for each in REFUSED.values():
        code += _when(_EQUAL, each[column], _fail(errno.EPERM))
    for each in ABSENT.values():
        code += _when(_EQUAL, each[column], _fail(errno.ENOSYS))
    code += _when(
        _EQUAL,
        _CLONE[column],
        [*_load(_FIRST), *_when(_ANY_BIT, _NEW_NAMESPACES, _fail(errno.EPERM)), *_allow()],
    )
    code += _when(
        _EQUAL,
        _IOCTL[column],
        [
            *_load(_SECOND),
            *_when(_EQUAL, _TYPE_FOR_THE_TERMINAL, _fail(errno.EPERM)),
            *_allow(),
        ],
    )
    known = [line for each in FAMILIES for line in _when(_EQUAL, each, _allow())]
    code += _when(_EQUAL, _SOCKET[column], [*_load(_FIRST), *known, *_fail(errno.EAFNOSUPPORT)])
    return b"".join([*code, *_allow()])


@contextmanager
def opened() -> Iterator[int]:
    """The filter in a file of memory, for a bubblewrap that inherits the descriptor.

    Raises:
        Unavailable: ``isolation.no_filter``.
    """
    code, descriptor = program(), os.memfd_create("filter")
    try:
        os.write(descriptor, code)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def take_on() -> None:
    """Put this process and all that it starts under the filter, for good.

    It must have given up new privileges before.

    Raises:
        OSError: refused by the kernel.
    """
    code = program()
    held = ctypes.create_string_buffer(code, len(code))
    told = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [ctypes.c_ulong(_MODE_FILTER), ctypes.c_char_p(told), ctypes.c_ulong(0)]
    if libc.prctl(_PR_SET_SECCOMP, *arguments, ctypes.c_ulong(0)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def _line(code: int, value: int, when: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, when, otherwise, value)


def _load(place: int) -> list[bytes]:
    return [_line(_LOAD, place)]


def _when(test: int, value: int, then: list[bytes]) -> list[bytes]:
    """``then`` where the test holds, which must not run on past its end."""
    return [_line(test, value, 0, len(then)), *then]


def _unless(test: int, value: int, then: list[bytes]) -> list[bytes]:
    return [_line(test, value, len(then), 0), *then]


def _fail(number: int) -> list[bytes]:
    return [_line(_RETURN, _FAIL | number)]


def _allow() -> list[bytes]:
    return [_line(_RETURN, _ALLOW)]
