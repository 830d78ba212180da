"""The warden's zygote: started, asked for births, started again when it is gone.

Rules:

- It is an accelerator: whoever asks while there is none, or in vain, is told so and starts the
  process the slow way. Nothing else changes: box, user id, limits and memory group are the same.
- A zygote that ends is noticed at once and the next one is started; one that ends `TRIES` times
  before it was ready is left alone for `PAUSE` seconds.
- One birth at a time; a birth takes some milliseconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import structlog

from sandbox.isolation import bubblewrap, memory
from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.entering import OpenBox
from sandbox.isolation.probe import Isolation

WARM_SECONDS: Final = 60.0
"""Seconds that somebody waits for a zygote that is warming itself."""
BIRTH_SECONDS: Final = 20.0
TRIES: Final = 3
PAUSE: Final = 60.0

_log = structlog.get_logger()


class Nursery:
    """Keeps one zygote.

    Args:
        box: what every process of gradings sees: code, no network.
        environment: of the zygote, and so of all that is born.
        data_limit: of a process's memory where no memory group can be made, in bytes.
    """

    def __init__(self, box: Box, environment: Mapping[str, str], data_limit: int | None) -> None:
        self._box = box
        self._environment = dict(environment)
        self._data_limit = data_limit
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._settled = threading.Event()
        self._closed = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._keeper: threading.Thread | None = None

    def born(
        self, role: str, argument: str, link: int, box: Box, opened: OpenBox, group: Path | None
    ) -> bool:
        """Have a process born into a box.

        Args:
            role: as `sandbox.grading.zygote.ROLES` names it.
            argument: of the role.
            link: descriptor that it serves.
            box: what the box is.
            opened: the box as it stands.
            group: its memory group.

        Returns:
            Whether it is there; if not, the box is of no more use.
        """
        request = {
            "role": role,
            "argument": argument,
            "uid": box.uid,
            "directory": box.directory,
            "limits": asdict(box.limits),
            "data": self._data_limit,
        }
        with contextlib.ExitStack() as held, self._lock:
            descriptors = [link, *opened.namespaces]
            if group is not None:
                joining = os.open(memory.joining(group), os.O_WRONLY)
                held.callback(os.close, joining)
                descriptors.append(joining)
            return self._ask(json.dumps(request).encode(), descriptors)

    def ready(self) -> bool:
        """Whether there is a zygote; starts one, and waits for one that is warming itself."""
        with self._lock:
            if self._keeper is None and not self._closed.is_set():
                self._keeper = threading.Thread(target=self._keep, daemon=True, name="zygote")
                self._keeper.start()
        self._settled.wait(WARM_SECONDS)
        return self._ready.is_set()

    def close(self) -> None:
        """End the zygote, for good."""
        self._closed.set()
        process = self._process
        if process is not None:
            process.kill()
        if self._keeper is not None:
            self._keeper.join(5)

    @property
    def pid(self) -> int | None:
        """The process id of the zygote's box, while it is ready."""
        process = self._process
        return process.pid if process is not None and self._ready.is_set() else None

    def _ask(self, request: bytes, descriptors: list[int]) -> bool:
        control = self._control
        if control is None or not self._ready.is_set():
            return False
        try:
            socket.send_fds(control, [request], descriptors)
            return control.recv(1) == b"y"
        except OSError as error:
            _log.warning("grading.zygote_silent", error=type(error).__name__)
            self._ready.clear()
            if self._process is not None:
                self._process.kill()
            return False

    def _keep(self) -> None:
        """Start a zygote, wait for its end, start the next; a thread of its own.

        The zygote's box dies with the thread that started it, so this one waits.
        """
        failures = 0
        while not self._closed.is_set():
            lived = self._one()
            failures = 0 if lived else failures + 1
            if not self._closed.is_set():
                _log.warning("grading.zygote_ended", was_ready=lived, failures=failures)
            if failures >= TRIES:
                self._settled.set()
                self._closed.wait(PAUSE)
        self._settled.set()

    def _one(self) -> bool:
        """One zygote's life; whether it ever was ready."""
        self._settled.clear()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                command = [sys.executable, "-P", "-m", "sandbox.grading.start_zygote"]
                line = bubblewrap.argv(
                    self._box,
                    [*command, str(theirs.fileno())],
                    level=Isolation.SEPARATE_USERS,
                    filter_fd=None,
                )
                process = self._process = subprocess.Popen(
                    line,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env=self._environment,
                    cwd="/",
                )
            began = time.monotonic()
            ours.settimeout(WARM_SECONDS * 2)
            lived = _says_ready(ours)
            if lived and not self._closed.is_set():
                ours.settimeout(BIRTH_SECONDS)
                self._control = ours
                self._ready.set()
                self._settled.set()
                _log.info("grading.zygote_ready", seconds=round(time.monotonic() - began, 1))
            else:
                process.kill()
            process.wait()
            self._ready.clear()
            with self._lock:
                self._control = None
        return lived


def _says_ready(control: socket.socket) -> bool:
    try:
        return control.recv(16) == b"ready"
    except OSError:
        return False
