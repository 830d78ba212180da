"""One private engine: started, watched, and gone with the process that asked for it.

Rules: the flags are those of the trial's engine (``EngineSpec.command``); the
socket lies in a folder that only its owner can enter; the engine dies with its
process even when that is killed (parent-death signal), and a forked child never
stops its parent's engine. The kernel ties that signal to the thread that started
the engine, so one thread that lives as long as the process starts them all: a lab
started in a short-lived thread goes on after it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

from sandbox.sdk.errors import LabStopped

START_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.001
_END_SECONDS: Final = 0.5
"""How long an engine whose connection broke may take to end."""
_LAST_WORDS: Final = 300
"""Characters of the engine's own output that an error quotes."""


class LabEngine:
    """A running anvil of one's own.

    Args:
        command: the program and its arguments.
        folder: the private folder, removed at the end.
        ipc_path: the socket inside that folder.
    """

    def __init__(self, command: list[str], folder: Path, ipc_path: Path) -> None:
        self.folder = folder
        self.ipc_path = ipc_path
        self._owner = os.getpid()
        self._log = folder / "engine.log"
        self._process = _starter(self._owner).submit(_spawn, command, folder, self._log).result()
        self._finalizer = weakref.finalize(self, _stop, self._process, folder, self._owner)
        self._wait_until_it_answers()

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the engine lives."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Stop the engine and remove its folder; a second call does nothing."""
        self._finalizer()

    def last_words(self) -> str:
        """How the engine ended, and what it said last; empty while it lives."""
        if not self._finalizer.alive:
            return "the lab was closed"
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return ""
        how = f"killed by signal {-status}" if status < 0 else f"ended with status {status}"
        said = self._log.read_text("utf-8", "replace")[-_LAST_WORDS:].strip()
        return f"{how}; {said}" if said else how

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                reason = self.last_words()
                self.stop()
                raise LabStopped("sdk.lab_stopped", reason=reason)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                try:
                    probe.connect(str(self.ipc_path))
                except OSError:
                    time.sleep(_POLL_SECONDS)
                    continue
                return
        self.stop()
        raise LabStopped("sdk.lab_stopped", reason=f"no answer in {START_SECONDS:.0f} s")


def private_folder() -> Path:
    """A new folder that only its owner can enter, short enough for a socket's path."""
    return Path(tempfile.mkdtemp(prefix="synak-lab-"))


@cache
def _starter(owner: int) -> ThreadPoolExecutor:
    """The one thread of a process (by its id: a forked child has none yet) that starts engines."""
    return ThreadPoolExecutor(1, thread_name_prefix=f"synak-lab-{owner}")


def _spawn(command: list[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the engine; without ``setpriv`` on the machine nothing is started."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LabStopped("sdk.lab_stopped", reason="setpriv (util-linux) is missing")
    with log.open("wb") as out:
        return subprocess.Popen(
            [setpriv, "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env={"HOME": str(folder), "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        )


def _stop(process: subprocess.Popen[bytes], folder: Path, owner: int) -> None:
    if os.getpid() != owner:
        return
    if process.poll() is None:
        process.kill()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
