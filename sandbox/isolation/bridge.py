"""Byte bridges between unix sockets and TCP; standard library only.

A user's server has a network of its own with nothing in it. Two bridges connect it:
inside, ``127.0.0.1:<port>`` leads through a unix socket to the public proxy and to
nothing else; the server's own port is offered on a unix socket that only the hub
and the proxy can open. Outside, one process offers the unix socket of the public
proxy. It is a process of its own, so that a restart of the hub cuts no session.

Usage::

    python -m sandbox.isolation.bridge unix:/run/a.sock=tcp:8888 [more] [-- command…]

Each ``listen=connect`` pair is one bridge; ``tcp:<port>`` is loopback, ``tcp:<host>:<port>`` (on
a cluster) another address; ``fd:<number>`` listens on a socket that was
opened by whoever started this. With a command, the bridges run in a child and the command
takes this process's place.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

_CHUNK = 65536
_SOCKET_MODE = 0o660


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()


async def _open(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, address = target.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(address)
    return await asyncio.open_connection(*_tcp(address))


def _tcp(address: str) -> tuple[str, int]:
    """Host and port; without a host, loopback."""
    host, _, port = address.rpartition(":")
    return host or "127.0.0.1", int(port)


async def _join(target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        far_reader, far_writer = await _open(target)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    finally:
        for end in (writer, far_writer):
            end.close()
            with contextlib.suppress(ConnectionError, OSError):
                await end.wait_closed()


async def listen(source: str, target: str, *, mode: int = _SOCKET_MODE) -> asyncio.Server:
    """Open one bridge.

    Args:
        source: where to listen: ``unix:<path>``, ``tcp:<port>`` (loopback), ``tcp:<host>:<port>``
            or ``fd:<number>``.
        target: where to connect to, a path, a port, or a host and a port.
        mode: of the unix socket.

    Raises:
        OSError: the address is taken or may not be used.
    """

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _join(target, reader, writer)

    kind, _, address = source.partition(":")
    if kind == "tcp":
        return await asyncio.start_server(accept, *_tcp(address))
    if kind == "fd":
        opened = socket.socket(fileno=int(address))
        return await asyncio.start_unix_server(accept, sock=opened)
    with contextlib.suppress(FileNotFoundError):
        Path(address).unlink()
    server = await asyncio.start_unix_server(accept, address)
    Path(address).chmod(mode)
    return server


async def _serve(pairs: Sequence[tuple[str, str]], mode: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = [await listen(source, target, mode=mode) for source, target in pairs]
    await stop.wait()
    for server in servers:
        server.close()


def main(arguments: Sequence[str]) -> None:
    """Run the bridges, and the command in front of them when there is one."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = list(arguments[:split]), list(arguments[split + 1 :])
    mode = _SOCKET_MODE
    if options and options[0].startswith("mode="):
        mode = int(options.pop(0).removeprefix("mode="), 8)
    pairs = []
    for option in options:
        source, _, target = option.partition("=")
        pairs.append((source, target))
    if command and os.fork() != 0:
        for source, _ in pairs:
            if source.startswith("fd:"):
                os.close(int(source.removeprefix("fd:")))
        os.execvp(command[0], command)  # noqa: S606 - the command takes our place
    asyncio.run(_serve(pairs, mode))


if __name__ == "__main__":
    main(sys.argv[1:])
