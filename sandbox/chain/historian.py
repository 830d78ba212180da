"""Whoever keeps the history: work files into the index, and the index made again.

1. At an epoch ``keep`` writes a work file, before the epoch's record.
2. In the background each work file is written into the index, in order, and removed.
3. Where the index is behind and there is no work file (deleted, damaged, from before it
   existed), a second engine replays the journal and crosses every epoch again; each
   gives a work file. The chain goes on meanwhile; reads of what is not indexed yet are
   refused with ``history.rebuilding``.

4. When nothing is left to index, the newest epoch's checkpoint is written (``checkpoint``).

Everything here is derived from the journal: trouble is told, and never stops the chain.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

from sandbox.chain.apart import index_apart, remember_apart
from sandbox.chain.checkpoint import newest
from sandbox.chain.index import HistoryIndex
from sandbox.chain.ipc import EngineClient, EngineError
from sandbox.chain.memory import Epoch
from sandbox.chain.producer import Head
from sandbox.chain.records import Place
from sandbox.chain.work import name, write_work
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.kit.tasks import end

_log = structlog.get_logger()
_RETRY: Final = 2.0
_PART: Final = 200
MOST_WAITING: Final = 3
"""Work files beyond which an epoch waits for the index."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Before:
    """Where an epoch begins: the epoch before it, or the genesis.

    Attributes:
        number: the newest block before it.
        resume: from where the journal holds its transactions.
    """

    number: int = 0
    resume: Place = Place()  # noqa: RUF009 - frozen

    @classmethod
    def of(cls, epoch: Epoch | None) -> Before:
        """The beginning of what follows an epoch."""
        return cls(epoch.head.number, epoch.resume) if epoch else cls()


Replay = Callable[["Historian", int, int], Awaitable[None]]
"""Makes the work files from a block to a boundary by replay."""


