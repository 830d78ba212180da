"""Snapshots: the engine's stripped dump at an epoch, on disk.

Rules:

- A snapshot holds the state and the newest header, not the history (``dump``): it
  grows with the state alone.
- A snapshot is written beside, synced, and renamed: it is whole or not there.
- Its digest is in the journal's epoch record; a file that does not match it is
  thrown away for the one before, and in the end for a replay from nothing.
- At an epoch the live engine itself is restarted from the dump, because an engine
  answers ``BLOCKHASH`` of blocks before a load differently. Live chain, recovery and
  full replay cross the same boundary, so they stay equal.
- The two newest are kept.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from sandbox.chain.ipc import EngineClient, EngineError
from sandbox.chain.memory import Epoch
from sandbox.chain.producer import EngineDiverged, Head, read_head
from sandbox.chain.work import write_whole
from sandbox.kit.errors import IntegrityFailure

KEPT: Final = 2
_TIMEOUT: Final = 300.0


class Snapshots:
    """The snapshot files of one chain.

    Args:
        directory: made when missing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, number: int) -> Path:
        """Where the snapshot at a block lies."""
        return self._directory / f"{number:012d}.snapshot"

    def write(self, number: int, data: bytes) -> str:
        """Keep a snapshot.

        Args:
            number: the block.
            data: the engine's stripped dump.

        Returns:
            Its SHA-256, hex.

        Raises:
            Unavailable: ``epoch.unwritable``.
        """
        write_whole(self.path(number), data, "epoch.unwritable")
        return hashlib.sha256(data).hexdigest()

    def read(self, epoch: Epoch) -> bytes:
        """The snapshot of an epoch.

        Raises:
            IntegrityFailure: ``epoch.bad_snapshot``.
        """
        number = epoch.head.number
        try:
            data = self.path(number).read_bytes()
        except OSError as error:
            raise IntegrityFailure("epoch.bad_snapshot", block=number, reason="missing") from error
        if hashlib.sha256(data).hexdigest() != epoch.digest:
            raise IntegrityFailure("epoch.bad_snapshot", block=number, reason="digest")
        return data

    def newest(self) -> int | None:
        """The block of the newest snapshot."""
        names = sorted(path.stem for path in self._directory.glob("*.snapshot"))
        return int(names[-1]) if names else None

    async def keep(self, number: int, data: bytes) -> str:
        """As ``write``, in a thread."""
        return await asyncio.to_thread(self.write, number, data)

    async def tidy(self) -> None:
        """As ``prune``, in a thread."""
        await asyncio.to_thread(self.prune)

    def prune(self) -> None:
        """Remove what is neither new enough nor whole."""
        if not self._directory.is_dir():
            return
        for old in sorted(self._directory.glob("*.snapshot"))[:-KEPT]:
            old.unlink(missing_ok=True)
        for partial in self._directory.glob("*.partial"):
            partial.unlink(missing_ok=True)


async def dump(engine: EngineClient) -> bytes:
    """The engine's whole state.

    Raises:
        EngineLost: ``engine.unavailable``.
    """
    text = await engine.call("anvil_dumpState", within=_TIMEOUT, state=True)
    return bytes.fromhex(text[2:])


async def load(engine: EngineClient, data: bytes, head: Head) -> None:
    """Give a fresh engine a state.

    Args:
        engine: a fresh engine.
        data: from ``dump``.
        head: the block it must then be at.

    Raises:
        EngineDiverged: ``engine.diverged``.
        EngineLost: ``engine.unavailable``.
    """
    try:
        await engine.call("anvil_loadState", "0x" + data.hex(), within=_TIMEOUT)
    except EngineError as error:
        raise EngineDiverged(
            "engine.diverged", block=head.number, reason="snapshot_refused"
        ) from error
    found = read_head(await engine.call("eth_getBlockByNumber", "latest", False))
    if found != head:
        raise EngineDiverged("engine.diverged", block=head.number, reason="snapshot")
