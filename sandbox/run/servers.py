"""Users' servers: one per (user, context), each with a user id and a home of its own.

Rules:

- Numbers are given once and kept in ``state/manager/servers.json``; nobody's files
  ever get another owner.
- Inside, there is the code (read-only), the home, and a socket to the public proxy;
  no other network, no other home, no other process. The home is the one place of the
  machine's disk that a user can write to.
- A home is made on first use and never deleted here. A template is copied in once and
  never over a file that is there.
- The hub says which user and which context; the command line is decided here.
- What a permit limits (``domain.server_limits``) holds for servers of its context alone.
  A limit of cores, memory or disk that this machine cannot set keeps the server from starting.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import secrets
import socket
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from sandbox.domain.server_limits import PERMIT, ServerLimits, read_limits
from sandbox.hub.idle_rule import Rule
from sandbox.hub.workplace import PYTHON, SERVER, environment, template_of
from sandbox.isolation.bubblewrap import Box, Limits
from sandbox.isolation.cores import CoresControl
from sandbox.isolation.memory import MemoryControl, remove
from sandbox.isolation.probe import Isolation
from sandbox.kit.clock import SystemClock
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.run.identity import Identities
from sandbox.run.parts import code
from sandbox.run.process import Command, Running, start
from sandbox.run.server_hours import Key, ServerHours
from sandbox.run.volumes import Volumes
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT

USER = re.compile(r"^[a-z][a-z0-9]{1,31}$")
CONTEXT = re.compile(r"^(home|(permit|course)-[a-z0-9][a-z0-9-]{0,47})$")

_GRACE = 8.0
_INNER_PORT = 8888
_MEGABYTE = 1 << 20
_MOVERS = 2
"""How many homes are moved at once; all else of the manager has threads of its own."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_RUNTIME = "/tmp/jupyter"  # noqa: S108 - in the server's own memory, so that a full home still starts

log = structlog.get_logger()


