"""Asks the manager's launcher to start, stop and look after a user's server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from sandbox.kit.errors import Refused, Unavailable

_SECONDS = 30.0


class LauncherClient:
    """One request per connection; the launcher tells who asks by the socket.

    Args:
        socket: of the launcher.
        seconds: to wait for an answer.
    """

    def __init__(self, socket: Path, seconds: float = _SECONDS) -> None:
        self._socket = socket
        self._seconds = seconds

    async def ask(self, op: str, **request: object) -> dict[str, Any]:
        """Ask for one operation.

        Raises:
            Unavailable: ``launcher.unreachable``.
            Refused: whatever the launcher refused with, its code and parameters.
        """
        try:
            async with asyncio.timeout(self._seconds):
                reader, writer = await asyncio.open_unix_connection(str(self._socket))
                try:
                    writer.write(json.dumps({"op": op, **request}).encode() + b"\n")
                    await writer.drain()
                    answer: dict[str, Any] = json.loads(await reader.readline())
                finally:
                    writer.close()
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable("launcher.unreachable", reason=type(error).__name__) from error
        if not answer.get("ok"):
            raise Refused(str(answer.get("code", "internal")), **answer.get("params", {}))
        return answer
