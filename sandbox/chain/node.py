"""One chain as one object: what it acknowledges, it keeps.

Rules:

- ``submit`` returns when the transaction is on the disk; from then on it is mined
  exactly once, or its failure is recorded.
- ``call`` shows sealed blocks only.
- The engine may die at any time: reads and receipts wait and go on; submissions are
  still acknowledged, because the queue needs only the journal.
- What cannot be written is not acknowledged (``journal.unwritable``).

``submit`` makes every check and takes its place in the journal before its first
``await``: two submissions made one after the other are journalled in that order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import structlog

from sandbox.chain.bundle import Bundle
from sandbox.chain.condition import condition
from sandbox.chain.engine import EngineLauncher, EngineSpec
from sandbox.chain.epochs import Snapshots
from sandbox.chain.events import Broadcast, Event, RefusalEvidence, RefusalRecorded
from sandbox.chain.events import TransactionDropped as DroppedEvent
from sandbox.chain.gate import ReadGate
from sandbox.chain.historian import Historian
from sandbox.chain.history import find_evidence, read_evidence
from sandbox.chain.index import peek
from sandbox.chain.journal import Journal
from sandbox.chain.memory import Created, Drop, Epoch, Memory, Settled, tx_record
from sandbox.chain.opening import (
    JOURNAL_NAME,
    check_always,
    check_header,
    check_history,
    check_snapshots,
    open_journal,
    write_header,
)
from sandbox.chain.overlay import pending_transaction
from sandbox.chain.producer import Head
from sandbox.chain.queue import Entry, QueueLimits
from sandbox.chain.reads import Reads
from sandbox.chain.rebuilding import replays
from sandbox.chain.records import Kind, Place, Record
from sandbox.chain.recovery import EngineKeeper
from sandbox.chain.sealing import BlockRules, Parts, Sealer
from sandbox.chain.tally import Tally
from sandbox.chain.transaction import GAS_CAP, SignedTx
from sandbox.chain.waiters import Waiters
from sandbox.kit.clock import Clock, SystemClock
from sandbox.kit.errors import Conflict, InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import Address, TxHash, checksum

_log = structlog.get_logger()


@dataclass(frozen=True)
class NodeOptions:
    """How a chain behaves.

    Attributes:
        blocks: when a block is made and what goes into it.
        queue: how much may wait.
        read_timeout: seconds that a read may be held.
    """

    blocks: BlockRules = field(default_factory=BlockRules)
    queue: QueueLimits = field(default_factory=QueueLimits)
    read_timeout: float = 10.0


class ChainNode:
    """A supervised chain.

    Args:
        spec: its engine.
        directory: where journal and snapshots lie; made when missing.
        ipc_path: where the engine listens.
        launcher: who starts the engine.
        clock: the platform's clock.
        options: how it behaves.
    """

    def __init__(
        self,
        spec: EngineSpec,
        directory: Path,
        ipc_path: Path,
        launcher: EngineLauncher,
        clock: Clock | None = None,
        options: NodeOptions | None = None,
    ) -> None:
        self.spec = spec
        self._directory = directory
        self._options = options or NodeOptions()
        self._clock = clock or SystemClock()
        self._keeper = EngineKeeper(spec, ipc_path, launcher)
        self._memory = Memory(self._options.queue)
        self._gate = ReadGate(self._options.read_timeout)
        self._events = Broadcast()
        self._journal: Journal | None = None
        self._sealer: Sealer | None = None
        self._waiters = Waiters()
        self._before_epoch: list[Callable[[], Awaitable[bool]]] = []
        self.interrupted: list[Callable[[float, float | None], None]] = []
        """Told of each engine lost unasked: when, None; then when, until when. Must not raise."""
        self._held: SynakError | None = None
        journal = directory / JOURNAL_NAME
        again = replays(spec, ipc_path, launcher, self._memory, directory)
        self._historian = Historian(directory, journal, spec.chain, again)
        self._reads = Reads(
            self._gate, self._memory, self._historian, journal, self._options.read_timeout
        )

    async def start(self) -> None:
        """Open the journal, bring an engine to its end, begin to make blocks.

        Raises:
            Conflict: ``journal.locked``.
            IntegrityFailure: ``journal.bad_record``, ``journal.other_chain``,
                ``journal.behind_snapshot``, ``journal.behind_history``,
                ``history.other_chain``, ``engine.diverged``.
            Unavailable: ``journal.unwritable``, ``engine.not_started``.
        """
        path = self._directory / JOURNAL_NAME
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable("journal.unwritable", reason=error.strerror or "") from error
        self._memory.expected = peek(self._historian.path)
        self._journal = await asyncio.to_thread(open_journal, path, self._memory)
        try:
            self._memory.finish()
            snapshots = Snapshots(self._directory / "epochs")
            check_snapshots(self._memory, snapshots)
            if self._memory.header is None:
                await write_header(self._journal, self._memory, self._keeper, self._clock)
            check_header(self._memory, self.spec)
            check_history(self._memory, self._historian)
            self._historian.boundary = self.newest_epoch
            parts = Parts(
                self._journal,
                self._memory,
                self._keeper,
                snapshots,
                self._gate,
                self._events,
                self._clock,
                path,
                self._historian,
            )
            self._sealer = Sealer(parts, self._options.blocks, self._waiters.settled)
            self._sealer.before_epoch = self._before_epoch
            self._sealer.interrupted = self.interrupted
            await self._sealer.start()
            self._historian.start(self.newest_epoch)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop making blocks, write what waits, stop the engine, give the lock back."""
        if self._sealer is not None:
            await self._sealer.close()
        await self._historian.close()
        self._events.close()
        self._gate.close()
        if self._journal is not None:
            await self._journal.close()
            self._journal = None
        try:
            await self._keeper.stop()
        except SynakError as error:
            _log.warning("engine.not_stopped", chain=self.spec.chain, error=str(error))

    def _parts(self) -> tuple[Journal, Sealer]:
        if self._journal is None or self._sealer is None:
            raise Unavailable("node.closed", chain=self.spec.chain)
        if self._sealer.failed is not None:
            raise Unavailable("node.failed", chain=self.spec.chain, reason=self._sealer.failed.code)
        return self._journal, self._sealer

    def _writing(self) -> tuple[Journal, Sealer]:
        """The parts, when something new may be acknowledged."""
        parts = self._parts()
        if self._held is not None:
            raise Unavailable("journal.held", chain=self.spec.chain, reason=self._held.code)
        return parts

    def hold(self, problem: SynakError | None) -> None:
        """Acknowledge nothing new while the journal contradicts the audit log.

        Args:
            problem: what is wrong; None lets the chain go on.
        """
        if problem is not None and (self._held is None or self._held.code != problem.code):
            _log.error("journal.held", chain=self.spec.chain, reason=str(problem))
        self._held = problem

    @property
    def held(self) -> SynakError | None:
        """Why nothing new is acknowledged."""
        return self._held

    @property
    def journal(self) -> Journal:
        """The open journal. Raises ``node.closed``, ``node.failed``."""
        return self._parts()[0]

    @property
    def anchor(self) -> dict[str, Any] | None:
        """The newest batch that the audit log is known to hold."""
        return self._memory.anchor

    async def keep_anchor(self, body: Mapping[str, Any]) -> None:
        """Write down that the audit log holds a batch. Raises as ``refuse``."""
        kept = {**body, "at": self._clock.now().timestamp()}
        await asyncio.shield(self.journal.put([Record(Kind.ANCHOR, kept)]))
        self._memory.anchor = kept

    @property
    def created(self) -> Created:
        """What ``keep_created`` wrote down, added up."""
        return self._memory.created

    async def keep_created(self, body: Mapping[str, Any]) -> None:
        """Write down how many contracts a mined transaction created. Raises as ``refuse``.

        Args:
            body: ``{hash, block, permit, made, failed, factories}``.
        """
        kept = {**body, "at": self._clock.now().timestamp()}
        await asyncio.shield(self.journal.put([Record(Kind.CREATED, kept)]))
        self._memory.created.note(kept)

    def before_epoch(self, ready: Callable[[], Awaitable[bool]]) -> None:
        """Ask before every epoch, which takes old traces away; False puts it off for now.

        To be called before ``start``: an epoch may be due with the first block.
        """
        self._before_epoch.append(ready)

    @property
    def newest_epoch(self) -> int:
        """The block at which the engine was last restarted from its dump; 0: never."""
        epochs = self._memory.epochs
        return epochs[-1].head.number if epochs else 0

    def copy_source(self) -> tuple[Path, EngineSpec, Epoch | None, Path]:
        """What ``public_copy.take`` reads: folder, engine, newest epoch, journal."""
        epochs = self._memory.epochs
        newest = epochs[-1] if epochs else None
        return self._directory, self.spec, newest, self._directory / JOURNAL_NAME

    async def submit(self, tx: SignedTx, meta: Mapping[str, Any]) -> TxHash:
        """Acknowledge a transaction.

        Args:
            tx: from ``decode``.
            meta: what to remember with it; ``permit`` is its permit's number or None.

        Returns:
            Its hash, when it is on the disk.

        Raises:
            Conflict: ``tx.nonce_too_low``, ``tx.already_known``, ``tx.nonce_gap_too_wide``,
                ``tx.too_many_queued``.
            InvalidInput: ``tx.wrong_chain_id``, ``tx.gas_above_cap``, ``tx.underpriced``,
                ``tx.replacement_underpriced``.
            Unavailable: ``queue.full``, ``journal.unwritable``, ``journal.held``,
                ``node.closed``, ``node.failed``.
        """
        journal, sealer = self._writing()
        check_always(tx, self.spec, min(GAS_CAP, self._options.blocks.gas))
        queue = self._memory.queue
        former = queue.check(tx)
        now = self._clock.now().timestamp()
        entry = Entry(tx, dict(meta), now)
        queue.add(entry, now)
        records = [tx_record(entry)]
        drop = None
        if former is not None:
            drop = Drop(former.tx.hash, "replaced", {"by": tx.hash}, now)
            records.append(drop.record())
        try:
            written = journal.put(records)
        except SynakError:
            queue.undo(entry, now)
            raise

        def settle(done: asyncio.Future[list[Place]]) -> None:
            if done.cancelled() or done.exception() is not None:
                queue.undo(entry, now)
                return
            self._memory.acknowledged(entry, done.result()[0])
            if drop is not None and former is not None:
                self._memory.dropping(drop)
                self._events.send(DroppedEvent(drop.hash, drop.reason, drop.params, former.meta))
                self._waiters.settled([drop.hash])
            sealer.wake()

        written.add_done_callback(settle)
        await asyncio.shield(written)
        return tx.hash

    async def call(self, method: str, *params: Any, most: int | None = None) -> Any:
        """Ask the engine; the answer shows sealed blocks only.

        The caller decides which methods may be asked. What is queued is shown as
        pending by ``eth_getTransactionByHash`` and ``eth_getTransactionCount``.

        Args:
            method: JSON-RPC method.
            *params: its parameters.
            most: the longest answer that is taken of the engine, bytes; None for its own limit.

        Raises:
            AnswerTooLong: it is longer.
            EngineError: the engine answered with an error.
            InvalidInput: ``history.state_not_kept``, ``history.too_many_logs``.
            Unavailable: ``engine.unavailable``, ``history.rebuilding``, ``node.closed``,
                ``node.failed``.
        """
        self._parts()
        if method == "eth_getTransactionCount" and params[1:2] == ("pending",):
            return hex(self.pending_nonce(checksum(params[0])))
        if method == "eth_getTransactionByHash" and params:
            entry = self._memory.queue.get(TxHash(str(params[0]).lower()))
            if entry is not None:
                return pending_transaction(entry.tx)
        return await self._reads.call(method, params, most)

    async def bundle(self, number: int) -> Bundle:
        """A sealed block whole: transactions, receipts with logs, what was remembered.

        Args:
            number: of a sealed block; the genesis is 0.

        Raises:
            InvalidInput: ``history.no_such_block``.
            EngineError: the engine answered with an error.
            Unavailable: ``engine.unavailable``, ``history.rebuilding``, ``node.closed``,
                ``node.failed``.
        """
        self._parts()
        if not 0 <= number <= self.head.number:
            raise InvalidInput("history.no_such_block", block=number, newest=self.head.number)
        return await self._reads.bundle(number)

    async def wait_receipt(  # the name that callers know
        self,
        tx_hash: TxHash,
        timeout: float = 30.0,  # noqa: ASYNC109
    ) -> dict[str, Any]:
        """Wait until a transaction is in a sealed block; its receipt. Raises as ``settled``."""
        await self.settled(tx_hash, timeout)
        receipt: dict[str, Any] | None = await self.call("eth_getTransactionReceipt", tx_hash)
        if receipt is None:
            raise Unavailable("tx.not_mined_yet", hash=tx_hash)
        return receipt

    async def settled(self, tx_hash: TxHash, timeout: float) -> None:  # noqa: ASYNC109
        """Return when a transaction is in a sealed block.

        Args:
            tx_hash: an acknowledged transaction.
            timeout: seconds.

        Raises:
            Conflict: ``tx.dropped``.
            Unavailable: ``tx.not_mined_yet``, ``engine.unavailable``.
        """
        try:
            async with asyncio.timeout(timeout):
                while self._memory.queue.get(tx_hash) is not None:
                    self._parts()
                    await self._waiters.wait(tx_hash)
        except TimeoutError as error:
            raise Unavailable("tx.not_mined_yet", hash=tx_hash) from error
        drop = self.dropped(tx_hash)
        if drop is not None:
            raise Conflict("tx.dropped", hash=tx_hash, reason=drop.reason, **drop.params)

    async def refuse(self, body: Mapping[str, Any]) -> int:
        """Keep a refusal as evidence.

        Args:
            body: JSON; ``permit`` is the permit's number or None.

        Returns:
            Its cursor, when it is on the disk.

        Raises:
            Unavailable: ``journal.unwritable``, ``journal.held``, ``node.closed``,
                ``node.failed``.
        """
        journal, _ = self._writing()
        now = self._clock.now().timestamp()
        permit = body.get("permit")
        record = Record(Kind.REFUSAL, {"permit": permit, "at": now, "refusal": dict(body)})
        (place,) = await asyncio.shield(journal.put([record]))
        cursor = self._memory.refused(place, permit)
        self._events.send(RefusalRecorded(RefusalEvidence(cursor, now, permit, dict(body))))
        return cursor

    async def refusals(
        self, after: int = 0, permit: str | None = None, limit: int = 100
    ) -> list[RefusalEvidence]:
        """Refusals and failed transactions, in order.

        Args:
            after: a cursor; only later ones are given.
            permit: only of this permit's number.
            limit: the most that are given.
        """
        self._parts()
        path = self._directory / JOURNAL_NAME
        found = self._memory.evidence.find(after, permit, limit)
        if found is None:  # older than what memory keeps
            start = self._memory.evidence.mark(after)
            found = await asyncio.to_thread(
                find_evidence, path, start, after=after, permit=permit, limit=limit
            )
        return await asyncio.to_thread(read_evidence, path, found)

    @property
    def tally(self) -> Tally:
        """What counters need of every transaction that the journal held at the start."""
        return self._memory.tally

    def subscribe(self) -> AsyncIterator[Event]:
        """Events from this moment on.

        Raises (while iterating):
            Unavailable: ``events.too_slow``.
        """
        return self._events.listen()

    def pending_nonce(self, address: Address) -> int:
        """The first free nonce behind what can be executed."""
        return self._memory.queue.next_nonce(address)

    def queued(self, address: Address) -> int:
        """How many acknowledged transactions of this sender are not mined yet."""
        return self._memory.queue.waiting(address)

    def dropped(self, tx_hash: TxHash) -> Drop | None:
        """Why an acknowledged transaction will never be mined."""
        return self._memory.dropped.get(tx_hash)

    def status(self, tx_hash: TxHash) -> str | None:
        """``queued``, ``dropped``, or None (mined, or never seen)."""
        if self._memory.queue.get(tx_hash) is not None:
            return "queued"
        return "dropped" if tx_hash in self._memory.dropped else None

    def meta(self, tx_hash: TxHash) -> dict[str, Any] | None:
        """What was remembered with a queued or recently mined transaction."""
        return self._memory.meta(tx_hash)

    def sealed(self, number: int) -> list[Settled]:
        """The transactions of a sealed block behind the newest epoch, in order.

        Without the engine, which recovers each sender again: 0.3 s for 1,000 (measured).
        A ``KeyError`` for any other block.
        """
        return self._memory.blocks[number]

    def next_timestamp(self) -> int:
        """The timestamp that a block made now would have."""
        _, sealer = self._parts()
        return sealer.next_time()

    @property
    def head(self) -> Head:
        """The newest sealed block.

        Raises:
            Unavailable: ``node.closed``.
        """
        if self._memory.head is None:
            raise Unavailable("node.closed", chain=self.spec.chain)
        return self._memory.head

    def stats(self) -> dict[str, Any]:
        """The state of the chain as JSON, for health checks and pages."""
        return condition(self.spec.chain, self._memory, self._journal, self._sealer, self._held) | {
            "history": self._historian.state(),
            "engine_starts": self._keeper.starts,
            "at": self._clock.now().astimezone(UTC).isoformat(),
        }