class UserServers:
    """Starts and stops users' servers for the hub.

    Args:
        settings: of the install.
        ids: who runs what.
        level: the isolation this machine gives.
        memory: where memory can be limited; None where it cannot.
        cores: the same for processor cores.
    """

    def __init__(
        self,
        settings: Settings,
        ids: Identities,
        *,
        level: Isolation,
        memory: MemoryControl | None,
        cores: CoresControl | None = None,
    ) -> None:
        self._settings = settings
        self._ids = ids
        self._level = level
        self._memory = memory
        self._cores = cores
        self._running: dict[tuple[str, str], Running] = {}
        self._ended: dict[tuple[str, str], int] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        kept = settings.paths.state_dir / "manager"
        self._numbers = _Numbers(kept / "servers.json")
        self._hours = ServerHours(kept / "server-hours.json", SystemClock())
        self._volumes = Volumes(
            settings.paths, separate=ids.separate and level is Isolation.SEPARATE_USERS
        )
        self._movers = ThreadPoolExecutor(_MOVERS, "volumes")
        self._watch: asyncio.Task[None] | None = None

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.start {user, context, env, limits}`` → ``{socket}``.

        Raises:
            InvalidInput: ``server.bad_name``, ``terms.malformed``.
            Refused: ``hub.server_hours_used``.
            Unavailable: ``hub.limit_not_held``, ``hub.volume_busy``.
            IntegrityFailure: ``hub.volume_damaged``, ``hub.volume_not_moved``.
        """
        key = _key(request)
        limits = read_limits(request.get("limits", {}))
        async with self._lock(key):
            await self._stop(key)
            self._ended.pop(key, None)  # why the last one ended is not why this one did not start
            await self._require(key, limits)
            self._hours.begin(key, limits.hours)
            try:
                await self._start(key, request, limits)
            except BaseException:
                self._hours.end(key)
                await asyncio.to_thread(self._volumes.close, key)
                raise
        if self._hours.running and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._look())
        return {"socket": str(self._settings.paths.server_socket(*key))}

    async def _start(self, key: Key, request: Mapping[str, Any], limits: ServerLimits) -> None:
        uid = self._ids.separate and (
            self._settings.isolation.server_uid_base + self._numbers.of(*key)
        )
        owner = int(uid) if uid else os.getuid()
        home = await self._home(key, owner, limits)
        variables = _hub_variables(request.get("env"))
        with self._listen(key) as listening:
            command = self._command(
                key, owner, home, variables, limits, listening=listening.fileno()
            )
            self._running[key] = await start(command, self._level)
        log.info("server.started", user=key[0], context=key[1], uid=owner)

    async def _require(self, key: Key, limits: ServerLimits) -> None:
        """Refuse a limit that nothing here could hold."""
        if (limits.cores is not None and self._cores is None) or (
            limits.memory is not None and self._memory is None
        ):
            raise Unavailable("hub.limit_not_held", context=key[1])
        if self._volumes.wanted(key, limits.disk):
            await asyncio.to_thread(self._volumes.require, key)

    async def _look(self) -> None:
        """Count hours, end servers that have none left, hold disks; ends with the last of them."""
        while self._hours.running:
            await asyncio.sleep(self._hours.next_look())
            try:
                await self._end_those_over()
                await asyncio.to_thread(self._volumes.look)
            except Exception:
                log.exception("server.hours_look_failed")

    async def _end_those_over(self) -> None:
        self._hours.count()
        for key, running in list(self._running.items()):
            if running.exit_code is not None and self._running.get(key) is running:
                await self._end(key)
        for key in self._hours.over():
            log.info("server.hours_used", user=key[0], context=key[1])
            await self._end(key)

    async def _end(self, key: Key) -> None:
        """Stop a server and clear up after it; one that just starts or stops at the next look."""
        if self._lock(key).locked():
            return
        async with self._lock(key):
            await self._stop(key)

    async def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.stop {user, context}``."""
        key = _key(request)
        async with self._lock(key):
            await self._stop(key)
        return {}

    async def poll(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.poll {user, context, limits}`` → ``{exit: null | int}``, 0 if unknown.

        One that just starts or stops has not ended: whoever gave it up asks to stop it, and the
        stop waits for its turn.

        Limits that are named hold from now on: hours at once, disk from the next look, the others
        from the next start.
        """
        key = _key(request)
        if "limits" in request:
            limits = read_limits(request.get("limits", {}))
            self._hours.change(key, limits.hours)
            self._volumes.change(key, limits.disk)
        running = self._running.get(key)
        if running and running.exit_code is not None:
            await self._end(key)  # the hub asks for nothing more of what has ended
        elif self._lock(key).locked():
            return {"exit": None}
        return {"exit": running.exit_code if running else self._ended.get(key, 0)}

    async def use(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.use {context}`` → ``{seconds, disks}`` of a permit's workspaces.

        ``seconds`` ran today, all of them together; ``disks`` are ``{used, limit}`` in megabytes by
        user, of the workspaces that have a volume; both as they were at the last look.

        Raises:
            InvalidInput: ``server.bad_name``.
        """
        context = str(request.get("context", ""))
        if not CONTEXT.match(context) or not context.startswith(PERMIT):
            raise InvalidInput("server.bad_name", user="", context=context)
        disks = self._volumes.uses(context)
        return {
            "seconds": int(self._hours.used(context)),
            "disks": {user: asdict(found) for user, found in disks.items()},
        }

    def recover(self) -> None:
        """Clear away what servers of a killed manager left; before the first start."""
        self._volumes.recover()

    async def stop_all(self) -> None:
        """Stop every server, at once."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await asyncio.gather(*(self._stop(key) for key in list(self._running)))

    def _lock(self, key: tuple[str, str]) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    async def _stop(self, key: tuple[str, str]) -> None:
        running = self._running.pop(key, None)
        if running is None:
            return
        try:
            code_ = self._ended[key] = await running.stop(_GRACE)
        finally:
            self._hours.end(key)
            await asyncio.to_thread(self._volumes.close, key)
        for group in (running.command.memory, running.command.cores):
            if group is not None:
                remove(group)
        log.info("server.stopped", user=key[0], context=key[1], exit=code_)

    async def _home(self, key: tuple[str, str], owner: int, limits: ServerLimits) -> Path:
        user, context = key
        folder = self._settings.paths.homes / user
        folder.mkdir(mode=0o711, exist_ok=True)
        home = folder / context
        if self._volumes.wanted(key, limits.disk):
            home = await asyncio.get_running_loop().run_in_executor(
                self._movers, self._volumes.open, key, owner, limits.disk
            )
        elif not home.exists():
            home.mkdir(mode=0o700)
            os.chown(home, owner, owner if self._ids.separate else os.getgid())
        template = template_of(context)
        if template is not None and template.exists():
            _copy_once(template, home, owner if self._ids.separate else None)
        return home

    def _command(
        self,
        key: tuple[str, str],
        owner: int,
        home: Path,
        variables: dict[str, str],
        limits: ServerLimits,
        *,
        listening: int,
    ) -> Command:
        user, context = key
        settings, paths = self._settings, self._settings.paths
        isolated = self._level is not Isolation.NONE
        inside = f"/home/{user}" if isolated else str(home)
        port = _INNER_PORT if isolated else _free_port()
        prefix = variables.get("JUPYTERHUB_SERVICE_PREFIX", "/")
        memory, cores = self._groups(
            f"synak-{paths.port}-{owner}-{paths.server_socket(*key).parent.name}", limits
        )
        bridges = [f"fd:{listening}=tcp:{port}"]
        if isolated:
            bridges.append(f"tcp:{paths.proxy_port}=unix:{paths.bridge_socket}")
        return Command(
            name=f"server {user}/{context}",
            line=(
                *(*PYTHON, "sandbox.isolation.bridge", *bridges, "--"),
                *SERVER,
                *(() if isolated or owner else ("--allow-root",)),
            ),
            environment={
                "PATH": f"{sys.prefix}/bin:{CHECKOUT / '.node'}:/usr/bin:/bin",
                "HOME": inside,
                "USER": user,
                "SHELL": "/bin/bash",
                "LANG": "C.UTF-8",
                **environment(context, inside),
                **({"JUPYTER_RUNTIME_DIR": _RUNTIME} if isolated else {}),
                "SYNAK_URL": settings.url,
                "SYNAK_CONTEXT": context,
                **Rule.of(settings.hub).environment(),
                "SYNAK_KERNEL_TRANSPORT": "tcp" if isolated else "ipc",
                **variables,
                "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{prefix}",
                **({} if isolated else self._unisolated(variables)),
            },
            box=self._box(key, owner, home, inside),
            log=paths.logs / f"server-{user}-{context}.log",
            memory=memory,
            cores=cores,
            umask=0o077,
            inherited=(listening,),
        )

    def _groups(self, name: str, limits: ServerLimits) -> tuple[Path | None, Path | None]:
        """The groups of one server; the install's memory is the most that a permit can give."""
        most = self._settings.hub.server_memory_mb
        allowed = most if limits.memory is None else min(most, limits.memory)
        memory = self._memory and self._memory.limit(name, allowed * _MEGABYTE)
        cores = self._cores and self._cores.limit(name, limits.cores)
        return memory or None, cores or None

    def _unisolated(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Addresses by number: only inside a box do names below ``.localhost`` resolve."""
        paths, public = self._settings.paths, f"{self._settings.url}/hub/api"
        return {
            "SYNAK_URL": f"http://127.0.0.1:{paths.proxy_port}",
            **{
                name: value.replace(public, paths.hub_api)
                for name, value in variables.items()
                if value.startswith(public)
            },
        }

    def _box(self, key: tuple[str, str], owner: int, home: Path, inside: str) -> Box:
        hub, paths = self._settings.hub, self._settings.paths
        return Box(
            uid=owner,
            read_only=(*_code_for_users(), paths.bridge_socket.parent),
            mounts=((home, inside, True), *self._names(key, owner)),
            network=False,
            directory=inside,
            limits=Limits(
                processes=hub.server_processes if self._ids.separate else None,
                file_bytes=hub.server_file_mb * _MEGABYTE,
            ),
        )

    def _listen(self, key: tuple[str, str]) -> socket.socket:
        """Open the server's socket for it, for hub and proxy to connect to."""
        path = self._socket_folder(key) / "server.sock"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(path))
            if self._ids.separate:
                os.chown(path, os.getuid(), self._ids.group("servers"))
            path.chmod(0o660)
            listening.listen()
        except BaseException:
            listening.close()
            raise
        return listening

    def _socket_folder(self, key: tuple[str, str]) -> Path:
        """Where the socket lies: a folder of the manager's, also where it was a user's once."""
        folder = self._settings.paths.server_socket(*key).parent
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._ids.separate:
            os.chown(folder, os.getuid(), self._ids.group("servers"))
        folder.chmod(0o710)
        _make_way(folder / "server.sock")
        return folder

    def _names(self, key: tuple[str, str], owner: int) -> tuple[tuple[Path, str, bool], ...]:
        user, _ = key
        host = self._settings.install.host
        folder = self._settings.paths.run_dir / "etc" / f"server-{owner}"
        folder.mkdir(mode=0o755, exist_ok=True)
        texts = {
            "passwd": f"root:x:0:0::/root:/usr/sbin/nologin\n"
            f"{user}:x:{owner}:{owner}::/home/{user}:/bin/bash\n",
            "group": f"root:x:0:\n{user}:x:{owner}:\n",
            "hosts": f"127.0.0.1 localhost {host} {user}.{host}\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text)
        return tuple((folder / name, f"/etc/{name}", False) for name in texts)


class _Numbers:
    """Which (user, context) has which number; kept for ever."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    def of(self, user: str, context: str) -> int:
        name = f"{user}/{context}"
        if name not in self._known:
            self._known[name] = max(self._known.values(), default=0) + 1
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(self._known, indent=1))
            fresh.chmod(0o600)
            fresh.replace(self._path)
        return self._known[name]


def _key(request: Mapping[str, Any]) -> tuple[str, str]:
    user, context = str(request.get("user", "")), str(request.get("context", ""))
    if not USER.match(user) or not CONTEXT.match(context):
        raise InvalidInput("server.bad_name", user=user, context=context)
    return user, context


def _hub_variables(given: object) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {
        str(name): str(value)
        for name, value in given.items()
        if str(name).startswith("JUPYTERHUB_") or name == "SYNAK_LANGUAGE"
    }


def _code_for_users() -> tuple[Path, ...]:
    config = CHECKOUT / "hub_config"
    own = tuple(path for path in code() if path != config)
    return (*own, config / "singleuser")


def _copy_once(template: Path, home: Path, owner: int | None) -> None:
    """Copy without following anything that the user may have put there.

    A full disk, or one with no file left, is no reason to keep its owner from clearing it.
    """
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        target = os.open(template.name, flags, 0o600, dir_fd=folder)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _FULL:
            raise
        log.warning("server.template_not_copied", home=str(home))
        return
    finally:
        os.close(folder)
    try:
        with os.fdopen(target, "wb") as file:
            file.write(template.read_bytes())
            if owner is not None:
                os.fchown(file.fileno(), owner, owner)
    except OSError:
        log.warning("server.template_not_copied", home=str(home))
        (home / template.name).unlink()


def _make_way(path: Path) -> None:
    """Let a new socket be made here, whatever the user put in its place.

    A folder is moved aside, not removed: it may be deeper than anybody wants to walk.
    """
    try:
        path.unlink(missing_ok=True)
    except (IsADirectoryError, PermissionError):
        path.rename(path.with_name(f"not-a-socket-{secrets.token_hex(8)}"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
