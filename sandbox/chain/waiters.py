"""Who waits for which transaction to be settled: in a sealed block, or dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sandbox.kit.ids import TxHash


class Waiters:
    """Any number of waiters for any number of transactions."""

    def __init__(self) -> None:
        self._waiting: dict[TxHash, asyncio.Future[None]] = {}

    async def wait(self, tx_hash: TxHash) -> None:
        """Return when the transaction is settled next; cancelling it disturbs nobody else."""
        waiter = self._waiting.get(tx_hash)
        if waiter is None:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting[tx_hash] = waiter
        await asyncio.shield(waiter)

    def settled(self, found: Sequence[TxHash]) -> None:
        """Wake whoever waits for one of these."""
        for tx_hash in found:
            waiter = self._waiting.pop(tx_hash, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
