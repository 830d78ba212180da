"""Followers of sealed blocks: none is missed, none is looked at twice while the gateway runs.

Rules:

- Begun anew at a start, a walk goes over every block behind the newest epoch: older ones were
  looked at before it, because an epoch, which takes traces away, waits for ``ready``.
- What cannot be looked at is tried again after ``PAUSE``; the block is not passed over.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from sandbox.chain.events import BlockSealed
from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import ChainName

PAUSE: Final = 0.2
"""Seconds until what could not be looked at is tried again."""

_log = structlog.get_logger(__name__)


async def at_each_seal(
    chain: ChainName, node: ChainNode, work: Callable[[], Awaitable[None]], waits: str
) -> None:
    """Do something at once and at every seal; returns only when the chain stops.

    Args:
        chain: its name.
        node: started.
        work: brings up to the head.
        waits: the log's event while an engine or journal is out of reach.
    """
    while True:
        try:
            events = node.subscribe()
            await work()
            async for event in events:
                if isinstance(event, BlockSealed):
                    await work()
        except (Unavailable, EngineError) as error:
            _log.warning(waits, chain=chain, reason=str(error)[:120])
            await asyncio.sleep(PAUSE)
        else:
            return


class SealedBlocks(ABC):
    """A walk over the sealed blocks of all chains, each in its order.

    Args:
        waits: the log's event while a block cannot be looked at.
    """

    def __init__(self, waits: str) -> None:
        self._waits = waits
        self._done: dict[ChainName, int] = {}
        self._locks: dict[ChainName, asyncio.Lock] = {}
        self._nodes: dict[ChainName, ChainNode] = {}

    @abstractmethod
    async def look_at(self, chain: ChainName, node: ChainNode, number: int) -> None:
        """Look at one block; it is done when this returns.

        Args:
            chain: its name.
            node: begun with.
            number: of the block.

        Raises:
            EngineError, Unavailable: it is looked at again.
        """

    async def recount(self, chain: ChainName, node: ChainNode) -> None:
        """Begin anew behind the newest epoch of a chain that was just started.

        Args:
            chain: its name.
            node: started.
        """
        self._done[chain] = node.newest_epoch
        self._locks[chain] = asyncio.Lock()
        self._nodes[chain] = node

    async def follow(self, chain: ChainName, node: ChainNode) -> None:
        """Look at each block as it is sealed; returns only when the chain stops.

        Args:
            chain: its name.
            node: begun with.
        """
        await at_each_seal(chain, node, lambda: self.catch_up(chain, node), self._waits)

    async def catch_up(self, chain: ChainName, node: ChainNode) -> None:
        """Look at every block that is sealed and was not looked at yet.

        Args:
            chain: its name.
            node: begun with.

        Raises:
            EngineError, Unavailable: the engine or the journal is out of reach.
        """
        async with self._locks[chain]:
            while self._done[chain] < node.head.number:
                number = self._done[chain] + 1
                await self.look_at(chain, node, number)
                self._done[chain] = number

    async def ready(self, chain: ChainName, node: ChainNode) -> bool:
        """Whether everything that is sealed was looked at, so that traces may go.

        Args:
            chain: its name.
            node: asks before an epoch, perhaps before ``recount`` was called with it.
        """
        if self._nodes.get(chain) is not node:
            return False
        try:
            await self.catch_up(chain, node)
        except (Unavailable, EngineError) as error:
            _log.warning("gateway.epoch_put_off", chain=chain, reason=str(error)[:120])
            return False
        return True
