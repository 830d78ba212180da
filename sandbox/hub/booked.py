"""What is booked, as the hub knows it: the desk's answer of the last half minute.

A desk that is out of reach changes nothing: what it said last holds on, and ends at its ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from sandbox.domain.held_seats import Hold, Key, Seating, free_at, in_force
from sandbox.kit.clock import Clock, SystemClock
from sandbox.kit.errors import Unavailable

FRESH_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 10.0
"""After so long a desk that did not answer is asked again."""


class Booked:
    """Bookings, as long as the hub lives.

    Args:
        ask: the desk for them; None: nothing is ever booked.
        clock: tells the time.
        ticks: seconds that only go forward.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Sequence[Hold]]] | None = None,
        *,
        clock: Clock | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._clock = clock or SystemClock()
        self._ticks = ticks
        self._known: tuple[Hold, ...] = ()
        self._next = ticks()
        self._asking = asyncio.Lock()

    @property
    def old(self) -> bool:
        """Whether the desk is to be asked again."""
        return self._ask is not None and self._ticks() >= self._next

    async def refresh(self) -> None:
        """Ask the desk, if its last answer is old."""
        async with self._asking:
            if self._ask is None or not self.old:
                return
            wait = AGAIN_SECONDS
            try:
                self._known = tuple(await self._ask())
                wait = FRESH_SECONDS
            except Unavailable:
                pass
            finally:
                self._next = self._ticks() + wait

    def seating(self, taken: frozenset[Key], seats: int) -> Seating:
        """The machine as it is now.

        Args:
            taken: servers that have a seat.
            seats: of the machine.
        """
        return Seating(taken, in_force(self._known, self._clock.now(), seats=seats), seats)

    def free_at(self, taken: frozenset[Key], seats: int, ahead: int) -> datetime | None:
        """When somebody without a booked seat may expect one; None where nobody knows.

        Args:
            taken: servers that have a seat.
            seats: of the machine.
            ahead: how many such others come before.
        """
        return free_at(taken, self._known, self._clock.now(), seats=seats, ahead=ahead)
