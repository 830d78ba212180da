"""Keeps one process running: restarts it when it ends by itself.

Rules:

- A process that ends unasked is restarted after 0.5 s, then 1, 2, … up to 30 s;
  after a minute of life the delay starts over.
- Each end and each restart is a line in the manager's log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from sandbox.isolation.probe import Isolation
from sandbox.run.process import Command, Running, start

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_LIVED = 60.0

log = structlog.get_logger()


async def _nothing() -> None:
    return


@dataclass
class Supervised:
    """One process that is kept running.

    Attributes:
        command: how it is started.
        level: the isolation this machine gives.
        grace: seconds to stop in.
        after_restart: done each time it was started again.
        restarts: how often it ended by itself.
    """

    command: Command
    level: Isolation
    grace: float
    after_restart: Callable[[], Awaitable[None]] = _nothing
    restarts: int = 0
    running: Running | None = None
    last_exit: int | None = None
    _task: asyncio.Task[None] | None = field(default=None, repr=False)
    _stopping: bool = False

    async def start(self) -> None:
        """Start it for the first time.

        Raises:
            OSError: the program cannot be run.
        """
        self.running = await start(self.command, self.level)
        self._task = asyncio.create_task(self._keep(), name=f"keep-{self.command.name}")

    async def stop(self) -> None:
        """Stop it, and keep it stopped."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.running is not None:
            self.last_exit = await self.running.stop(self.grace)

    async def _keep(self) -> None:
        delay = _FIRST_DELAY
        while not self._stopping:
            began = time.monotonic()
            if self.running is not None:
                self.last_exit = await self.running.wait()
                await self.running.stop(0)
            if time.monotonic() - began > _LIVED:
                delay = _FIRST_DELAY
            self.restarts += 1
            log.warning(
                "process.ended", name=self.command.name, exit=self.last_exit, restart_in=delay
            )
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
            try:
                self.running = await start(self.command, self.level)
            except OSError as error:
                self.running = None
                log.error("process.not_started", name=self.command.name, error=str(error))  # noqa: TRY400
                continue
            log.info("process.restarted", name=self.command.name, restarts=self.restarts)
            asyncio.get_running_loop().create_task(self._after())

    async def _after(self) -> None:
        try:
            await self.after_restart()
        except Exception as error:  # noqa: BLE001 - a failed follow-up must not end the watch
            log.warning("process.after_restart", name=self.command.name, error=str(error))
