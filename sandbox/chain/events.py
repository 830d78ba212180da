"""What a chain tells those who listen.

A listener that does not keep up is cut off with ``events.too_slow``: it reads what
it missed from the journal's cursor. The chain never waits for a listener.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import TxHash

BACKLOG: Final = 10_000
"""The most events that wait for one listener."""


@dataclass(frozen=True, slots=True)
class RefusalEvidence:
    """A refusal, or a transaction that was mined and failed.

    Attributes:
        cursor: its place in the journal; later is larger.
        at: seconds since 1970.
        permit: the permit's number, or None.
        body: who, what, which clause, which version, counters.
    """

    cursor: int
    at: float
    permit: str | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BlockSealed:
    """A block is durable and visible."""

    number: int
    time: int
    hash: str
    state_root: str
    transactions: tuple[TxHash, ...]


@dataclass(frozen=True, slots=True)
class TransactionFailed:
    """A transaction is in a block and failed."""

    evidence: RefusalEvidence


@dataclass(frozen=True, slots=True)
class TransactionDropped:
    """An acknowledged transaction will never be mined, and why."""

    hash: TxHash
    reason: str
    params: dict[str, Any]
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefusalRecorded:
    """A refusal is durable."""

    evidence: RefusalEvidence


Event = BlockSealed | TransactionFailed | TransactionDropped | RefusalRecorded


class Broadcast:
    """Events to any number of listeners."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    def send(self, event: Event) -> None:
        """Tell every listener; one that is too slow is cut off."""
        for listener in tuple(self._listeners):
            if listener.qsize() >= BACKLOG:
                self._listeners.discard(listener)
            listener.put_nowait(event)

    def close(self) -> None:
        """Tell every listener that nothing more will come."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def listen(self) -> AsyncIterator[Event]:
        """Events from this moment on.

        Raises (while iterating):
            Unavailable: ``events.too_slow``.
        """
        listener: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners.add(listener)
        return self._drain(listener)

    async def _drain(self, listener: asyncio.Queue[Event | None]) -> AsyncIterator[Event]:
        try:
            while (event := await listener.get()) is not None:
                if listener not in self._listeners and listener.empty():
                    raise Unavailable("events.too_slow", limit=BACKLOG)
                yield event
        finally:
            self._listeners.discard(listener)
