"""Turns of trials: nothing can tell the engine to stop one, and no block is made meanwhile.

Rules:

- A permit has at most ``AT_ONCE`` trials under way on a chain; further ones wait their turn.
- A permit whose trial was given up while the chain was well has no other for ``REST`` seconds,
  also not those that were waiting: what needs one is refused with ``gateway.cannot_foresee``.
  What needs none goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection
from typing import Final

from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.gateway.aftermath import aftermath
from sandbox.gateway.foresight import GIVEN_UP, Foreseen, foresee
from sandbox.gateway.layers import Overlay
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import ChainName, PermitNumber

AT_ONCE: Final = 2
"""Trials of a permit on a chain at once."""
_WELL: Final = "ok"
REST: Final = 30.0
"""Seconds without a trial after one that was given up."""


class Trials:
    """The trials of all permits.

    Args:
        monotonic: seconds of a clock that never steps.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._turns: dict[tuple[ChainName, PermitNumber], asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        self._rest: dict[tuple[ChainName, PermitNumber], float] = {}

    async def foresee(
        self,
        node: ChainNode,
        permit: PermitNumber,
        transaction: SignedTx,
        watched: Collection[str] = (),
    ) -> Foreseen:
        """Try a transaction in the permit's turn; see ``foresight.foresee``.

        Args:
            node: the chain.
            permit: whose transaction it is.
            transaction: decoded.
            watched: accounts that are looked at.

        Raises:
            Unavailable: ``gateway.cannot_foresee``.
        """
        async with self._turn(node, permit):
            return await foresee(node, transaction, watched)

    async def aftermath(
        self,
        node: ChainNode,
        permit: PermitNumber,
        transaction: SignedTx,
        accounts: Collection[str],
    ) -> Overlay:
        """The pointers after a transaction, in the permit's turn; see ``aftermath.aftermath``.

        Args:
            node: the chain.
            permit: whose transaction it is.
            transaction: decoded.
            accounts: whose pointers; lower-case.

        Raises:
            Unavailable: ``gateway.cannot_foresee``.
        """
        async with self._turn(node, permit):
            return await aftermath(node, transaction, accounts)

    @contextlib.asynccontextmanager
    async def _turn(self, node: ChainNode, permit: PermitNumber) -> AsyncIterator[None]:
        key = (node.spec.chain, permit)
        async with self._turns[key]:
            left = self._rest.get(key, 0.0) - self._monotonic()
            if left > 0:
                raise Unavailable("gateway.cannot_foresee", reason=f"rest {left:.0f} s")
            try:
                yield
            except Unavailable as error:
                if error.params.get("reason") == GIVEN_UP and node.stats()["state"] == _WELL:
                    self._rest[key] = self._monotonic() + REST
                raise
