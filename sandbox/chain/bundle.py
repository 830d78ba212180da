"""A sealed block whole: its transactions, their receipts with logs, what was remembered.

Rules:

- Only sealed blocks; everything in the engine's own form, in the block's order.
- The engine looks through the block for each receipt (1.2 s for a block of 2,000,
  measured with anvil 1.7.1), so they are asked for in parts, never all at once, and
  never by ``eth_getBlockReceipts``, which holds the engine for as long.
- A block whose transactions are too long for one answer is read one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.chain.ipc import EngineError

_PART: Final = 10
"""Receipts asked for at once; one may be some 4 MB of logs."""

Ask = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A sealed block whole.

    Attributes:
        block: as ``eth_getBlockByNumber`` answers it, with full transactions.
        receipts: of its transactions, with logs, in the same order.
        metas: what the journal remembers with each; ``permit`` is the permit's number
            or None.
        live: the engine itself still holds the block: its transactions can be traced and,
            while it is new, its state be read.
    """

    block: dict[str, Any]
    receipts: list[dict[str, Any]]
    metas: list[dict[str, Any]]
    live: bool = True

    @property
    def number(self) -> int:
        """The block's number."""
        return int(self.block["number"], 16)

    @property
    def permits(self) -> list[str | None]:
        """The permit's number of each transaction, or None."""
        return [meta.get("permit") for meta in self.metas]


async def from_engine(ask: Ask, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Block and receipts of a block that the engine holds.

    Args:
        ask: asks the engine; sealed state only.
        number: of a sealed block.

    Raises:
        EngineError: the engine answered with an error.
        Unavailable: ``engine.unavailable``.
    """
    block = await _block(ask, number)
    receipts: list[dict[str, Any]] = []
    found = block["transactions"]
    for start in range(0, len(found), _PART):
        part = found[start : start + _PART]
        receipts += await asyncio.gather(
            *(ask("eth_getTransactionReceipt", transaction["hash"]) for transaction in part)
        )
    return block, receipts


async def _block(ask: Ask, number: int) -> dict[str, Any]:
    try:
        block: dict[str, Any] = await ask("eth_getBlockByNumber", hex(number), True)
    except EngineError:  # the answer is too long
        block = await ask("eth_getBlockByNumber", hex(number), False)
        block["transactions"] = [
            await ask("eth_getTransactionByHash", tx_hash) for tx_hash in block["transactions"]
        ]
    return block
