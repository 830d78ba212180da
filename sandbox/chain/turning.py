"""When an epoch is due, and how the live chain crosses it.

An epoch is due after so many transactions (twice as many while many wait), after so many
blocks, after so long a time, or early, when the engine's memory has grown by an eighth of its
limit: what a transaction copies while it is executed stays in the engine and is not all paid
for by gas. Replay crosses the boundaries that are recorded, whatever was the reason, so it
stays exact.

1. Dump (reads go on; nothing is mined meanwhile).
2. Keep the history as a work file; strip the dump; write the snapshot.
3. Close the gate, start a fresh engine, load, record the epoch.

Trouble in 1 and 2 changes nothing: the epoch is tried again later. After that the engine
is made again from the journal.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from sandbox.chain.apart import strip_apart
from sandbox.chain.epochs import dump, load
from sandbox.chain.historian import Before
from sandbox.chain.ipc import EngineLost
from sandbox.chain.memory import Epoch
from sandbox.chain.producer import Head
from sandbox.chain.recovery import Engine
from sandbox.kit.errors import SynakError

if TYPE_CHECKING:
    from sandbox.chain.sealing import BlockRules, Parts

_log = structlog.get_logger()
_SHARE: Final = 8
"""The part of the engine's memory limit by which it may grow before an epoch turns early,
and in one block."""
_CROWD: Final = 100
"""When so many transactions wait, an epoch waits for a quieter moment,"""
_PATIENCE: Final = 2
"""until so many times as many were mined as make it due: nothing is mined while it turns."""
UNLIMITED: Final = 4 << 30
"""What counts as the limit, bytes, where the machine sets none."""


@dataclass(slots=True)
class Growth:
    """The engine's memory, as far as it is known.

    Attributes:
        base: bytes after the newest load; 0: not known.
        used: bytes after the newest block.
        allowed: bytes that it may grow by.
    """

    base: int = 0
    used: int = 0
    allowed: int = UNLIMITED // _SHARE

    @property
    def due(self) -> bool:
        """Whether it has grown enough for an epoch."""
        return self.used - self.base >= self.allowed


class Turner:
    """Turns the epochs of one chain.

    Args:
        parts: what the sealer works with.
        rules: when an epoch is due.
    """

    def __init__(self, parts: Parts, rules: BlockRules) -> None:
        self._p = parts
        self._rules = rules
        self._postponed = (0, 0)
        self.growth = Growth()

    async def measure(self) -> int:
        """Ask for the engine's memory.

        Returns:
            By how many bytes it has grown since it was last asked; 0 when nobody knows.
        """
        found = await self._p.keeper.memory()
        if found is None:
            return 0
        limit = self._rules.engine_memory or found.limit or UNLIMITED
        former, self.growth.used = self.growth.used, found.used
        self.growth.allowed = limit // _SHARE
        return found.used - former if former else 0

    async def begin(self, *, loaded: bool) -> None:
        """A new engine is in use.

        Args:
            loaded: it holds nothing but a snapshot.
        """
        self.growth = Growth()
        await self.measure()
        self.growth.base = self.growth.used if loaded else 0

    def due(self, at: float, waiting: int) -> bool:
        """Whether an epoch is due.

        Args:
            at: now, seconds since 1970.
            waiting: transactions that could go into the next block.
        """
        epochs, rules = self._p.memory.epochs, self._rules
        count, blocks = self._since()
        if count < self._postponed[0] and blocks < self._postponed[1]:
            return False
        since = epochs[-1].at if epochs else (self._p.memory.header or {})["at"]
        aged = at - since >= rules.epoch_age or self.growth.due
        enough = rules.epoch_transactions * (_PATIENCE if waiting >= _CROWD else 1)
        many = count >= enough or blocks >= rules.epoch_blocks
        return many or (count > 0 and aged)

    def _since(self) -> tuple[int, int]:
        """Transactions and blocks since the newest epoch."""
        memory = self._p.memory
        last = memory.epochs[-1].head.number if memory.epochs else 0
        return memory.counts.since_epoch, (memory.head.number if memory.head else 0) - last

    async def turn(self, engine: Engine, head: Head, at: float) -> Engine | None:
        """Cross a boundary.

        Args:
            engine: the present one.
            head: its newest block.
            at: now, seconds since 1970.

        Returns:
            The fresh engine; None when nothing was changed.

        Raises:
            EngineLost: the engine is to be made again.
        """
        memory, historian = self._p.memory, self._p.historian
        before = Before.of(memory.epochs[-1] if memory.epochs else None)
        try:
            await historian.room()
            data = await dump(engine.writer)
            await historian.keep(engine.writer, data, before, head)
            small = await strip_apart(data)
            digest = hashlib.sha256(small).hexdigest()
            await self._p.snapshots.keep(head.number, small)
        except EngineLost:
            self._postpone()
            raise
        except SynakError as error:
            self._postpone()
            _log.warning("epoch.postponed", chain=self._p.keeper.spec.chain, error=str(error))
            return None
        try:
            self._p.gate.close()
            fresh = await self._p.keeper.fresh()
            await load(fresh.writer, small, head)
            epoch = Epoch(head, at, digest, memory.resume())
            await self._p.journal.put([epoch.record()])
        except SynakError as error:
            self._postpone()
            raise EngineLost("engine.unavailable", reason=f"epoch: {error.code}") from error
        self._postponed = (0, 0)
        memory.turned(epoch)
        historian.turned(head.number)
        await self._p.snapshots.tidy()
        grown = self.growth.used - self.growth.base
        _log.info("epoch.turned", chain=self._p.keeper.spec.chain, block=head.number, grown=grown)
        return fresh

    def _postpone(self) -> None:
        count, blocks = self._since()
        rules = self._rules
        self._postponed = (
            count + max(1, rules.epoch_transactions // 10),
            blocks + max(1, rules.epoch_blocks // 10),
        )