class Historian:
    """The history of one chain.

    Args:
        directory: the chain's folder.
        journal: the chain's journal.
        chain: its name, for the log.
        replay: makes work files again.
    """

    def __init__(self, directory: Path, journal: Path, chain: str, replay: Replay) -> None:
        self.path = directory / "history.sqlite"
        self.rebuilding = False
        self.problem: SynakError | None = None
        self.boundary = 0
        self.upto = 0
        self._work = directory / "history"
        self._journal = journal
        self._chain = chain
        self._replay = replay
        self._genesis = ""
        self._remembered = 0
        self._index: HistoryIndex | None = None
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self, genesis: str) -> tuple[int, str]:
        """Open the index; one that cannot be read is put aside.

        Args:
            genesis: the hash of the chain's first block.

        Returns:
            The newest block that it holds, and its hash.

        Raises:
            IntegrityFailure: ``history.other_chain``.
            Unavailable: ``history.unwritable``.
        """
        self._genesis = genesis
        try:
            self._index = HistoryIndex(self.path, genesis)
            self.upto, head = self._index.upto()
        except IntegrityFailure as error:
            if error.code != "history.damaged":
                raise
            self._put_aside(error)
            return 0, genesis
        return self.upto, head

    def start(self, boundary: int) -> None:
        """Begin to index, up to the newest epoch.

        Args:
            boundary: its block.
        """
        self.boundary, self._remembered = boundary, newest(self._journal)
        self._task = asyncio.create_task(self._run(), name="historian")

    async def close(self) -> None:
        """Stop; what is not indexed yet stays as work."""
        if self._task is not None:
            await end(self._task)
        if self._index is not None:
            self._index.close()
            self._index = None

    def turned(self, boundary: int) -> None:
        """An epoch's record is durable."""
        self.boundary = boundary
        self._wake.set()

    def state(self) -> dict[str, Any]:
        """How the history is, for health checks."""
        state = "ok" if self.upto >= self.boundary else "behind"
        return {
            "state": "rebuilding" if self.rebuilding else state,
            "upto": self.upto,
            "boundary": self.boundary,
            "error": self.problem.as_dict() if self.problem else None,
        }

    async def ask(self, question: Callable[[HistoryIndex], Found]) -> Found:
        """Ask the index, in a thread.

        Raises:
            Unavailable: ``history.rebuilding``: it was damaged and is made again.
        """
        index = self._index
        if index is None:
            raise Unavailable("history.rebuilding", upto=self.upto, boundary=self.boundary)
        try:
            return await asyncio.to_thread(question, index)
        except IntegrityFailure as error:
            if error.code == "history.damaged" and index is self._index:
                self._put_aside(error)
                self._wake.set()
            raise Unavailable(
                "history.rebuilding", upto=self.upto, boundary=self.boundary
            ) from error

    async def reach(self, number: int, within: float) -> None:
        """Wait until a block is in the index.

        Args:
            number: of a block that is not above the boundary.
            within: seconds.

        Raises:
            Unavailable: ``history.rebuilding``.
        """
        try:
            async with asyncio.timeout(0 if self.rebuilding else within):
                while self.upto < number:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError as error:
            raise Unavailable(
                "history.rebuilding", upto=self.upto, boundary=self.boundary
            ) from error

    async def keep(self, engine: EngineClient, dump: bytes, before: Before, head: Head) -> None:
        """Step 1. Nothing is done for what is kept already.

        Args:
            engine: at the end of the epoch.
            dump: its dump.
            before: where the epoch begins.
            head: where it ends.

        Raises:
            EngineLost: ``engine.unavailable``.
            Unavailable: ``history.unwritable``.
        """
        target = self._work / name(head.number)
        if head.number <= self.upto or target.exists():
            return
        numbers = range(before.number + 1, head.number + 1)
        blocks: list[dict[str, Any]] = []
        for start in range(0, len(numbers), _PART):
            part = numbers[start : start + _PART]
            answers = await engine.many(
                [("eth_getBlockByNumber", (hex(each), False)) for each in part]
            )
            for answer in answers:
                if isinstance(answer, EngineError) or answer is None:
                    raise Unavailable("engine.unavailable", reason="blocks")
                blocks.append(answer)
        about = {
            "genesis": self._genesis,
            "after": before.number,
            "resume": before.resume.as_dict(),
            "blocks": blocks,
        }
        await asyncio.to_thread(write_work, target, about, dump)

    async def room(self) -> None:
        """Wait while too much work lies there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RETRY):
                while len(self._todo()) >= MOST_WAITING and not self.rebuilding:
                    self._moved.clear()
                    self._wake.set()
                    await self._moved.wait()

    def _todo(self) -> list[Path]:
        return sorted(self._work.glob("*.epoch"))

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._catch_up()
            except SynakError as error:
                self._trouble(error)
                await asyncio.sleep(_RETRY)
            else:
                self.problem = None
                await self._wake.wait()

    async def _catch_up(self) -> None:
        """Steps 2 to 4."""
        while self.upto < self.boundary:
            former = self.upto
            for path in self._todo():
                if int(path.stem) <= self.boundary:
                    await self._write(path)
            if self.upto == former:
                await self._again()
        if self._remembered < self.boundary:
            number = self.boundary
            await remember_apart(self._journal, number)
            self._remembered = number

    async def _write(self, path: Path) -> None:
        """Step 2. A work file that does not fit is made again."""
        if int(path.stem) > self.upto:
            try:
                await index_apart(path, self.path, self._journal)
            except IntegrityFailure as error:
                self._trouble(error)
                if error.code == "history.damaged":
                    self._put_aside(error)
                    return
                if error.code == "history.gap":
                    return
            await self._look()
        path.unlink(missing_ok=True)

    async def _look(self) -> None:
        index = self._index
        if index is not None:
            self.upto, _ = await asyncio.to_thread(index.upto)
            self._moved.set()

    async def _again(self) -> None:
        """Step 3."""
        waiting = [int(path.stem) for path in self._todo()]
        target = min([self.boundary, *waiting])
        self.rebuilding = True
        _log.warning("history.rebuilding", chain=self._chain, upto=self.upto, target=target)
        try:
            await self._replay(self, self.upto, target)
        finally:
            self.rebuilding = False
        _log.info("history.rebuilt", chain=self._chain, upto=self.upto)

    async def keep_again(
        self, engine: EngineClient, dump: bytes, before: Before, head: Head
    ) -> None:
        """As ``keep``, and into the index at once: so a long replay needs little disk."""
        await self.keep(engine, dump, before, head)
        path = self._work / name(head.number)
        if path.exists():
            await self._write(path)
            if self.upto < head.number:
                raise IntegrityFailure("history.gap", block=self.upto + 1)

    def _trouble(self, error: SynakError) -> None:
        self.problem = error
        _log.warning("history.trouble", chain=self._chain, error=str(error))

    def _put_aside(self, error: SynakError) -> None:
        """Begin a new index; the damaged one stays beside it for whoever wants to look."""
        self._trouble(error)
        if self._index is not None:
            self._index.close()
            self._index = None
        try:
            self.path.replace(self.path.with_suffix(".damaged"))
            for more in ("-wal", "-shm"):
                self.path.with_name(self.path.name + more).unlink(missing_ok=True)
        except OSError as trouble:
            raise Unavailable("history.unwritable", reason=str(trouble)) from trouble
        self._index = HistoryIndex(self.path, self._genesis)
        self.upto = 0
