"""The launcher's socket: what other processes may ask the manager to start.

Rules:

- The kernel says who asks (``SO_PEERCRED``); each operation names one process that
  may ask it. Whoever else asks gets ``launcher.not_allowed``.
- An asker names *what* is to run (a user and a context, a chain, a job), never a
  command line, a path or a user id.
- One JSON line in, one JSON line out, ``{"ok": true, …}`` or
  ``{"ok": false, "code", "params"}``; at most 16 MB (a genesis).
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from sandbox.kit.errors import InvalidInput, NotAllowed, SynakError
from sandbox.run.identity import Identities

Operation = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]

_LONGEST = 16 << 20

log = structlog.get_logger()


class Launcher:
    """Answers on the socket.

    Args:
        path: of the socket.
        ids: to tell who asks.
    """

    def __init__(self, path: Path, ids: Identities) -> None:
        self._path = path
        self._ids = ids
        self._operations: dict[str, tuple[str, Operation]] = {}
        self._server: asyncio.Server | None = None

    def offer(self, name: str, asker: str, operation: Operation) -> None:
        """Offer an operation.

        Args:
            name: as in ``{"op": name}``.
            asker: the only process that may ask for it.
            operation: does it; its answer is merged into ``{"ok": true}``.
        """
        self._operations[name] = (asker, operation)

    async def start(self) -> None:
        """Listen; a stale socket of an earlier run is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=_LONGEST)
        self._path.chmod(0o666)  # SO_PEERCRED decides, not the mode

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        askers = self._ids.name_of(_peer_uid(writer))
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line, askers)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes, askers: frozenset[str]) -> dict[str, Any]:
        try:
            request = _parse(line)
            return {"ok": True, **await self._operation(request, askers)(request)}
        except SynakError as error:
            log.info("launcher.refused", code=error.code)
            return {"ok": False, **error.as_dict()}
        except Exception:
            log.exception("launcher.failed")
            return {"ok": False, "code": "internal", "params": {}}

    def _operation(self, request: Mapping[str, Any], askers: frozenset[str]) -> Operation:
        name = str(request.get("op"))
        if name not in self._operations:
            raise InvalidInput("launcher.unknown_operation", op=name)
        asker, operation = self._operations[name]
        if asker not in askers:
            raise NotAllowed("launcher.not_allowed", op=name)
        return operation


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        request = json.loads(line)
    except ValueError:
        raise InvalidInput("launcher.not_json") from None
    if not isinstance(request, dict):
        raise InvalidInput("launcher.not_json")
    return request


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("socket")
    packed = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", packed)[1]
    return uid
