"""Users' servers: one per (user, context), each with a user id and a home of its own.

Rules:

- Numbers are given once and kept in ``state/manager/servers.json``; nobody's files
  ever get another owner.
- Inside, there is the code (read-only), the home, and a socket to the public proxy;
  no other network, no other home, no other process.
- A home is made on first use and never deleted here. A template is copied in once and
  never over a file that is there.
- The hub says which user and which context; the command line is decided here.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from sandbox.isolation.bubblewrap import Box, Limits
from sandbox.isolation.memory import MemoryControl, remove
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import InvalidInput
from sandbox.run.identity import Identities
from sandbox.run.parts import code
from sandbox.run.process import Command, Running, start
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT

USER = re.compile(r"^[a-z][a-z0-9]{1,31}$")
CONTEXT = re.compile(r"^(home|(permit|course)-[a-z0-9][a-z0-9-]{0,47})$")

_GRACE = 8.0
_INNER_PORT = 8888
_MEGABYTE = 1 << 20
TEMPLATES = {"permit": CHECKOUT / "sandbox" / "sdk" / "notebooks" / "trial.ipynb"}

log = structlog.get_logger()


class UserServers:
    """Starts and stops users' servers for the hub.

    Args:
        settings: of the install.
        ids: who runs what.
        level: the isolation this machine gives.
        memory: where memory can be limited; None where it cannot.
    """

    def __init__(
        self,
        settings: Settings,
        ids: Identities,
        *,
        level: Isolation,
        memory: MemoryControl | None,
    ) -> None:
        self._settings = settings
        self._ids = ids
        self._level = level
        self._memory = memory
        self._running: dict[tuple[str, str], Running] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._numbers = _Numbers(settings.paths.state_dir / "manager" / "servers.json")

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.start {user, context, env}`` → ``{socket}``.

        Raises:
            InvalidInput: ``server.bad_name``.
        """
        key = _key(request)
        async with self._lock(key):
            await self._stop(key)
            uid = self._ids.separate and (
                self._settings.isolation.server_uid_base + self._numbers.of(*key)
            )
            owner = int(uid) if uid else os.getuid()
            home = self._home(key, owner)
            command = self._command(key, owner, home, _hub_variables(request.get("env")))
            self._running[key] = await start(command, self._level)
        log.info("server.started", user=key[0], context=key[1], uid=owner)
        return {"socket": str(self._settings.paths.server_socket(*key))}

    async def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.stop {user, context}``."""
        key = _key(request)
        async with self._lock(key):
            await self._stop(key)
        return {}

    async def poll(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``server.poll {user, context}`` → ``{exit: null | int}``, 0 if unknown."""
        running = self._running.get(_key(request))
        return {"exit": running.exit_code if running else 0}

    async def stop_all(self) -> None:
        """Stop every server, at once."""
        await asyncio.gather(*(self._stop(key) for key in list(self._running)))

    def _lock(self, key: tuple[str, str]) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    async def _stop(self, key: tuple[str, str]) -> None:
        running = self._running.pop(key, None)
        if running is None:
            return
        code_ = await running.stop(_GRACE)
        if running.command.memory is not None:
            remove(running.command.memory)
        log.info("server.stopped", user=key[0], context=key[1], exit=code_)

    def _home(self, key: tuple[str, str], owner: int) -> Path:
        user, context = key
        folder = self._settings.paths.homes / user
        folder.mkdir(mode=0o711, exist_ok=True)
        home = folder / context
        if not home.exists():
            home.mkdir(mode=0o700)
            os.chown(home, owner, owner if self._ids.separate else os.getgid())
        template = TEMPLATES.get(context.split("-", 1)[0])
        if template is not None and template.exists():
            _copy_once(template, home, owner if self._ids.separate else None)
        return home

    def _command(
        self, key: tuple[str, str], owner: int, home: Path, variables: dict[str, str]
    ) -> Command:
        user, context = key
        settings, paths = self._settings, self._settings.paths
        isolated = self._level is not Isolation.NONE
        inside = f"/home/{user}" if isolated else str(home)
        port = _INNER_PORT if isolated else _free_port()
        listening = self._socket_folder(key, owner)
        prefix = variables.get("JUPYTERHUB_SERVICE_PREFIX", "/")
        memory = self._memory and self._memory.limit(
            f"synak-{paths.port}-{owner}-{listening.name}",
            settings.hub.server_memory_mb * _MEGABYTE,
        )
        bridges = [f"unix:{listening / 'server.sock'}=tcp:{port}"]
        if isolated:
            bridges.append(f"tcp:{paths.proxy_port}=unix:{paths.bridge_socket}")
        return Command(
            name=f"server {user}/{context}",
            line=(
                *(sys.executable, "-m", "sandbox.isolation.bridge", *bridges, "--"),
                *(sys.executable, "-m", "sandbox.hub.start", "server"),
                *(() if isolated or owner else ("--allow-root",)),
            ),
            environment={
                "PATH": f"{sys.prefix}/bin:{CHECKOUT / '.node'}:/usr/bin:/bin",
                "HOME": inside,
                "USER": user,
                "SHELL": "/bin/bash",
                "LANG": "C.UTF-8",
                "JUPYTER_CONFIG_PATH": _configuration(context),
                "JUPYTER_PLATFORM_DIRS": "1",
                "SYNAK_URL": settings.url,
                "SYNAK_CONTEXT": context,
                "SYNAK_IDLE_TIMEOUT": str(settings.hub.idle_timeout),
                "SYNAK_KERNEL_TRANSPORT": "tcp" if isolated else "ipc",
                **variables,
                "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{prefix}",
                **({} if isolated else self._unisolated(variables)),
            },
            box=self._box(key, owner, home, inside, listening),
            log=paths.logs / f"server-{user}-{context}.log",
            memory=memory or None,
            umask=0o077,
        )

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

    def _box(
        self, key: tuple[str, str], owner: int, home: Path, inside: str, listening: Path
    ) -> Box:
        hub, paths = self._settings.hub, self._settings.paths
        return Box(
            uid=owner,
            read_only=(*_code_for_users(), paths.bridge_socket.parent),
            writable=(listening,),
            mounts=((home, inside, True), *self._names(key, owner)),
            network=False,
            directory=inside,
            limits=Limits(
                processes=hub.server_processes if self._ids.separate else None,
                file_bytes=hub.server_file_mb * _MEGABYTE,
            ),
        )

    def _socket_folder(self, key: tuple[str, str], owner: int) -> Path:
        folder = self._settings.paths.server_socket(*key).parent
        folder.mkdir(mode=0o700, exist_ok=True)
        _make_way(folder / "server.sock")
        if self._ids.separate:
            os.chown(folder, owner, self._ids.group("servers"))
        folder.chmod(0o2710)
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
        if str(name).startswith("JUPYTERHUB_")
    }


def _configuration(context: str) -> str:
    """Where Jupyter looks for configuration; without a course, no tools of coursework."""
    own = CHECKOUT / "hub_config" / "singleuser"
    return str(own) if context.startswith("course-") else f"{own / 'no-course'}:{own}"


def _code_for_users() -> tuple[Path, ...]:
    config = CHECKOUT / "hub_config"
    own = tuple(path for path in code() if path != config)
    return (*own, config / "singleuser")


def _copy_once(template: Path, home: Path, owner: int | None) -> None:
    """Copy without following anything that the user may have put there."""
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        target = os.open(template.name, flags, 0o600, dir_fd=folder)
    except FileExistsError:
        return
    finally:
        os.close(folder)
    with os.fdopen(target, "wb") as file:
        file.write(template.read_bytes())
        if owner is not None:
            os.fchown(file.fileno(), owner, owner)


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
