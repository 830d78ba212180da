"""One private engine: started, watched, and gone with the process that asked for it.

Rules: the flags are those of the trial's engine (``EngineSpec.command``); the
socket lies in a folder that only its owner can enter; the engine dies with its
process even when that is killed (parent-death signal), and a forked child never
stops its parent's engine.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from typing import Final

from sandbox.sdk.errors import LabStopped

START_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.002


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
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_dies_with_parent(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"HOME": str(folder), "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
            )
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

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                reason = self._log.read_text("utf-8", "replace")[-400:].strip() or "exit"
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


def _dies_with_parent() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _stop(process: subprocess.Popen[bytes], folder: Path, owner: int) -> None:
    if os.getpid() != owner:
        return
    if process.poll() is None:
        process.kill()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
