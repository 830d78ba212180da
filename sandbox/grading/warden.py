"""The warden: the only privileged part of grading. It starts, limits and kills.

It reads nothing of what it passes on but the orchestrator's requests, of which there
are two: start a process in a role, and "this is the result". Roles, user ids, binds,
limits and how many starts there may be are decided here.

A process is forked from the zygote into a box that bubblewrap made, or, where there is no
zygote, started in that box: the same box, user id and limits either way.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, Self

import structlog

from sandbox.grading.nursery import Nursery
from sandbox.grading.sides import MAX_RENEWALS, MAX_RESTARTS, Limits
from sandbox.grading.wire import (
    MAX_RESULT,
    Link,
    LinkClosed,
    LinkTimeout,
    Message,
    WireError,
)
from sandbox.isolation import bubblewrap, entering, memory, seccomp
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import IntegrityFailure, Unavailable

MAX_STARTS: Final = {"student": MAX_RESTARTS + 1, "tester": MAX_RENEWALS + 2}
"""For each notebook of the assignment; one of the tester's is its last canary's."""
_GRACE: Final = 45.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WardenSetup:
    """What the warden needs to know of the machine.

    Attributes:
        checkout: folder that holds ``sandbox``, ``.venv``, ``.node`` and ``build``.
        level: what isolation there is; without any, grading is refused.
        grader_uid: the orchestrator's user id (used as root only).
        uid_base: S and T of slot n run as ``uid_base + 2n`` and ``uid_base + 2n + 1``.
        slots: how many submissions at once.
        memory_bytes: limit of O, of S and of T each by cgroup; where none can be written, of
            each single process of theirs.
        processes: limit of S and of T each.
        limits: of time.
        warm: whether processes are forked from a zygote; needs user ids of their own.
    """

    checkout: Path
    level: Isolation
    grader_uid: int = 61008
    uid_base: int = 61020
    slots: int = 2
    memory_bytes: int = 1 << 30
    processes: int = 160
    limits: Limits = field(default_factory=Limits)
    warm: bool = True


class Warden:
    """Runs gradings; as many at once as there are slots."""

    def __init__(self, setup: WardenSetup) -> None:
        if setup.level is Isolation.NONE:
            raise Unavailable("grading.no_isolation")
        self._setup = setup
        self._memory = memory.memory_control()
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(setup.slots):
            self._slots.put(slot)
        self.nursery: Nursery | None = None
        if setup.warm and setup.level is Isolation.SEPARATE_USERS:
            limit = setup.memory_bytes if self._memory is None else None
            self.nursery = Nursery(zygote_box(setup), _environment(), limit)

    def close(self) -> None:
        """End the zygote; gradings under way go on."""
        if self.nursery is not None:
            self.nursery.close()

    def run_job(self, folder: Path) -> Message:
        """Grade the submission that lies in a folder.

        Args:
            folder: holds ``master`` and ``submission``; readable by the grader's user id.

        Returns:
            The orchestrator's result.

        Raises:
            Unavailable: ``grading.too_long``, ``grading.ended``.
            IntegrityFailure: the orchestrator's own error.
        """
        slot = self._slots.get()
        try:
            with _Cell(self._setup, self._memory, self.nursery, slot, folder) as cell:
                result = cell.result()
        except OSError as gone:  # no process, no group, no socket: another time there may be
            raise Unavailable("grading.ended") from gone
        finally:
            self._slots.put(slot)
        error = result.get("error")
        if error is not None:
            kind = Unavailable if error["code"] in _TRY_AGAIN else IntegrityFailure
            raise kind(str(error["code"]), **dict(error["params"]))
        return result


_TRY_AGAIN: Final = (
    "grading.setup_failed",
    "grading.process_refused",
    "grading.canary_missing",
)


class _Cell:
    """The processes of one grading."""

    def __init__(
        self,
        setup: WardenSetup,
        control: memory.MemoryControl | None,
        nursery: Nursery | None,
        slot: int,
        folder: Path,
    ) -> None:
        self._setup = setup
        self._memory = control
        self._nursery = nursery
        self._slot = slot
        self._folder = folder
        self._name = uuid.uuid4().hex[:12]
        self._running: dict[str, Callable[[], None]] = {}
        self._opening: dict[str, entering.Opening] = {}
        self._starts = {"student": 0, "tester": 0}
        self._notebooks = max(1, len(list((folder / "master").glob("*.ipynb"))))

    def __enter__(self) -> Self:
        ours, theirs = socket.socketpair()
        self._link = Link(ours, MAX_RESULT)
        try:
            self._begin_all(theirs)
        except BaseException:  # nobody calls `__exit__` then: no box may stay
            self.__exit__()
            raise
        return self

    def _begin_all(self, theirs: socket.socket) -> None:
        with _passed(theirs) as descriptor:
            limits = self._setup.limits
            times = json.dumps({"cell": limits.cell, "test": limits.test, "total": limits.total})
            self._launch("orchestrator", "sandbox.grading.orchestrate", descriptor, times)
        if self._nursery is not None and self._nursery.pid is not None:
            for role in self._starts:  # their boxes are made while O reads the master
                with contextlib.suppress(Unavailable):  # tried again when O asks
                    self._opening[role] = self._begin(role)

    def __exit__(self, *_error: object) -> None:
        self._link.close()
        for opening in self._opening.values():
            opening.end()
        for role in list(self._running):
            self._stop(role)

    def result(self) -> Message:
        """Serve the orchestrator until it has a result."""
        until = time.monotonic() + self._setup.limits.total + _GRACE
        try:
            while True:
                request = self._link.receive(seconds=max(0.1, until - time.monotonic()))
                if request.get("op") == "result":
                    result: Message = request["result"]
                    return result
                self._start(str(request.get("role")), int(request.get("first_handle", 0)))
        except LinkTimeout as error:
            raise Unavailable("grading.too_long") from error
        except (LinkClosed, WireError, OSError, TypeError, ValueError, KeyError) as error:
            # what comes through the link is of processes that may be broken or gone
            raise Unavailable("grading.ended") from error

    def _start(self, role: str, first_handle: int) -> None:
        if self._starts.get(role, 0) >= MAX_STARTS.get(role, 0) * self._notebooks:
            socket.send_fds(self._link.socket, [b"n"], [])
            return
        self._starts[role] += 1
        self._stop(role)
        ours, theirs = socket.socketpair()
        with ours:
            with _passed(theirs) as descriptor:
                self._launch(role, f"sandbox.grading.{role}", descriptor, str(first_handle))
            socket.send_fds(self._link.socket, [b"y"], [ours.fileno()])

    def _launch(self, role: str, module: str, descriptor: int, argument: str) -> None:
        group = None
        if self._memory is not None:
            group = self._memory.limit(self._group(role), self._setup.memory_bytes)
        if self._nursery is None or not self._fork(role, descriptor, argument, group):
            self._execute(role, module, descriptor, argument, group)

    def _fork(self, role: str, descriptor: int, argument: str, group: Path | None) -> bool:
        """Have the process born in a box; False: there is none, and nothing of it is left."""
        if self._nursery is None or not self._nursery.ready():
            return False
        opening = self._opening.pop(role, None)
        try:
            opened = (opening or self._begin(role)).box()
        except Unavailable as error:
            _log.warning("grading.no_box", role=role, code=error.code)
            return False
        self._running[role] = opened.end
        try:
            born = self._nursery.born(role, argument, descriptor, self._box(role), opened, group)
        finally:
            opened.close()
        if not born:
            _log.warning("grading.not_born", role=role)
            self._running.pop(role)()
        return born

    def _begin(self, role: str) -> entering.Opening:
        return entering.begin_box(
            self._box(role), level=self._setup.level, environment=_environment()
        )

    def _execute(
        self, role: str, module: str, descriptor: int, argument: str, group: Path | None
    ) -> None:
        command = [sys.executable, "-P", "-m", module, str(descriptor), argument]
        if self._memory is None:  # no cgroup to write: at least each process by itself
            command = ["/usr/bin/prlimit", f"--data={self._setup.memory_bytes}", "--", *command]
        with seccomp.opened() as calls:
            line = bubblewrap.argv(
                self._box(role), command, level=self._setup.level, filter_fd=calls
            )
            if group is not None:
                line = memory.joined(group, line)
            process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if role == "orchestrator" else subprocess.DEVNULL,
                pass_fds=(descriptor, calls),
                env=_environment(),
                cwd="/",
            )
        self._running[role] = partial(entering.end, process)

    def _box(self, role: str) -> bubblewrap.Box:
        setup = self._setup
        offset = {"student": 0, "tester": 1}.get(role)
        uid = setup.grader_uid if offset is None else setup.uid_base + 2 * self._slot + offset
        return replace(
            code_box(setup),
            uid=uid,
            mounts=((self._folder, "/job", False),) if role == "orchestrator" else (),
            hostname=role,
            limits=bubblewrap.Limits(
                processes=setup.processes, file_bytes=64 << 20, open_files=1024
            ),
        )

    def _group(self, role: str) -> str:
        return f"synak-grading-{self._name}-{role}"

    def _stop(self, role: str) -> None:
        end = self._running.pop(role, None)
        if end is None:
            return
        end()
        if self._memory is not None:
            group = self._memory.parent / self._group(role)
            for _attempt in range(500):
                memory.remove(group)
                if not group.exists():
                    break
                time.sleep(0.002)


def code_box(setup: WardenSetup) -> bubblewrap.Box:
    """What every process of gradings sees: the platform's code, read only, and no network."""
    base = Path(sys.base_prefix)
    built = tuple(setup.checkout / name for name in (".node", "build/lab", "build/contracts"))
    return bubblewrap.Box(
        uid=setup.grader_uid,
        read_only=(setup.checkout / ".venv", setup.checkout / "sandbox"),
        optional=built if base.is_relative_to("/usr") else (*built, base),
        directory="/tmp",  # noqa: S108 (a tmpfs of its own)
    )


def zygote_box(setup: WardenSetup) -> bubblewrap.Box:
    """The zygote's: the same, but root with the capabilities to put others into boxes.

    It must share the warden's process namespace: a process can only be put into a namespace
    below one's own.
    """
    return replace(
        code_box(setup),
        hostname="zygote",
        own_processes=False,
        capabilities=entering.CAPABILITIES,
    )


@contextmanager
def _passed(end: socket.socket) -> Iterator[int]:
    """A descriptor that a child inherits and we close."""
    with end:
        os.set_inheritable(end.fileno(), True)
        yield end.fileno()


def _environment() -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",  # nbgrader calls alembic
        "HOME": "/tmp",  # noqa: S108
        "IPYTHONDIR": "/tmp/.ipython",  # noqa: S108
        "JUPYTER_CONFIG_DIR": "/tmp/.jupyter",  # noqa: S108
        "JUPYTER_PLATFORM_DIRS": "1",
        "LANG": "C.UTF-8",
        "NBGRADER_EXECUTION": "autograde",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore",
        "TZ": "UTC",
    }
