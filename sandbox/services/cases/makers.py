"""Processes in which cases are made for a server: each one case after the other, at low priority.

Rules:

1. A process has one workshop, and is used until it is told to end; the tokens of its first case
   serve the others.
2. It dies with who started it. One that was lost, or takes too long, is ended with its engines and
   replaced; its case is made again.
3. It is told a seed and a recipe, and nothing of whose case it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sandbox.chain.engine import die_with_parent
from sandbox.forensics.cases import Recipe
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.services.cases.execution import Workshop
from sandbox.services.cases.folders import begun, kept
from sandbox.services.cases.making import planned_from
from sandbox.services.cases.packed import Packed, packed

LONGEST: Final = 600.0
"""Seconds that a case may take."""
LEAST_FREE: Final = 1 << 30
"""Bytes that have to be free where cases are made and kept."""
_NICE: Final = 5


@dataclass(frozen=True, slots=True)
class Finished:
    """A case that was made.

    Attributes:
        public: what may be seen, canonical JSON.
        packed: its files.
    """

    public: bytes
    packed: Packed


Answer = Finished | SynakError


class Maker:
    """One process; started when it is first given something.

    Args:
        folder: where cases lie while they are made, on the disk that keeps them; None: the
            machine's temporary folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._since: float | None = None

    @property
    def busy(self) -> bool:
        """Whether it makes a case, or has an answer that was not taken."""
        return self._since is not None

    def give(self, seed: bytes, recipe: Recipe) -> None:
        """Have a case made.

        Args:
            seed: of the case.
            recipe: by which it is planned.
        """
        for _ in range(2):
            try:
                self._started().send((seed, recipe))
            except OSError:
                self.end()
            else:
                break
        self._since = time.monotonic()

    def taken(self) -> Answer | None:
        """What became of it; None: not yet."""
        if self._since is None:
            return None
        try:
            if self._pipe is not None and self._pipe.poll():
                answer: Answer = self._pipe.recv()
                self._since = None
                return answer
        except (EOFError, OSError):
            self.end()
            return Unavailable("cases.maker_lost")
        late = time.monotonic() - self._since > LONGEST
        if late or self._process is None or not self._process.is_alive():
            self.end()
            return Unavailable("cases.maker_lost")
        return None

    def end(self) -> None:
        """End the process, whatever it does."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = self._since = None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join()

    def _started(self) -> Connection:
        if self._pipe is None:
            fresh = multiprocessing.get_context("spawn")
            mine, theirs = fresh.Pipe()
            self._process = fresh.Process(target=_serve, args=(theirs, self._folder), daemon=True)
            self._process.start()
            theirs.close()
            self._pipe = mine
        return self._pipe


def _serve(pipe: Connection, folder: Path | None) -> None:
    """The process."""
    die_with_parent()
    os.nice(_NICE)
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        asyncio.run(_one_after_the_other(pipe, folder))


async def _one_after_the_other(pipe: Connection, folder: Path | None) -> None:
    workshop: Workshop | None = None
    try:
        while True:
            seed, recipe = pipe.recv()
            try:
                workshop = workshop or Workshop()
                answer: Answer = await _made(workshop, seed, recipe, folder)
            except SynakError as error:
                answer = error
            except Exception:  # noqa: BLE001 - the process goes on; the order is marked
                answer = IntegrityFailure("cases.maker_broke")
            pipe.send(answer)
    finally:
        if workshop is not None:
            await workshop.__aexit__()


async def _made(workshop: Workshop, seed: bytes, recipe: Recipe, folder: Path | None) -> Finished:
    with TemporaryDirectory(prefix="synak-case-", dir=folder) as place:
        if shutil.disk_usage(place).free < LEAST_FREE:
            raise Unavailable("cases.disk_full")
        case, wallets, sealed = planned_from(seed, recipe)
        executed = await workshop.execute(case, wallets)
        with begun(Path(place) / "case") as whole:
            made = kept(whole, executed, sealed)
        return Finished(case.public().canonical(), packed(made))
