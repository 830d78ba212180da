"""Full replays, run for the worker beside the running platform.

Rules:

- One at a time, in an isolation of its own: no network, the journal read-only, no other folder;
  its engine is its own child, never the production engine, and both share one memory limit.
- The lowest priority, and an end after ``LONGEST``: the platform comes first.
- The worker names a task and a chain; journal and folder follow from the names.
- What the last replay said can be asked until the next one or the manager's end; whoever asks
  for another is told that it is unknown.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.chain.opening import JOURNAL_NAME
from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.memory import MemoryControl, remove
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput
from sandbox.run.engines import CHAINS
from sandbox.run.identity import TOLD, Identities
from sandbox.run.parts import code
from sandbox.run.process import Command, Running, start
from sandbox.settings import Settings

LONGEST: Final = 12 * 3_600.0
"""Seconds after which a replay is ended."""
READER_MEMORY: Final = 1_024
"""MB for the process that reads the journal, beside its engine's."""
TAIL: Final = 64 << 10
"""Bytes of the output in which its last line is looked for."""
_TASK: Final = re.compile(r"RP-\d{4}-\d{4,8}")

log = structlog.get_logger()


@dataclass
class _Run:
    """The newest replay."""

    task: str
    running: Running
    ending: asyncio.TimerHandle
    too_long: bool = False


class Replays:
    """Runs replays for the worker.

    Args:
        settings: of the install.
        ids: who runs what.
        level: the isolation this machine gives.
        memory: where memory can be limited; None where it cannot.
        longest: seconds after which one is ended.
    """

    def __init__(
        self,
        settings: Settings,
        ids: Identities,
        level: Isolation,
        memory: MemoryControl | None = None,
        *,
        longest: float = LONGEST,
    ) -> None:
        self._settings, self._ids, self._level, self._memory = settings, ids, level, memory
        self._longest = longest
        self._run: _Run | None = None
        self._stopping: asyncio.Task[int] | None = None

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``replay.start {task, chain, to}``; nothing to do when it runs already.

        Raises:
            InvalidInput: ``replay.bad_task``.
            IntegrityFailure: ``journal.missing``.
            Conflict: ``replay.busy`` with the one that runs.
        """
        task, chain, to = str(request.get("task")), str(request.get("chain")), request.get("to")
        known = self._known(task)
        whole = to is None or (type(to) is int and to >= 0)
        if chain not in CHAINS or not whole or known.is_symlink() or not known.is_file():
            raise InvalidInput("replay.bad_task", task=task[:20])
        if not self._journal(chain).is_file():
            raise IntegrityFailure("journal.missing", path=JOURNAL_NAME, reason=chain)
        if self._run is not None and self._run.running.exit_code is None:
            if self._run.task == task:
                return {}
            raise Conflict("replay.busy", task=self._run.task)
        await self.stop_all()
        self._output.unlink(missing_ok=True)
        running = await start(self._command(chain, known, to), self._level)
        ending = asyncio.get_running_loop().call_later(self._longest, self._too_long)
        self._run = _Run(task, running, ending)
        log.info("replay.started", task=task, chain=chain)
        return {}

    async def look(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``replay.look {task}`` → ``{state, exit, too_long, said}``."""
        run = self._run
        if run is None or run.task != str(request.get("task")):
            return {"state": "unknown"}
        exit_code = run.running.exit_code
        return {
            "state": "running" if exit_code is None else "ended",
            "exit": exit_code,
            "too_long": self._longest / 3_600 if run.too_long else None,
            "said": await asyncio.to_thread(last_said, self._output),
        }

    async def stop_all(self) -> None:
        """End the replay that runs, if one does, and forget it."""
        run, self._run = self._run, None
        if run is not None:
            run.ending.cancel()
            await run.running.stop(0)
            if run.running.command.memory is not None:
                remove(run.running.command.memory)

    def _too_long(self) -> None:
        if self._run is not None and self._run.running.exit_code is None:
            self._run.too_long = True
            self._stopping = asyncio.get_running_loop().create_task(self._run.running.stop(0))

    def _known(self, task: str) -> Path:
        if not _TASK.fullmatch(task):
            raise InvalidInput("replay.bad_task", task=task[:20])
        return self._settings.paths.worker_dir / "replays" / f"{task}.jsonl"

    def _journal(self, chain: str) -> Path:
        return self._settings.paths.chain_dir / chain / JOURNAL_NAME

    @property
    def _output(self) -> Path:
        return self._settings.paths.logs / "replay.log"

    def _command(self, chain: str, known: Path, to: int | None) -> Command:
        paths, journal = self._settings.paths, self._journal(chain)
        program = [sys.executable, "-m", "sandbox.services.journal_replay_run"]
        line = ["/usr/bin/nice", "-n", "19", *program, journal, known]
        megabytes = self._settings.chain.engine_memory_mb + READER_MEMORY
        memory = self._memory and self._memory.limit(f"synak-{paths.port}-replay", megabytes << 20)
        return Command(
            name="replay",
            line=[*map(str, line), *([] if to is None else ["--to", str(to)])],
            environment={
                "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
                "HOME": "/tmp",  # noqa: S108 - private to the process
                "LANG": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
                TOLD: self._level.value,
            },
            box=Box(
                uid=self._ids.uid("gateway"),
                read_only=(*code(), journal, known),
                directory="/tmp",  # noqa: S108 - private to the process
            ),
            log=self._output,
            memory=memory or None,
        )


def last_said(path: Path) -> dict[str, Any] | None:
    """The last whole line of JSON that a replay said; None while it said nothing.

    Args:
        path: of its output, to which others (a warning of the interpreter) may have written.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL))
            lines = file.read().split(b"\n")[:-1]
    except OSError:
        return None
    for line in reversed(lines):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    return None
