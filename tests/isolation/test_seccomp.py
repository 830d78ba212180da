"""The filter of system calls: what is refused, and that nothing which work needs is."""

import errno
import json
import os
import platform
import struct
import sys

import pytest

from sandbox.isolation import seccomp
from sandbox.isolation.bubblewrap import Box
from sandbox.kit.errors import Unavailable

COLUMN = {"x86_64": 0, "aarch64": 1}.get(platform.machine(), 0)

PYTHON = os.path.realpath(sys.executable)
"""The system's own, which every box has."""
CALLS = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
found = {}
for name, numbers in json.loads(sys.argv[1]).items():
    ctypes.set_errno(0)
    answer = libc.syscall(numbers, -1, -1, -1, -1, -1, -1)
    found[name] = ctypes.get_errno() if answer < 0 else 0
print(json.dumps(found))
"""
NAMESPACES = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000):
    child = libc.syscall({clone}, flag | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    assert child < 0 and ctypes.get_errno() == errno.EPERM, (hex(flag), child)
"""
SOCKETS = """
import errno, socket
for family in (1, 2, 10, 16):
    socket.socket(family, socket.SOCK_DGRAM).close()
for family in (3, 15, 17, 30, 38, 40, 44):
    try:
        socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        assert error.errno == errno.EAFNOSUPPORT, (family, error)
    else:
        raise AssertionError(family)
"""
TERMINAL = """
import errno, fcntl, os
mine, theirs = os.openpty()
try:
    fcntl.ioctl(theirs, 0x5412, b"x")
except OSError as error:
    assert error.errno == errno.EPERM, error
else:
    raise AssertionError("a letter was put into a terminal")
assert fcntl.ioctl(theirs, 0x5413, bytes(8)), "its size is told"
"""
WORK = """
import asyncio, concurrent.futures, mmap, multiprocessing, os, socket, sqlite3, subprocess
with concurrent.futures.ThreadPoolExecutor(4) as threads:
    assert list(threads.map(len, ["a"] * 20)) == [1] * 20
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
assert subprocess.run(["/bin/echo", "x"], capture_output=True).stdout == b"x\\n"
async def child():
    process = await asyncio.create_subprocess_exec("/bin/true")
    return await process.wait()
assert asyncio.run(child()) == 0
near, far = socket.socketpair()
near.send(b"x")
assert far.recv(1) == b"x"
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
store = sqlite3.connect("/tmp/x.sqlite")
store.execute("pragma journal_mode=wal")
store.execute("create table t (x)")
store.commit()
mmap.mmap(-1, 4096)
os.openpty()
"""


@pytest.fixture
def python(run, own_uid):
    """Run a text of Python in a box; answers what it printed."""

    def go(text, *arguments):
        done = run(PYTHON, "-I", "-c", text, *arguments, box=Box(uid=own_uid))
        assert done.returncode == 0, done.stderr
        return done.stdout

    return go


def test_every_call_of_the_list_is_refused(python):
    wanted = {name: (each, errno.EPERM) for name, each in seccomp.REFUSED.items()}
    wanted |= {name: (each, errno.ENOSYS) for name, each in seccomp.ABSENT.items()}
    asked = json.dumps({name: each[COLUMN] for name, (each, _) in wanted.items()})
    told = json.loads(python(CALLS, asked))
    assert told == {name: number for name, (_, number) in wanted.items()}


def test_a_call_that_is_not_listed_is_answered_by_the_kernel(python):
    close, getpid = ((3, 57), (39, 172))
    told = json.loads(python(CALLS, json.dumps({"close": close[COLUMN], "getpid": getpid[COLUMN]})))
    assert told == {"close": errno.EBADF, "getpid": 0}


def test_no_namespace_is_made_by_clone(python):
    python(NAMESPACES.replace("{clone}", str((56, 220)[COLUMN])))


def test_sockets_of_other_families_cannot_be_had(python):
    python(SOCKETS)


def test_a_terminal_is_read_and_not_typed_into(python):
    python(TERMINAL)


def test_threads_processes_sockets_and_stores_work(python):
    python(WORK)


def test_a_machine_that_is_not_known_is_refused():
    with pytest.raises(Unavailable) as caught:
        seccomp.program("riscv64")
    assert caught.value.code == "isolation.no_filter"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_jump_stays_within_the_program_and_it_ends_with_an_answer(machine):
    code = seccomp.program(machine)
    lines = list(struct.iter_unpack("HBBI", code))
    assert len(lines) < 4096, "the kernel takes no longer ones"
    for place, (kind, when, otherwise, _) in enumerate(lines):
        if kind & 7 == 5:
            assert place + 1 + max(when, otherwise) < len(lines)
    assert lines[-1][0] == 6
