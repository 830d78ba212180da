"""The way back: an engine brought to where the journal says it was.

1. Start a fresh engine and load the newest epoch's snapshot (or nothing).
2. Read the journal from where that epoch says.
3. For every seal: feed its transactions in order, set its time, mine, and compare
   number, time, hash and state root.
4. At every later epoch: dump, strip, start a fresh engine, load, go on.
5. A snapshot or a tail that does not fit: again from the epoch before, in the end
   from nothing. When even that does not fit, the journal and this engine do not
   belong together (``engine.diverged``) and nothing goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.chain.apart import strip_apart
from sandbox.chain.engine import EngineLauncher, EngineMemory, EngineSpec
from sandbox.chain.epochs import Snapshots, dump, load
from sandbox.chain.historian import Before
from sandbox.chain.ipc import EngineClient, EngineError
from sandbox.chain.memory import Epoch, read_head
from sandbox.chain.producer import EngineDiverged, Head, hashes, set_time_and_mine
from sandbox.chain.producer import read_head as read_block
from sandbox.chain.records import Kind, Scan
from sandbox.kit.errors import IntegrityFailure

_log = structlog.get_logger()
_CHUNK: Final = 20
"""How many steps are read from the journal at once."""

Keep = Callable[[EngineClient, bytes, Before, Head], Awaitable[None]]
"""Keeps the history of an epoch: engine, its dump, where the epoch begins and ends."""


@dataclass(slots=True)
class Engine:
    """A running engine: one connection to change it, one to ask it."""

    writer: EngineClient
    reader: EngineClient

    @property
    def lost(self) -> bool:
        """Whether a connection ended."""
        return self.writer.lost.is_set() or self.reader.lost.is_set()

    async def wait_lost(self) -> None:
        """Return when a connection ended."""
        waits = [asyncio.create_task(c.lost.wait()) for c in (self.writer, self.reader)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def close(self) -> None:
        """End both connections."""
        await self.writer.close()
        await self.reader.close()


class EngineKeeper:
    """Gives fresh engines of one chain; at most one lives.

    Args:
        spec: which engine.
        ipc_path: where it listens.
        launcher: who starts it.
    """

    def __init__(self, spec: EngineSpec, ipc_path: Path, launcher: EngineLauncher) -> None:
        self.spec = spec
        self.starts = 0
        self._path = ipc_path
        self._launcher = launcher
        self._engine: Engine | None = None

    async def fresh(self) -> Engine:
        """A fresh engine at its genesis; the one before is stopped.

        Raises:
            Unavailable: ``engine.not_started``, ``engine.unavailable``.
        """
        await self.stop()
        await self._launcher.start(self.spec, self._path)
        self.starts += 1
        writer = await EngineClient.connect(self._path, ended=self._ended)
        try:
            reader = await EngineClient.connect(self._path, ended=self._ended)
        except BaseException:
            await writer.close()
            raise
        self._engine = Engine(writer, reader)
        return self._engine

    async def _ended(self) -> bool:
        return await self._launcher.ended(self.spec.chain)

    async def memory(self) -> EngineMemory | None:
        """How much memory the engine uses; None where that cannot be told."""
        return await self._launcher.memory(self.spec.chain)

    async def stop(self) -> None:
        """Stop the engine."""
        if self._engine is not None:
            await self._engine.close()
            self._engine = None
        await self._launcher.stop(self.spec.chain)


@dataclass(frozen=True, slots=True)
class SealStep:
    """A block to make again."""

    head: Head
    raws: list[bytes]
    hashes: list[str]


@dataclass(frozen=True, slots=True)
class EpochStep:
    """A boundary to cross again."""

    epoch: Epoch


Step = SealStep | EpochStep


def steps(path: Path, after: Epoch | None) -> Iterator[Step]:
    """What happened after an epoch, from the journal.

    Args:
        path: the journal.
        after: the epoch; None for the beginning.

    Raises (while iterating):
        IntegrityFailure: ``journal.bad_record``.
    """
    raws: dict[str, bytes] = {}
    known = after.head.number if after else 0
    with path.open("rb", buffering=1 << 20) as file:
        for stored in Scan(file, after.resume if after else None):
            record = stored.record
            if record.kind is Kind.TX:
                raws[record.body["hash"]] = record.blob
            elif record.kind is Kind.DROP:
                raws.pop(record.body["hash"], None)
            elif record.kind is Kind.SEAL:
                order = hashes(record.blob)
                found = [raws.pop(tx_hash, b"") for tx_hash in order]
                if record.body["number"] > known:
                    yield SealStep(read_head(record.body), found, [str(h) for h in order])
            elif record.kind is Kind.EPOCH and record.body["number"] > known:
                yield EpochStep(Epoch.from_body(record.body))


async def rebuild(
    keeper: EngineKeeper,
    path: Path,
    epochs: Sequence[Epoch],
    snapshots: Snapshots,
    keep: Keep | None = None,
) -> tuple[Engine, Head]:
    """Bring an engine to the end of the journal.

    Args:
        keeper: gives fresh engines.
        path: the journal.
        epochs: the newest of the journal, oldest first.
        snapshots: of this chain.
        keep: keeps the history of epochs that are crossed.

    Returns:
        The engine and its newest block.

    Raises:
        EngineDiverged: ``engine.diverged`` even from nothing.
        Unavailable: the engine does not start or does not stay.
    """
    for epoch in reversed(epochs):
        try:
            return await replay_from(keeper, path, epoch, snapshots, keep=keep)
        except IntegrityFailure as error:
            _log.warning("epoch.thrown_away", block=epoch.head.number, code=error.code)
    return await replay_from(keeper, path, None, snapshots, keep=keep)


async def replay_from(  # noqa: PLR0913 - what is wanted of it is named by the caller
    keeper: EngineKeeper,
    path: Path,
    epoch: Epoch | None,
    snapshots: Snapshots,
    *,
    to_block: int | None = None,
    progress: Callable[[Head, int], Awaitable[None]] | None = None,
    keep: Keep | None = None,
) -> tuple[Engine, Head]:
    """Steps 1 to 4 from one epoch.

    Args:
        keeper: gives fresh engines.
        path: the journal.
        epoch: where to begin; None for nothing.
        snapshots: of this chain; not touched when ``epoch`` is None.
        to_block: stop after this block.
        progress: told of every block and its count of transactions.
        keep: keeps the history of epochs that are crossed.

    Raises:
        IntegrityFailure: ``epoch.bad_snapshot``, ``engine.diverged``.
        Unavailable: the engine does not start or does not stay.
    """
    data = await asyncio.to_thread(snapshots.read, epoch) if epoch else None
    engine = await keeper.fresh()
    if epoch is not None and data is not None:
        await load(engine.writer, data, epoch.head)
    head = read_block(await engine.writer.call("eth_getBlockByNumber", "latest", False))
    before = Before.of(epoch)
    todo = steps(path, epoch)
    while chunk := await asyncio.to_thread(list, islice(todo, _CHUNK)):
        for step in chunk:
            if isinstance(step, EpochStep):
                engine = await cross(keeper, engine, step.epoch.head, before, keep)
                before = Before.of(step.epoch)
                continue
            if to_block is not None and step.head.number > to_block:
                return engine, head
            head = await _again(engine.writer, step)
            if progress is not None:
                await progress(head, len(step.raws))
    return engine, head


async def cross(
    keeper: EngineKeeper, engine: Engine, head: Head, before: Before, keep: Keep | None
) -> Engine:
    """Step 4: the same boundary that the live chain crossed.

    Args:
        keeper: gives fresh engines.
        engine: the present one.
        head: its newest block.
        before: where the epoch that ends began.
        keep: keeps its history.
    """
    data = await dump(engine.writer)
    if keep is not None:
        await keep(engine.writer, data, before, head)
    small = await strip_apart(data)
    after = await keeper.fresh()
    await load(after.writer, small, head)
    return after


async def _again(engine: EngineClient, step: SealStep) -> Head:
    """Step 3: one block."""
    answers: list[Any] = await engine.in_order(
        "eth_sendRawTransaction", ["0x" + raw.hex() for raw in step.raws]
    )
    for answer in answers:
        if isinstance(answer, EngineError):
            raise EngineDiverged(
                "engine.diverged", block=step.head.number, reason=answer.message[:200]
            )
    await set_time_and_mine(engine, step.head.time)
    block = await engine.call("eth_getBlockByNumber", "latest", False)
    if read_block(block) != step.head or block["transactions"] != step.hashes:
        raise EngineDiverged("engine.diverged", block=step.head.number, reason="seal")
    return step.head
