"""The queue before users' servers: as many start at once as the machine carries, the rest wait.

Rules:

- First come, first served; but who has a workspace already, or waits for one, comes with a
  further one after everybody who has none.
- Nobody is let in while all seats are taken; a server that stops frees one. Booked seats
  (``domain.held_seats``) are for who they are booked for, and these come before all others.
- A place is given up by leaving, and by a page that nobody has open any more. A place that no
  page ever asked for (a program's) is kept.
- An estimate comes from the starts of the last half hour, and there is none without any.
- The queue lives as long as the hub: after its restart people queue again.
- A slow desk keeps nobody waiting: what it said last holds until it answers. What fails while the
  queue looks on is logged, and it looks on.

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
from datetime import datetime
from statistics import fmean
from typing import Final

import structlog

from sandbox.domain.held_seats import Key, Seating
from sandbox.hub.booked import Booked
from sandbox.kit.errors import Conflict

AWAY_SECONDS: Final = 120.0
"""How long a page may be closed, or a telephone asleep, before its place is given up."""
_LOOK_SECONDS: Final = 1.0
_DESK_SECONDS: Final = 1.0
"""So long somebody who comes waits for what the desk says of bookings."""
_PACE_SECONDS: Final = 1800.0
_PACE_STARTS: Final = 20

log = structlog.get_logger()


@dataclass(frozen=True)
class Place:
    """Where somebody stands.

    Attributes:
        number: from 1; as many less one are before them.
        at_once: how many servers are started at a time.
        further: they have a workspace already, or wait for one.
        full: every seat for them is taken, so they are not let in until one is free.
        seconds: until their turn by the pace of the last starts; None where nobody knows.
        booked: a seat is booked for them.
        held: seats are free, but booked for others.
        expected: when it is full: the end of a booking at which a seat is expected to be free.
    """

    number: int
    at_once: int
    further: bool
    full: bool
    seconds: float | None
    booked: bool = False
    held: bool = False
    expected: datetime | None = None


@dataclass(eq=False)
class _Waiting:
    key: Key
    turn: asyncio.Future[None]
    seen: float | None = None


@dataclass(frozen=True)
class _Standing:
    """Somebody in the queue: whether a seat is booked for them, whether they have a server."""

    one: _Waiting
    booked: bool
    further: bool


class StartQueue:
    """Who may start a server now, and who waits where.

    Args:
        at_once: how many servers start at a time, >= 1.
        seats: how many servers the machine carries, >= 1.
        booked: which of them classes have booked.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        *,
        at_once: int,
        seats: int,
        booked: Booked | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = secrets.token_hex(4)
        """Of this queue: another one after a restart of the hub."""
        self.at_once = at_once
        self.seats = seats
        self._booked = booked or Booked()
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._starting: dict[Key, float] = {}
        self._running: set[Key] = set()
        self._pace: deque[tuple[float, float]] = deque(maxlen=_PACE_STARTS)
        self._watch: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def turn(self, key: Key) -> None:
        """Wait for the turn; from then on the start counts, until :meth:`started`.

        Raises:
            Conflict: ``hub.queue_left``, ``hub.queue_away``: the place was given up.
        """
        one = _Waiting(key, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        try:
            await self._ask()
            self._admit()
            if not one.turn.done() and (self._watch is None or self._watch.done()):
                self._watch = asyncio.create_task(self._look())
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
        now = self._seating()
        order = self._order(now)
        for number, each in enumerate(order, 1):
            if each.one.key == key:
                if seen:
                    each.one.seen = self._clock()
                ahead = sum(not other.booked for other in order[: number - 1])
                return self._place(each, now, number, ahead)
        return None

    @property
    def full(self) -> bool:
        """Whether there is no seat for who has none booked."""
        return self._seating().full(booked=False)

    @property
    def busy(self) -> bool:
        """Whether who comes now may have to wait."""
        return bool(self._waiting) or self.full or len(self._starting) >= self.at_once

    @property
    def _taken(self) -> frozenset[Key]:
        return frozenset(self._running | self._starting.keys())

    def _seating(self) -> Seating:
        return self._booked.seating(self._taken, self.seats)

    def _place(self, each: _Standing, now: Seating, number: int, ahead: int) -> Place:
        full, expected = now.full(booked=each.booked), None
        if full and not each.booked:
            expected = self._booked.free_at(self._taken, self.seats, ahead)
        return Place(
            number,
            self.at_once,
            each.further,
            full,
            None if full else self._wait(number),
            booked=each.booked,
            held=full and now.free > 0,
            expected=expected,
        )

    def _order(self, now: Seating) -> list[_Standing]:
        """Who waits, the next one first: booked seats, then first servers, then further ones."""
        people = {user for user, _name in self._taken}
        booked = now.booked([one.key for one in self._waiting])
        found: list[_Standing] = []
        for one in self._waiting:
            user = one.key[0]
            found.append(_Standing(one, one.key in booked, user in people))
            people.add(user)
        return sorted(found, key=lambda each: (not each.booked, each.further and not each.booked))

    def _admit(self) -> None:
        while self._waiting and len(self._starting) < self.at_once:
            now = self._seating()
            first = self._order(now)[0]
            if now.full(booked=first.booked):
                return
            self._waiting.remove(first.one)
            if not first.one.turn.done():
                self._starting[first.one.key] = self._clock()
                first.one.turn.set_result(None)

    def _wait(self, number: int) -> float | None:
        since = self._clock() - _PACE_SECONDS
        lately = [took for ended, took in self._pace if ended >= since]
        return fmean(lately) * number / self.at_once if lately else None

    async def _ask(self) -> None:
        """Learn what is booked; a desk that takes longer than a moment answers later."""
        if not self._booked.old:
            return
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._refresh())
        await asyncio.wait({self._asking}, timeout=_DESK_SECONDS)

    async def _refresh(self) -> None:
        try:
            await self._booked.refresh()
        except Exception:
            log.exception("queue.bookings_failed")

    async def _look(self) -> None:
        """Let in whom a seat was freed for, and put out whose page is gone; while anybody waits."""
        while self._waiting:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._ask()
                self._put_out()
                self._admit()
            except Exception:
                log.exception("queue.look_failed")

    def _put_out(self) -> None:
        now = self._clock()
        for one in list(self._waiting):
            if one.seen is not None and now - one.seen > AWAY_SECONDS:
                self.leave(one.key, "hub.queue_away")
