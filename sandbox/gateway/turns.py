"""Turns of heavy reads: one permit's many do not stand in everybody's way.

Rules:

- Of what takes the engine long or has a large answer, a permit has at most a few under way
  on a chain at once, over all its connections and batches; further ones wait in order, for a
  bounded time.
- What only may have a large answer is asked without a turn first, taking no more than
  ``SMALL``; the few whose answer is longer are asked again in their turn.
- A read's answer is at most ``LONGEST``, also a receipt that waits for its block.
- A batch carries out no more once its answers are longer than ``BATCH``; the rest of it is
  refused, transactions too, each with its own error.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.kit.ids import ChainName, PermitNumber

SMALL: Final = 1 << 16
"""Bytes of an answer that needs no turn."""
BESIDE: Final = 64
"""Reads without a turn of a permit on a chain at once; further ones take theirs."""
SEARCHES: Final = 2
"""Searches for logs and traces of a permit on a chain at once."""
LARGE: Final = 4
"""Other reads that can have a large answer, of a permit on a chain at once."""
PATIENCE: Final = 20.0
"""Seconds that a read waits for its turn."""
LONGEST: Final = 16 << 20
"""Bytes of one answer."""
BATCH: Final = 16 << 20
"""Bytes of answers after which a batch carries out no more."""

_SEARCHES: Final = frozenset({"eth_getLogs", "debug_traceCall", "debug_traceTransaction"})
_LARGE: Final = frozenset(
    {"eth_call", "eth_createAccessList", "eth_estimateGas", "eth_getTransactionReceipt"}
)
_SELDOM_LARGE: Final = frozenset({"eth_call", "eth_getTransactionReceipt"})
_BLOCKS: Final = frozenset({"eth_getBlockByHash", "eth_getBlockByNumber"})


class Turns:
    """Who may read what is heavy, now."""

    def __init__(self) -> None:
        self._turns: dict[tuple[ChainName, PermitNumber, int], asyncio.Semaphore] = {}
        self._beside: dict[tuple[ChainName, PermitNumber], int] = {}

    def beside(self, chain: ChainName, permit: PermitNumber, method: str) -> bool:
        """Take a place for a read without a turn; ``done`` gives it back.

        Args:
            chain: where.
            permit: whose.
            method: that is read.

        Returns:
            False when this read needs a turn.
        """
        if method not in _SELDOM_LARGE:
            return False
        under_way = self._beside.get((chain, permit), 0)
        if under_way >= BESIDE:
            return False
        self._beside[chain, permit] = under_way + 1
        return True

    def done(self, chain: ChainName, permit: PermitNumber) -> None:
        """A read without a turn has ended."""
        self._beside[chain, permit] -= 1

    @contextlib.asynccontextmanager
    async def turn(
        self, chain: ChainName, permit: PermitNumber, method: str, params: list[Any]
    ) -> AsyncIterator[None]:
        """Wait for the turn of a read and hold it; light ones need none.

        Args:
            chain: where.
            permit: whose.
            method: that is read.
            params: its parameters.

        Raises:
            Unavailable: ``engine.unavailable``, when the permit's others took too long.
        """
        at_once = _at_once(method, params)
        if not at_once:
            yield
            return
        turns = self._turns.setdefault((chain, permit, at_once), asyncio.Semaphore(at_once))
        try:
            async with asyncio.timeout(PATIENCE):
                await turns.acquire()
        except TimeoutError as error:
            raise Unavailable("engine.unavailable", reason="held_too_long") from error
        try:
            yield
        finally:
            turns.release()


def _at_once(method: str, params: list[Any]) -> int:
    """How many of a kind may be under way; 0 for any number."""
    if method in _SEARCHES:
        return SEARCHES
    whole = method in _BLOCKS and len(params) > 1 and params[1] is True
    return LARGE if whole or method in _LARGE else 0


class Room:
    """What is left for the answers of one body."""

    def __init__(self) -> None:
        self._left = BATCH

    def check(self) -> None:
        """Refuse what comes after too much.

        Raises:
            InvalidInput: ``gateway.batch_answer_too_long``.
        """
        if self._left <= 0:
            raise InvalidInput("gateway.batch_answer_too_long", limit=BATCH)

    def take(self, length: int) -> None:
        """An answer is written.

        Args:
            length: bytes.

        Raises:
            InvalidInput: ``gateway.answer_too_long``.
        """
        if length > LONGEST:
            raise InvalidInput("gateway.answer_too_long", limit=LONGEST)
        self._left -= length
