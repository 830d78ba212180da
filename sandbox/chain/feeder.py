"""Strictly ordered requests to an engine, from a thread with a connection of its own.

Why a thread: each batch waits for the one before, and in the event loop of a gateway under
load every such wait lasts a whole turn of it, 20 ms and more. So the engine was given 30
transactions a turn while 50 were acknowledged, and blocks fell behind. The thread only
waits for the interpreter's lock (``sys.setswitchinterval``).

Rule: the engine works the members of a batch of up to 30 strictly one after the other (its
``join_all`` polls up to 30 members in turn; above that, and for separate requests, the
order is free, measured with anvil 1.7.1). The next batch is sent when it has answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import orjson

ORDERED_BATCH: Final = 30
"""The most members of a batch that the engine works in order."""
_MOST: Final = 16 << 20
"""The longest answer to a batch, bytes: each member's is a hash or some words."""
_READ: Final = 1 << 16
Request = tuple[str, Any]
"""A method and its one parameter."""
_TIMEVAL: Final = struct.Struct("ll")
"""For the kernel's own timeouts: with Python's, every send and receive would be two waits for
the interpreter's lock instead of one."""


class Feeder:
    """Asks in order. One call at a time; made when it is first needed.

    Args:
        path: the engine's socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feeder")
        self._socket: socket.socket | None = None
        self._next = 0

    async def ask(self, *groups: Sequence[Request], within: float) -> list[dict[str, Any]]:
        """Ask many things, strictly in order; each group when the one before has answered.

        Args:
            *groups: requests; what ends one ends a batch.
            within: seconds for each batch.

        Returns:
            The JSON-RPC answer to each request.

        Raises:
            OSError: the connection ended, or no answer came in time (``BlockingIOError``).
        """
        batches = [
            group[start : start + ORDERED_BATCH]
            for group in groups
            for start in range(0, len(group), ORDERED_BATCH)
        ]
        if not batches:
            return []
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._ask, batches, within)

    def _ask(self, batches: Sequence[Sequence[Request]], within: float) -> list[dict[str, Any]]:
        return [answer for each in batches for answer in self._batch(each, within)]

    def _batch(self, requests: Sequence[Request], within: float) -> list[dict[str, Any]]:
        first = self._next + 1
        self._next += len(requests)
        asked = [
            {"jsonrpc": "2.0", "id": first + at, "method": method, "params": [value]}
            for at, (method, value) in enumerate(requests)
        ]
        answers = self._exchange(orjson.dumps(asked) + b"\n", within)
        by_id = {answer["id"]: answer for answer in answers}
        if set(by_id) != set(range(first, first + len(requests))):
            raise ConnectionError("the answers are to other questions")
        return [by_id[first + at] for at in range(len(requests))]

    def _exchange(self, line: bytes, within: float) -> list[dict[str, Any]]:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.connect(str(self._path))
        limit = _TIMEVAL.pack(int(within), 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._socket.sendall(line)
        parts: list[bytes] = []
        length = 0
        while not (parts and parts[-1].endswith(b"\n")):
            part = self._socket.recv(_READ)
            length += len(part)
            if not part or length > _MOST:
                raise ConnectionError("the connection ended")
            parts.append(part)
        try:
            answers = orjson.loads(b"".join(parts))
        except orjson.JSONDecodeError as error:
            raise ConnectionError("the answer cannot be read") from error
        if not isinstance(answers, list):
            raise ConnectionError("the engine did not take a batch")
        return answers

    async def close(self) -> None:
        """End the connection and the thread; what is being asked fails."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._thread.shutdown)
        if self._socket is not None:
            self._socket.close()
