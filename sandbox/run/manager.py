"""The manager: brings an install up, keeps it up, takes it down.

Plan of :meth:`Manager.up`:

1. probe the isolation, refuse when it is too weak, or when nobody could sign in
2. hold the state directory, check the ports, make folders, secrets, names; take down
   volumes that a killed manager left mounted
3. assert that the interpreter works as another user
4. open the launcher
5. run once: migrate the store, seed accounts in development
6. start the processes, stage by stage, each until it is healthy
Taking down goes the other way: hub first, so that nobody starts a server meanwhile;
then users' servers, desk, worker, gateway (which seals and closes its journals),
engines, signer, proxy.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import structlog

from sandbox.isolation.cores import cores_control
from sandbox.isolation.memory import memory_control
from sandbox.isolation.probe import Isolation, probe
from sandbox.kit.errors import Unavailable
from sandbox.run import prepare
from sandbox.run.engines import Engines
from sandbox.run.gradings import Gradings
from sandbox.run.health import Health, check
from sandbox.run.identity import Identities
from sandbox.run.interpreter import assert_interpreter
from sandbox.run.launcher import Launcher
from sandbox.run.parts import Part, command, parts, store
from sandbox.run.process import Command, start
from sandbox.run.proxy_routes import restore_routes
from sandbox.run.replays import Replays
from sandbox.run.servers import UserServers
from sandbox.run.supervise import Supervised
from sandbox.services import outside_file
from sandbox.settings import Settings

HEALTH_SECONDS = 90.0
_STEP_SECONDS = 120.0
_POLL = 0.1
_TRIES = 3
_DOWN_ORDER = ("hub", "desk", "worker", "gateway", "signer", "bridge", "proxy")

log = structlog.get_logger()

Say = Callable[[str], None]


class Manager:
    """One running install.

    Args:
        settings: of the install.
        say: shows one line of progress to whoever started it.
    """

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self._say = say
        self.isolation = probe()
        separate = self.isolation.level is Isolation.SEPARATE_USERS
        self._ids = Identities(settings.isolation.uid_base, separate=separate)
        self._memory = memory_control()
        self._supervised: dict[str, Supervised] = {}
        self._lock: int | None = None
        self.launcher = Launcher(settings.paths.launcher_socket, self._ids)
        self.servers = UserServers(
            settings,
            self._ids,
            level=self.isolation.level,
            memory=self._memory,
            cores=cores_control(self._memory),
        )
        self.gradings = Gradings(settings, self.isolation.level)
        self.engines = Engines(settings, self._ids, self.isolation.level, self._memory)
        self.replays = Replays(settings, self._ids, self.isolation.level, self._memory)

    async def up(self) -> None:
        """Bring everything up; see the plan of the module.

        Raises:
            Refused: isolation too weak, no way to sign in, folders not ours.
            InvalidInput: the providers for signing in are not configured right.
            Conflict: another manager holds the state directory.
            Unavailable: a process did not become healthy; what is up is taken down.
        """
        self.isolation.require(development=self.settings.install.development)  # 1
        outside_file.required(self.settings)
        if self.isolation.level is not Isolation.SEPARATE_USERS:
            self._say(f"  isolation: {self.isolation.reason}; {self.isolation.advice}")
        prepare.make_folders(self.settings, self._ids)  # 2
        self._lock = prepare.lock(self.settings)
        prepare.check_ports(self.settings)
        prepare.make_secrets(self.settings, self._ids)
        prepare.write_names(self.settings, self._ids)
        prepare.write_running(self.settings)
        await asyncio.to_thread(self.servers.recover)
        await assert_interpreter(self.settings, self._ids, self.isolation.level)  # 3
        self._offer()
        await self.launcher.start()  # 4
        try:
            await self._bring_up()
        except BaseException:
            await self.down()
            raise

    async def _bring_up(self) -> None:
        table = parts(self.settings)
        first = [part for part in table if part.stage == 1]
        early = asyncio.gather(*(self._start(part) for part in first))
        try:
            await self._once(store(self.settings))  # 5
        finally:
            await asyncio.gather(early, return_exceptions=True)
        early.result()
        for stage in sorted({part.stage for part in table} - {1}):  # 6
            await asyncio.gather(*(self._start(part) for part in table if part.stage == stage))

    async def down(self) -> None:
        """Take everything down, in order; safe to call twice."""
        for name in _DOWN_ORDER:
            supervised = self._supervised.pop(name, None)
            if supervised is not None:
                await supervised.stop()
                log.info("process.stopped", name=name, exit=supervised.last_exit)
            if name == "hub":
                await self.servers.stop_all()
            if name == "worker":
                await asyncio.to_thread(self.gradings.close)
                await self.replays.stop_all()
            if name == "gateway":
                await self.engines.stop_all()
        await self.launcher.stop()
        if self._lock is not None:
            self.settings.paths.running_file.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    async def health(self) -> list[Health]:
        """Ask every process."""
        return list(
            await asyncio.gather(*(check(name, self.settings) for name in self._supervised))
        )

    def state(self) -> dict[str, Any]:
        """What the manager itself knows, for the doctor."""
        return {
            "isolation": self.isolation.level.value,
            "isolation_reason": self.isolation.reason,
            "memory_limits": self._memory is not None,
            "processes": {
                name: {
                    "pid": one.running.program_pid() if one.running else None,
                    "restarts": one.restarts,
                    "last_exit": one.last_exit,
                }
                for name, one in self._supervised.items()
            },
        }

    def _offer(self) -> None:
        for name, operation in (
            ("start", self.servers.start),
            ("stop", self.servers.stop),
            ("poll", self.servers.poll),
        ):
            self.launcher.offer(f"server.{name}", "hub", operation)
        self.launcher.offer("server.use", "desk", self.servers.use)
        for name, operation in (
            ("start", self.engines.start),
            ("stop", self.engines.stop),
            ("poll", self.engines.poll),
            ("memory", self.engines.memory),
        ):
            self.launcher.offer(f"engine.{name}", "gateway", operation)
        self.launcher.offer("grade.run", "worker", self.gradings.run)
        self.launcher.offer("replay.start", "worker", self.replays.start)
        self.launcher.offer("replay.look", "worker", self.replays.look)

    async def _once(self, part: Part) -> None:
        began = time.monotonic()
        running = await start(self._command(part, {}), self.isolation.level)
        try:
            code = await asyncio.wait_for(running.wait(), _STEP_SECONDS)
        finally:
            await running.stop(1)
        if code != 0:
            raise Unavailable(
                "run.step_failed",
                step=part.name,
                exit=code,
                log=str(self.settings.paths.logs / f"{part.name}.log"),
            )
        self._say(f"  {part.name:<10} done     {time.monotonic() - began:5.1f} s")

    def _command(self, part: Part, secret: dict[str, str]) -> Command:
        return command(part, self.settings, self._ids, level=self.isolation.level, secret=secret)

    async def _start(self, part: Part) -> None:
        began = time.monotonic()
        secret = {}
        if part.name == "proxy":
            secret["CONFIGPROXY_AUTH_TOKEN"] = self.settings.secret("proxy", "proxy_token")
        supervised = Supervised(self._command(part, secret), self.isolation.level, part.grace)
        if part.name == "proxy":
            supervised.after_restart = lambda: restore_routes(self.settings)
        self._supervised[part.name] = supervised
        await supervised.start()
        await self._until_healthy(part.name, supervised)
        self._say(f"  {part.name:<10} healthy  {time.monotonic() - began:5.1f} s")

    async def _until_healthy(self, name: str, supervised: Supervised) -> None:
        deadline = time.monotonic() + HEALTH_SECONDS
        last = Health(name, ok=False)
        while time.monotonic() < deadline:
            last = await check(name, self.settings)
            if last.ok:
                return
            if supervised.restarts >= _TRIES:
                break
            await asyncio.sleep(_POLL)
        raise Unavailable(
            "run.not_healthy",
            part=name,
            detail=last.detail,
            log=str(self.settings.paths.logs / f"{name}.log"),
        )
