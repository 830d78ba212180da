"""The zygote: a process that has imported what gradings need, and is forked for each of them.

It runs in a box without network, as root with the few capabilities that `entering` needs, and
does two things: it warms itself, and it puts children into boxes that the warden made. It reads
nothing but the warden's requests; no submission, no test and no solution ever gets into it.

A child enters its box, gives up root, closes every descriptor but its own link and draws other
random numbers before it serves as student, tester or orchestrator.

Plan of `main`:

1. import and warm (`sandbox.grading.warming`); refuse to go on with more than one thread
2. put what lives now out of the garbage collector's sight, so that pages stay shared
3. say "ready"; then one birth for each request, until the warden is gone
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sandbox.grading import orchestrator, student, tester
from sandbox.grading.warming import warm
from sandbox.isolation import entering
from sandbox.isolation.bubblewrap import Box, Limits

ROLES: Final[Mapping[str, Callable[[int, str], None]]] = {
    "student": student.serve,
    "tester": tester.serve,
    "orchestrator": orchestrator.serve,
}
BIRTH_SECONDS: Final = 10.0
MAX_REQUEST: Final = 65_536
MAX_DESCRIPTORS: Final = 16


def main(path: Sequence[str]) -> None:
    """Serve the warden's socket, the process's first argument, until it is closed.

    Args:
        path: where modules are looked for by those who are born.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    warm()  # 1
    sys.modules.pop("rfc3987_syntax", None)
    sys.path[:] = path
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        sys.exit("the zygote has threads: nothing may be forked from it")
    gc.collect()  # 2
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are nobody's to wait for
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    control.send(b"ready")  # 3
    while True:
        body, descriptors, _flags, _address = socket.recv_fds(control, MAX_REQUEST, MAX_DESCRIPTORS)
        if not body:
            return
        born = give_birth(json.loads(body), descriptors, own)
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(b"y" if born else b"n")


def give_birth(request: Mapping[str, Any], descriptors: list[int], own: int) -> bool:
    """Fork a child into a box.

    Args:
        request: ``role``, ``argument``, ``uid``, ``directory``, ``limits``, ``data`` (limit of a
            process's memory, or None).
        descriptors: the child's link, the box's namespaces, and perhaps a memory group's list.
        own: the zygote's process namespace.

    Returns:
        Whether the child is in its box and has given up root.
    """
    told, tell = os.pipe()
    names = dict(zip(entering.NAMESPACES, descriptors[1:], strict=False))
    child = entering.fork_into(names["pid"], own)
    if child == 0:
        try:
            os.close(told)
            _live(request, descriptors, tell)
        except BaseException:  # noqa: BLE001 (nothing may go on from here as the zygote)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(tell)
    try:
        ready = select.select([told], [], [], BIRTH_SECONDS)[0]
        born = bool(ready) and os.read(told, 1) == b"y"
    finally:
        os.close(told)
    if not born:
        _kill(child)
    return born


def _live(request: Mapping[str, Any], descriptors: list[int], tell: int) -> None:
    """The child: into the box, then its role until the link is closed."""
    role = str(request["role"])
    link, *namespaces = descriptors
    if len(namespaces) > len(entering.NAMESPACES):
        os.write(namespaces.pop(), b"0")  # into the memory group
    os.setsid()
    if request["data"] is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (request["data"], request["data"]))
    box = Box(
        uid=int(request["uid"]),
        directory=str(request["directory"]),
        limits=Limits(**request["limits"]),
    )
    entering.enter(namespaces, box)
    _only(link, tell, keep_errors=role == "orchestrator")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    random.seed()
    os.write(tell, b"y")
    os.close(tell)
    sys.argv = [role]
    ROLES[role](link, str(request["argument"]))


def _only(*kept: int, keep_errors: bool) -> None:
    """Close everything but these; the standard ones lead nowhere."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1) if keep_errors else (0, 1, 2):
        os.dup2(nowhere, standard)
    for number in [int(each.name) for each in Path("/proc/self/fd").iterdir()]:
        if number > 2 and number not in kept:
            with contextlib.suppress(OSError):  # that of the listing itself
                os.close(number)


def _kill(child: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
