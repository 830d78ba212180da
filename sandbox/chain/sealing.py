"""The loop that turns the queue into blocks, and keeps the engine alive.

One turn:

1. Wait until something can be mined, a gap is too old, or a heartbeat is due.
2. Drop what waited behind a gap for too long, with a record.
3. Until the block interval has passed, take entries in order when many wait and feed
   them to the engine (reads go on); few ones wait, and can still be replaced.
4. When it has passed, take and feed the rest.
5. Close the gate, mine, check.
6. Write drops and the seal; wait until they are durable, also when the disk is full.
7. Move the head, open the gate, tell listeners and waiters.
8. At an epoch: dump, keep the history, restart the engine from the rest (``turning``).

When the engine is lost or diverges at any step, the turn is undone (nothing of it
was visible) and an engine is rebuilt from the journal. The next blocks take a quarter of
what was in the lost one, and twice as much after each that is sealed: so the cause is
soon alone. A transaction with which the engine dies twice alone is dropped with a record.

The interval runs from one block's begin to the next one's, so that the work on a block is
part of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from sandbox.chain.epochs import Snapshots
from sandbox.chain.events import (
    BlockSealed,
    Broadcast,
    TransactionDropped,
    TransactionFailed,
)
from sandbox.chain.evidence import failure_body
from sandbox.chain.gate import ReadGate
from sandbox.chain.historian import Historian
from sandbox.chain.ipc import EngineError, EngineLost
from sandbox.chain.journal import Journal
from sandbox.chain.memory import Drop, Memory, head_body
from sandbox.chain.producer import EngineDiverged, Head, Mined, feed, mine
from sandbox.chain.queue import Entry
from sandbox.chain.records import Kind, Place, Record
from sandbox.chain.recovery import Engine, EngineKeeper, rebuild
from sandbox.chain.turning import Turner
from sandbox.kit.clock import Clock
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.kit.ids import TxHash
from sandbox.kit.tasks import end

_log = structlog.get_logger()
_RETRY: Final = 0.25
_MOST_BACKOFF: Final = 5.0
_STUBBORN: Final = 2
"""How often the engine may die with the same transaction alone in a block; once may be
an accident."""
_EARLY: Final = 90
"""How many waiting transactions are fed before the block is due: three full batches."""
_MOMENT: Final = 0.001


@dataclass(frozen=True)
class BlockRules:
    """When a block is made and what goes into it.

    Attributes:
        interval: least seconds between two blocks.
        gas: most gas (sum of limits) of a block. Half of the engine's limit: the base
            fee rises only above half, and must stay 0.
        count: most transactions of a block.
        heartbeat: seconds without a block after which an empty one is made; None: never.
        epoch_transactions: transactions after which an epoch is due; up to twice as many
            while many wait.
        epoch_blocks: blocks after which one is due, whatever is in them: each stays in the
            engine's memory with some 20 KB (measured, anvil 1.7.1).
        epoch_age: seconds after which one is due, when anything was mined since.
        engine_memory: what counts as the engine's memory limit, bytes; None: its own. An
            epoch is due, too, when it grew by an eighth of that.
    """

    interval: float = 1.0
    gas: int = 1_000_000_000
    count: int = 3_000
    heartbeat: float | None = 3_600.0
    epoch_transactions: int = 5_000
    epoch_blocks: int = 2_000
    epoch_age: float = 86_400.0
    engine_memory: int | None = None


@dataclass
class Parts:
    """What the sealer works with."""

    journal: Journal
    memory: Memory
    keeper: EngineKeeper
    snapshots: Snapshots
    gate: ReadGate
    events: Broadcast
    clock: Clock
    journal_path: Path
    historian: Historian


class Sealer:
    """Makes blocks until it is closed.

    Args:
        parts: what it works with.
        rules: when and what.
        notify: told of hashes that are settled (in a sealed block, or dropped).
    """

    def __init__(
        self, parts: Parts, rules: BlockRules, notify: Callable[[list[TxHash]], None]
    ) -> None:
        self._p = parts
        self._rules = rules
        self._notify = notify
        self._engine: Engine | None = None
        self._wake = asyncio.Event()
        self._last_block = 0.0
        self._room = rules.count
        self._lost_with: list[Entry] = []
        self._suspect: tuple[TxHash, int] | None = None
        self._taken: list[Entry] = []
        self._turner = Turner(parts, rules)
        self._task: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self.before_epoch: list[Callable[[], Awaitable[bool]]] = []
        self.interrupted: list[Callable[[float, float | None], None]] = []
        self.failed: SynakError | None = None
        self.last_error: SynakError | None = None
        self.largest_block = 0

    async def start(self) -> None:
        """Bring the engine up to the journal and begin.

        Raises:
            IntegrityFailure: ``engine.diverged``.
            Unavailable: the engine does not start.
        """
        await self._bring_up()
        self._task = asyncio.create_task(self._run(), name="sealer")

    def wake(self) -> None:
        """Something may be there to do."""
        self._wake.set()

    async def close(self) -> None:
        """Stop; what is queued stays in the journal."""
        for task in (self._task, self._watch):
            if task is not None:
                await end(task)

    @property
    def alive(self) -> bool:
        """Whether the engine is there."""
        return self._engine is not None and not self._engine.lost

    def next_time(self) -> int:
        """The timestamp that the next block would have."""
        head = self._head()
        return max(int(self._p.clock.now().timestamp()), head.time + 1)

    def _head(self) -> Head:
        head = self._p.memory.head
        if head is None:
            raise IntegrityFailure("journal.no_header")
        return head

    def _now(self) -> float:
        return self._p.clock.now().timestamp()

    async def _run(self) -> None:
        while self.failed is None:
            try:
                await self._turn()
            except (EngineLost, EngineDiverged, EngineError) as error:
                await self._undo(error)
            except Unavailable as error:
                self._remember(error)
                await asyncio.sleep(_RETRY)
            except SynakError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must be seen and stop
                self._fail(IntegrityFailure("node.internal", reason=repr(error)[:300]))

    def _remember(self, error: SynakError) -> None:
        self.last_error = error
        _log.warning("chain.trouble", chain=self._p.keeper.spec.chain, error=str(error))

    def _fail(self, error: SynakError) -> None:
        self._p.gate.close()
        self.failed = error
        self._remember(error)

    async def _turn(self) -> None:
        await self._wait_for_work()
        await self._expire()
        if self._engine is None or self._engine.lost:
            raise EngineLost("engine.unavailable", reason="connection_ended")
        due = self._heartbeat_due()
        if not self._p.memory.queue.executable and not due:
            return
        fed = Mined()
        try:
            await self._gather(self._engine, fed)
            if not (fed.entries or fed.rejected or due):
                await asyncio.sleep(_MOMENT)  # the next one is still on its way to the disk
                self._wake.set()
                return
            await self._block(self._engine, fed)
        except (EngineLost, EngineDiverged, EngineError):
            self._lost_with = list(self._taken)
            raise
        finally:
            self._p.memory.queue.put_back(self._taken)
            self._taken.clear()
        self._room = min(self._rules.count, self._room * 2)
        self._suspect = None
        waiting = self._p.memory.queue.executable
        if self._turner.due(self._now(), waiting) and await self._ready():
            await self._epoch(self._engine)

    async def _ready(self) -> bool:
        """Whether everybody who looks at blocks has seen them."""
        return all([await ready() for ready in self.before_epoch])

    async def _wait_for_work(self) -> None:
        """Step 1."""
        if not self._p.memory.queue.executable:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._idle_time()):
                    await self._wake.wait()
        self._wake.clear()

    def _idle_time(self) -> float:
        """Seconds until something is due by itself; the clock may be moved, so at most 1."""
        return 1.0 if self._rules.heartbeat or len(self._p.memory.queue) else 60.0

    def _heartbeat_due(self) -> bool:
        beat = self._rules.heartbeat
        return (
            beat is not None and self._now() - self._head().time >= beat > 0 < self._head().number
        )

    async def _expire(self) -> None:
        """Step 2."""
        now = self._now()
        drops = [
            Drop(entry.tx.hash, "gap_expired", {"nonce": entry.tx.nonce}, now)
            for entry in self._p.memory.queue.expired(now)
        ]
        if drops:
            metas = self._metas(drops)
            await self._p.journal.put([drop.record() for drop in drops])
            self._dropped(drops, metas)

    async def _gather(self, engine: Engine, fed: Mined) -> None:
        """Steps 3 and 4."""
        loop = asyncio.get_running_loop()
        queue = self._p.memory.queue
        tick = self._last_block + self._rules.interval
        gas = self._rules.gas
        room = self._room
        while True:
            left = tick - loop.time()
            part = queue.take(gas, room)
            if left > 0 and len(part) < _EARLY:
                queue.put_back(part)
                await asyncio.sleep(min(left, _MOMENT * 10))
                continue
            self._taken += part
            await feed(engine.writer, part, fed)
            gas -= sum(entry.tx.gas for entry in part)
            room -= len(part)
            if left <= 0:
                return

    async def _block(self, engine: Engine, fed: Mined) -> None:
        """Steps 5 to 7."""
        if fed.entries or not fed.rejected:
            self._p.gate.close()
            self._last_block = asyncio.get_running_loop().time()  # the interval holds the work
            fed = await mine(engine.writer, fed, self._head(), self.next_time())
            await self._check_growth(fed)
        now = self._now()
        drops = [
            Drop(entry.tx.hash, "engine_refused", {"answer": words[:300]}, now)
            for entry, words in fed.rejected
        ]
        metas = self._metas(drops)
        records = [drop.record() for drop in drops]
        seal = self._seal(fed, now)
        places = await self._durable([*records, seal] if seal else records, engine)
        if seal is not None and fed.head is not None:
            self._sealed(fed, fed.head, seal, places[-1])
        self._dropped(drops, metas)
        self._p.gate.open(engine.reader)

    async def _check_growth(self, fed: Mined) -> None:
        """A block with which the engine grew too much is undone, as if it had died of it."""
        grown = await self._turner.measure()
        if grown > self._turner.growth.allowed and fed.entries:
            raise EngineLost("engine.unavailable", reason=f"grew by {grown} bytes")

    def _seal(self, fed: Mined, at: float) -> Record | None:
        if fed.head is None:
            return None
        chain = self._p.keeper.spec.chain
        failures = [
            failure_body(chain, fed.head, fed.entries[failure.index], failure, at)
            for failure in fed.failures
        ]
        blob = b"".join(bytes.fromhex(entry.tx.hash[2:]) for entry in fed.entries)
        return Record(Kind.SEAL, head_body(fed.head) | {"at": at, "failures": failures}, blob)

    async def _durable(self, records: list[Record], engine: Engine) -> list[Place]:
        """Step 6: until it is written or the engine, and with it the block, is lost."""
        while records:
            try:
                return await self._p.journal.put(records)
            except Unavailable as error:
                self._remember(error)
                if engine.lost:
                    raise EngineLost("engine.unavailable", reason="connection_ended") from error
                await asyncio.sleep(_RETRY)
        return []

    def _sealed(self, fed: Mined, head: Head, seal: Record, place: Place) -> None:
        """Step 7."""
        memory = self._p.memory
        evidence = memory.sealed(head, fed.entries, place, seal.body["failures"])
        self.largest_block = max(self.largest_block, len(fed.entries))
        found = tuple(entry.tx.hash for entry in fed.entries)
        self._p.events.send(BlockSealed(head.number, head.time, head.hash, head.state_root, found))
        for each in evidence:
            self._p.events.send(TransactionFailed(each))
        self._notify(list(found))

    def _metas(self, drops: list[Drop]) -> list[dict[str, object]]:
        entries = [self._p.memory.queue.get(drop.hash) for drop in drops]
        return [entry.meta if entry else {} for entry in entries]

    def _dropped(self, drops: list[Drop], metas: list[dict[str, object]]) -> None:
        for drop, meta in zip(drops, metas, strict=True):
            self._p.memory.dropping(drop)
            self._p.events.send(TransactionDropped(drop.hash, drop.reason, drop.params, meta))
        self._notify([drop.hash for drop in drops])

    async def _epoch(self, engine: Engine) -> None:
        """Step 8."""
        fresh = await self._turner.turn(engine, self._head(), self._now())
        if fresh is not None:
            await self._turner.begin(loaded=True)
            self._use(fresh)

    async def _undo(self, error: SynakError) -> None:
        """The turn came to nothing; get an engine that is where the journal is."""
        began = self._now()
        self._p.gate.close()
        self._remember(error)
        self._tell(began, None)
        self._blame()
        backoff = _RETRY
        while self.failed is None:
            try:
                await self._drop_stubborn()
                await self._bring_up()
            except Unavailable as trouble:
                self._remember(trouble)
                await asyncio.sleep(backoff)
                backoff = min(_MOST_BACKOFF, backoff * 2)
            except SynakError as trouble:
                self._fail(trouble)
            else:
                self._tell(began, self._now())
                return

    def _tell(self, began: float, ended: float | None) -> None:
        """An engine was lost; ``ended`` once another stands in its place."""
        for told in self.interrupted:
            told(began, ended)

    def _blame(self) -> None:
        """Less in the next block; count how often one alone was there when the engine died."""
        lost, self._lost_with = self._lost_with, []
        if lost:
            self._room = max(1, len(lost) // 4)
        if len(lost) == 1:
            tx_hash = lost[0].tx.hash
            same = self._suspect is not None and self._suspect[0] == tx_hash
            self._suspect = (tx_hash, self._suspect[1] + 1 if same and self._suspect else 1)

    async def _drop_stubborn(self) -> None:
        if self._suspect is None or self._suspect[1] < _STUBBORN:
            return
        if self._p.memory.queue.get(self._suspect[0]) is not None:
            drops = [Drop(self._suspect[0], "engine_failed", {}, self._now())]
            metas = self._metas(drops)
            await self._p.journal.put([drop.record() for drop in drops])
            self._dropped(drops, metas)
        self._suspect = None

    async def _bring_up(self) -> None:
        memory = self._p.memory
        engine, head = await rebuild(
            self._p.keeper,
            self._p.journal_path,
            memory.epochs,
            self._p.snapshots,
            self._p.historian.keep,
        )
        if head != self._head():
            raise EngineDiverged("engine.diverged", block=head.number, reason="head")
        await self._turner.begin(loaded=False)
        self._use(engine)

    def _use(self, engine: Engine) -> None:
        self._engine = engine
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.create_task(self._watch_over(engine), name="engine-watch")
        self._p.gate.open(engine.reader)

    async def _watch_over(self, engine: Engine) -> None:
        """Wake the loop when the engine dies while there is nothing to do."""
        await engine.wait_lost()
        if self._engine is engine:
            self._p.gate.close()
            self._wake.set()
