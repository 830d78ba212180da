"""The queue before users' servers: as many start at once as the machine carries, the rest wait.

Rules:

- First come, first served; but who has a workspace already, or waits for one, comes with a
  further one after everybody who has none.
- Nobody is let in while all seats are taken; a server that stops frees one.
- A place is given up by leaving, and by a page that nobody has open any more. A place that no
  page ever asked for (a program's) is kept.
- An estimate comes from the starts of the last half hour, and there is none without any.
- The queue lives as long as the hub: after its restart people queue again.

>>> queue = StartQueue(at_once=2, seats=40)
>>> queue.place(("aigul", "")) is None
True
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from sandbox.kit.errors import Conflict

Key = tuple[str, str]
"""A person's account and the name of a server of theirs; empty for the plain one."""

AWAY_SECONDS: Final = 120.0
"""How long a page may be closed, or a telephone asleep, before its place is given up."""
_LOOK_SECONDS: Final = 1.0
_PACE_SECONDS: Final = 1800.0
_PACE_STARTS: Final = 20


@dataclass(frozen=True)
class Place:
    """Where somebody stands.

    Attributes:
        number: from 1; as many less one are before them.
        at_once: how many servers are started at a time.
        further: they have a workspace already, or wait for one.
        full: every seat is taken, so nobody is let in until one is free.
        seconds: until their turn by the pace of the last starts; None where nobody knows.
    """

    number: int
    at_once: int
    further: bool
    full: bool
    seconds: float | None


@dataclass(eq=False)
class _Waiting:
    key: Key
    turn: asyncio.Future[None]
    seen: float | None = None


class StartQueue:
    """Who may start a server now, and who waits where.

    Args:
        at_once: how many servers start at a time, >= 1.
        seats: how many servers the machine carries, >= 1.
        clock: seconds that only go forward.
    """

    def __init__(
        self, *, at_once: int, seats: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = secrets.token_hex(4)
        """Of this queue: another one after a restart of the hub."""
        self.at_once = at_once
        self.seats = seats
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._starting: dict[Key, float] = {}
        self._running: set[Key] = set()
        self._pace: deque[tuple[float, float]] = deque(maxlen=_PACE_STARTS)
        self._watch: asyncio.Task[None] | None = None

    async def turn(self, key: Key) -> None:
        """Wait for the turn; from then on the start counts, until :meth:`started`.

        Raises:
            Conflict: ``hub.queue_left``, ``hub.queue_away``: the place was given up.
        """
        one = _Waiting(key, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        self._admit()
        if not one.turn.done() and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._look())
        try:
            await one.turn
        except asyncio.CancelledError:
            self.ended(key)
            raise
        finally:
            if one in self._waiting:
                self._waiting.remove(one)

    def started(self, key: Key) -> None:
        """The start has come to its end, well or not: the next may begin."""
        began = self._starting.pop(key, None)
        if began is not None:
            now = self._clock()
            self._pace.append((now, now - began))
        self._admit()

    def runs(self, key: Key) -> None:
        """A server takes a seat; also one that a restarted hub finds running."""
        self._running.add(key)

    def ended(self, key: Key) -> None:
        """A server is gone: its seat is free."""
        self._running.discard(key)
        self._starting.pop(key, None)
        self._admit()

    def leave(self, key: Key, code: str = "hub.queue_left") -> bool:
        """Give up a place.

        Args:
            key: whose.
            code: why.

        Returns:
            Whether there was one.
        """
        one = next((one for one in self._waiting if one.key == key), None)
        if one is None:
            return False
        self._waiting.remove(one)
        if not one.turn.done():
            one.turn.set_exception(Conflict(code, seconds=int(AWAY_SECONDS)))
        return True

    def place(self, key: Key, *, seen: bool = False) -> Place | None:
        """Where somebody stands; None for who does not wait.

        Args:
            key: whose.
            seen: a page of theirs asks, so somebody is there.
        """
        for number, (further, one) in enumerate(self._order(), 1):
            if one.key == key:
                if seen:
                    one.seen = self._clock()
                return Place(number, self.at_once, further, self.full, self._wait(number))
        return None

    @property
    def full(self) -> bool:
        """Whether every seat is taken."""
        return len(self._running | self._starting.keys()) >= self.seats

    @property
    def busy(self) -> bool:
        """Whether who comes now has to wait."""
        return bool(self._waiting) or self.full or len(self._starting) >= self.at_once

    def _order(self) -> list[tuple[bool, _Waiting]]:
        """Who waits, the next one first, and whether it is for a further server."""
        people = {user for user, _name in (*self._running, *self._starting)}
        firsts: list[_Waiting] = []
        others: list[_Waiting] = []
        for one in self._waiting:
            user = one.key[0]
            (others if user in people else firsts).append(one)
            people.add(user)
        return [*((False, one) for one in firsts), *((True, one) for one in others)]

    def _admit(self) -> None:
        while self._waiting and not self.full and len(self._starting) < self.at_once:
            _further, one = self._order()[0]
            self._waiting.remove(one)
            if not one.turn.done():
                self._starting[one.key] = self._clock()
                one.turn.set_result(None)

    def _wait(self, number: int) -> float | None:
        since = self._clock() - _PACE_SECONDS
        lately = [took for ended, took in self._pace if ended >= since]
        if self.full or not lately:
            return None
        return fmean(lately) * number / self.at_once

    async def _look(self) -> None:
        """Let in whom a seat was freed for, and put out whose page is gone; while anybody waits."""
        while self._waiting:
            await asyncio.sleep(_LOOK_SECONDS)
            now = self._clock()
            for one in list(self._waiting):
                if one.seen is not None and now - one.seen > AWAY_SECONDS:
                    self.leave(one.key, "hub.queue_away")
            self._admit()
