"""The gateway's process: public side on loopback TCP, internal side on a unix socket.

Both are served from one event loop, so that a policy that the desk puts through
the internal side is in force for the very next public request. No access log: a
path may hold a permit key.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import uvicorn
import uvloop

from sandbox.chain.engine import ManagedLauncher
from sandbox.chain.node import NodeOptions
from sandbox.chain.sealing import BlockRules
from sandbox.gateway.app import Gateway, GatewaySetup
from sandbox.gateway.chains import NAMES
from sandbox.gateway.http_protocol import MAX_BODY, GatewayHttp
from sandbox.gateway.websocket_protocol import GatewayWebSocket
from sandbox.kit.clock import SystemClock
from sandbox.settings import KEEP_ALIVE, Settings

BACKLOG: Final = 512
SWITCH_SECONDS: Final = 0.0005
"""How long the event loop keeps the interpreter from the threads that write the journal and
feed the engine; with Python's 5 ms each of their steps would wait that long under load."""
PING: Final = 20.0
"""Seconds between two pings of a WebSocket, and until one that was not answered ends it."""


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Args:
        settings: all parts' settings.

    Raises:
        SynakError: what keeps the gateway from starting.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    uvloop.run(
        serve(setup_of(settings), settings.paths.gateway_port, settings.paths.gateway_socket)
    )


def setup_of(settings: Settings) -> GatewaySetup:
    """What the gateway is told, from the settings.

    Args:
        settings: all parts' settings.
    """
    paths = settings.paths
    return GatewaySetup(
        directory=paths.chain_dir,
        engine_sockets={name: paths.engine_socket(name) for name in NAMES},
        launcher=ManagedLauncher(paths.launcher_socket),
        signer_socket=paths.signer_socket,
        regulators=regulator_keys(paths.accounts_file),
        hub_api=paths.hub_api,
        policy_max_age=settings.gateway.policy_max_age,
        options=NodeOptions(blocks=BlockRules(interval=settings.chain.block_interval)),
        clock=SystemClock(),
    )


def regulator_keys(accounts: Path) -> list[str]:
    """The signer's key names of the regulators that the accounts name.

    Args:
        accounts: JSON list of ``{name, seat, …}``; missing means none yet.
    """
    if not accounts.exists():
        return []
    listed = json.loads(accounts.read_text(encoding="utf-8"))
    return [f"regulator/{each['name']}" for each in listed if each["seat"] == "regulator"]


async def serve(
    setup: GatewaySetup, port: int, path: Path, *, ready: Callable[[int], None] | None = None
) -> None:
    """Serve both sides until a signal comes or this task is cancelled.

    Args:
        setup: what the gateway is told.
        port: of loopback, for the public side.
        path: of the unix socket, for the internal side.
        ready: told the public port when both sides listen.
    """
    _silence()
    gateway = Gateway(setup)
    _spare_collector()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stopping.set)
    public, internal = tcp_socket(port), unix_socket(path)
    servers = [
        _server(gateway.public, http=GatewayHttp, ws=GatewayWebSocket),
        _server(gateway.internal, http="httptools", ws="none"),
    ]
    running = [
        asyncio.create_task(server.serve(sockets=[sock]))
        for server, sock in zip(servers, (public, internal), strict=True)
    ]
    gateway.start()
    if ready is not None:
        ready(public.getsockname()[1])
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([waiting, *running], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        planned = not any(each.done() for each in running)
        if planned:
            gateway.stopping()
        gateway.end_streams()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running, return_exceptions=True)
        await gateway.close(planned=planned)
        path.unlink(missing_ok=True)


def tcp_socket(port: int) -> socket.socket:
    """A listening socket of loopback.

    Args:
        port: 0 for any free one.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(BACKLOG)
    return sock


def unix_socket(path: Path) -> socket.socket:
    """A listening unix socket, open to its folder's group; a stale one is replaced.

    Args:
        path: where; the folder decides who can get there.
    """
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o007)
    try:
        sock.bind(str(path))
    finally:
        os.umask(before)
    sock.listen(BACKLOG)
    return sock


class _Server(uvicorn.Server):
    """A server that leaves the signals to ``serve``, which stops both sides together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _spare_collector() -> None:
    """Look for cycles less often, and not among what lives as long as the process.

    Each queued transaction is a dozen objects that wait for their block, so under load Python's
    collector walked over all of them every few hundred requests: a tenth of the processor time
    (measured), and pauses of 75 ms. Almost nothing here is a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _silence() -> None:
    """Uvicorn and its libraries would log paths, and a path may hold a permit key."""
    for name in ("uvicorn.access", "uvicorn.error", "websockets"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _server(
    app: Any,
    *,
    http: type[asyncio.Protocol] | Literal["httptools"],
    ws: type[asyncio.Protocol] | Literal["none"],
) -> _Server:
    config = uvicorn.Config(
        app,
        http=http,
        ws=ws,
        ws_max_size=MAX_BODY,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=KEEP_ALIVE,
        h11_max_incomplete_event_size=65_536,
        backlog=BACKLOG,
    )
    return _Server(config)
