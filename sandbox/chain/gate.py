"""Reads are held while a block is being sealed.

A read goes to the engine at once; its answer is handed out only while the gate is
open. So nobody sees a block before it is durable, and a slow read never delays one.
When the engine was replaced meanwhile, the answer is thrown away and asked again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.chain.ipc import EngineClient, EngineError, EngineLost
from sandbox.kit.errors import Unavailable


class ReadGate:
    """Between readers and the engine.

    Args:
        timeout: seconds that a read may be held.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._open = asyncio.Event()
        self._engine: EngineClient | None = None

    def close(self) -> None:
        """Hold answers from now on."""
        self._open.clear()

    def open(self, engine: EngineClient) -> None:
        """Hand out answers of this engine."""
        self._engine = engine
        self._open.set()

    async def call(self, method: str, params: tuple[Any, ...], most: int | None = None) -> Any:
        """Ask the engine.

        Args:
            method: JSON-RPC method.
            params: its parameters.
            most: the longest answer that is taken, bytes; None for the link's own limit.

        Returns:
            The result, of a state that is sealed.

        Raises:
            EngineError: the engine answered with an error.
            Unavailable: ``engine.unavailable``.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        while True:
            engine = await self._opened(deadline)
            try:
                left = self._left(deadline)
                result: Any = await engine.call(method, *params, within=left, most=most)
            except EngineLost:
                await asyncio.sleep(0.05)
                continue
            except EngineError as error:
                if await self._opened(deadline) is engine:
                    raise error from None
                continue
            if await self._opened(deadline) is engine:
                return result

    async def _opened(self, deadline: float) -> EngineClient:
        """The engine behind the open gate; a timer is only made while it is closed."""
        while self._engine is None or not self._open.is_set():
            try:
                async with asyncio.timeout_at(deadline):
                    await self._open.wait()
            except TimeoutError as error:
                raise Unavailable("engine.unavailable", reason="held_too_long") from error
        return self._engine

    def _left(self, deadline: float) -> float:
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise Unavailable("engine.unavailable", reason="held_too_long")
        return left
