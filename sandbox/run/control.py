"""The manager's own socket: what it knows, for ``synak doctor``.

Only the manager's user may open it. One JSON object is written to whoever connects.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from sandbox.kit.errors import Unavailable
from sandbox.run.manager import Manager

_SECONDS = 5.0


async def offer(manager: Manager) -> asyncio.Server:
    """Answer on the socket until the server is closed."""
    path = manager.settings.paths.manager_socket
    path.unlink(missing_ok=True)

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(manager.state()).encode() + b"\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, str(path))
    path.chmod(0o600)
    return server


async def ask(path: Path) -> dict[str, Any]:
    """What the running manager knows.

    Raises:
        Unavailable: ``run.not_running``.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(path))
            line = await reader.readline()
            writer.close()
        state: dict[str, Any] = json.loads(line)
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable("run.not_running", socket=str(path)) from error
    return state
