"""One isolated child process: start it, tell it to stop, see how it ended.

Rules:

- Output goes to a log file that only the manager's user may read.
- SIGTERM is sent to the program itself, not to bubblewrap in front of it, which
  would take the program down without a chance to finish.
- When the manager dies, however it dies, its children die with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.isolation import seccomp
from sandbox.isolation.bubblewrap import Box, argv
from sandbox.isolation.memory import joined
from sandbox.isolation.probe import Isolation

_UMASK = 0o007
_LOG_MODE = 0o600
_INFO_SECONDS = 10.0


@dataclass(frozen=True)
class Command:
    """What to run and how.

    Attributes:
        name: for people and for the log.
        line: program and arguments.
        environment: all of it; nothing is inherited.
        box: what it sees and who it is.
        log: file that its output is appended to.
        memory: cgroup it is put into.
        cores: a second cgroup, which limits its share of the processor.
        umask: of the files it makes.
        inherited: descriptors that it gets with their numbers; whoever opened them closes them.
    """

    name: str
    line: Sequence[str]
    environment: Mapping[str, str]
    box: Box
    log: Path
    memory: Path | None = None
    cores: Path | None = None
    umask: int = _UMASK
    inherited: tuple[int, ...] = ()


@dataclass
class Running:
    """A started process."""

    command: Command
    level: Isolation
    outer: asyncio.subprocess.Process
    init_pid: int | None = None
    stopping: bool = field(default=False)

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self.outer.returncode

    async def wait(self) -> int:
        """Wait for its end."""
        return await self.outer.wait()

    def program_pid(self) -> int | None:
        """The process id of the program itself, as seen from here."""
        if self.level is Isolation.NONE:
            return self.outer.pid
        if self.init_pid is None:
            return None
        try:
            children = Path(f"/proc/{self.init_pid}/task/{self.init_pid}/children").read_text()
        except OSError:
            return None
        numbers = children.split()
        return int(numbers[0]) if numbers else None

    async def stop(self, grace: float) -> int:
        """Ask it to stop, and end it when it does not.

        Args:
            grace: seconds between asking and ending.
        """
        self.stopping = True
        if self.exit_code is None:
            self._send(self.program_pid(), signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.outer.wait(), grace)
        self._end()
        return await self.outer.wait()

    def _end(self) -> None:
        if self.level is Isolation.NONE:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.outer.pid, signal.SIGKILL)
        if self.exit_code is None:
            self._send(self.init_pid, signal.SIGKILL)
            self._send(self.outer.pid, signal.SIGKILL)

    @staticmethod
    def _send(pid: int | None, number: signal.Signals) -> None:
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


async def start(command: Command, level: Isolation) -> Running:
    """Start a process.

    Args:
        command: what to run.
        level: the isolation this machine gives.

    Raises:
        OSError: the program or the log file cannot be opened.
    """
    log = os.open(command.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _LOG_MODE)
    read_end, write_end = os.pipe()
    try:
        isolated = level is not Isolation.NONE
        with seccomp.opened() as calls:
            process = await asyncio.create_subprocess_exec(
                *_line(command, level, calls, write_end),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(command.environment),
                cwd="/" if isolated else command.box.directory,
                start_new_session=True,
                umask=command.umask,
                pass_fds=(*command.inherited, *((calls, write_end) if isolated else ())),
            )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(log)
        os.close(write_end)
    running = Running(command, level, process)
    try:
        if isolated:
            running.init_pid = await _init_pid(read_end)
    finally:
        os.close(read_end)
    return running


def _line(command: Command, level: Isolation, calls: int, info: int) -> list[str]:
    if level is not Isolation.NONE:
        line = argv(command.box, command.line, level=level, filter_fd=calls, info_fd=info)
    else:
        line = argv(command.box, command.line, level=level, filter_fd=None)
        line = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", *line]
    if command.memory is not None:
        line = joined(command.memory, line)
    if command.cores is not None:
        line = joined(command.cores, line)
    return line


async def _init_pid(descriptor: int) -> int | None:
    """Read ``{"child-pid": n}`` as bubblewrap writes it; None when it failed before."""

    def read() -> bytes:
        text = b""
        while b"}" not in text:
            chunk = os.read(descriptor, 4096)
            if not chunk:
                break
            text += chunk
        return text

    text = await asyncio.wait_for(asyncio.to_thread(read), _INFO_SECONDS)
    try:
        return int(json.loads(text)["child-pid"])
    except (ValueError, KeyError):
        return None
