"""One place for a reader in the refusals of two chains.

Each chain numbers its own evidence with cursors that leave gaps; here the pieces of
a chain are counted 1, 2, 3, … so that a reader of both keeps one number, which holds
how many it has read of each. It only grows, and fits in 62 bits.

>>> split(join({"kgst": 7, "som": 2}))
{'kgst': 7, 'som': 2}
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from sandbox.chain.node import ChainNode
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import ChainName

_BITS: Final = 31
_MASK: Final = (1 << _BITS) - 1
_PAGE: Final = 1_000


def join(counts: Mapping[ChainName, int]) -> int:
    """The number of a reader that has read so many pieces of each chain.

    Args:
        counts: pieces read, 0 for none.
    """
    return (counts["som"] << _BITS) | counts["kgst"]


def split(number: int) -> dict[ChainName, int]:
    """How many pieces of each chain a reader has read.

    Args:
        number: what ``join`` made, or 0.

    Raises:
        InvalidInput: ``gateway.cursor_malformed``.
    """
    if not 0 <= number < 1 << (2 * _BITS):
        raise InvalidInput("gateway.cursor_malformed", after=str(number)[:32])
    return {"kgst": number & _MASK, "som": number >> _BITS}


class EvidenceCount:
    """The cursors of a chain's evidence in their order, learned as they are asked for."""

    def __init__(self) -> None:
        self._cursors: dict[ChainName, list[int]] = {"kgst": [], "som": []}
        self._learning = asyncio.Lock()

    async def learn(self, chain: ChainName, node: ChainNode) -> None:
        """Learn what has been added.

        Args:
            chain: its name.
            node: the running chain.
        """
        known = self._cursors[chain]
        async with self._learning:
            while True:
                page = await node.refusals(known[-1] if known else 0, None, _PAGE)
                known.extend(each.cursor for each in page)
                if len(page) < _PAGE:
                    return

    def cursor(self, chain: ChainName, count: int) -> int:
        """The cursor of the last of so many pieces.

        Args:
            chain: its name.
            count: pieces; more than there are means all of them.
        """
        known = self._cursors[chain]
        return known[min(count, len(known)) - 1] if count and known else 0

    def count(self, chain: ChainName, cursor: int) -> int:
        """How many pieces there are up to and with a cursor.

        Args:
            chain: its name.
            cursor: of a piece that has been learned.
        """
        return bisect_left(self._cursors[chain], cursor) + 1
