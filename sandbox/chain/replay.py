"""The proof: a journal checked, and a chain rebuilt from it on a clean engine.

``verify`` reads: every record's checksum and chain, every rule of ``memory``, and
that each transaction's raw bytes say what its record says. ``replay`` calculates:
every sealed block again, from nothing, and each must have the hash and the state
root that were sealed. Neither locks the journal or changes anything.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.chain.engine import EngineLauncher, EngineSpec
from sandbox.chain.epochs import Snapshots
from sandbox.chain.journal import read
from sandbox.chain.memory import Memory
from sandbox.chain.opening import FORMAT, JOURNAL_NAME
from sandbox.chain.producer import Head
from sandbox.chain.records import Kind, Stored, bad
from sandbox.chain.recovery import EngineKeeper, replay_from
from sandbox.chain.transaction import decode
from sandbox.kit.errors import IntegrityFailure, InvalidInput


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a journal holds.

    Attributes:
        chain: which chain.
        records: how many records.
        head: the newest sealed block, or the genesis.
        chain_hash: the chain over all records, hex: what another copy must have too.
        acknowledged: transactions.
        mined: of these, in blocks.
        dropped: of these, dropped.
        queued: of these, neither.
        refusals: records of refusals.
        epochs: boundaries.
        torn_bytes: of a torn tail, which the next start cuts off.
    """

    chain: str
    records: int
    head: Head
    chain_hash: str
    acknowledged: int
    mined: int
    dropped: int
    queued: int
    refusals: int
    epochs: int
    torn_bytes: int


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """A chain that was rebuilt.

    Attributes:
        head: the last block that was compared; all were equal.
        blocks: how many.
        transactions: in them.
        seconds: it took, reading included.
        engine: the engine's own name and version.
        sealed_by: the engine that the journal began with.
    """

    head: Head
    blocks: int
    transactions: int
    seconds: float
    engine: str
    sealed_by: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        what: ``bytes`` of the journal that were checked, or ``blocks`` that were equal.
        done: so many.
        whole: of so many.
    """

    what: str
    done: int
    whole: int


Tell = Callable[[Progress], None]


def journal_file(path: Path) -> Path:
    """The journal's file: ``path`` itself, or in the chain's directory ``path``."""
    return path / JOURNAL_NAME if path.is_dir() else path


def verify(path: Path, progress: Tell | None = None) -> VerifyReport:
    """Check a whole journal.

    Args:
        path: the file, or the chain's directory.
        progress: told of every record.

    Raises:
        IntegrityFailure: ``journal.bad_record`` naming the first bad one,
            ``journal.missing``, ``journal.no_header``.
    """
    memory = Memory()
    file = journal_file(path)
    whole = file.stat().st_size if file.exists() else 0

    def visit(stored: Stored) -> None:
        check_raw(stored)
        memory.visit(stored)
        if progress is not None:
            progress(Progress("bytes", stored.next.offset, whole))

    scan = read(file, visit)
    header, head = memory.header, memory.head
    if header is None or head is None:
        raise IntegrityFailure("journal.no_header")
    counts = memory.counts
    return VerifyReport(
        chain=header["spec"]["chain"],
        records=scan.end.sequence,
        head=head,
        chain_hash=scan.end.chain.hex(),
        acknowledged=counts.acknowledged,
        mined=counts.mined,
        dropped=counts.dropped,
        queued=len(memory.queue),
        refusals=counts.refusals,
        epochs=counts.epochs,
        torn_bytes=scan.torn,
    )


def check_raw(stored: Stored) -> None:
    """A transaction's record says what was signed.

    Raises:
        IntegrityFailure: ``journal.bad_record``.
    """
    if stored.record.kind is not Kind.TX:
        return
    body = stored.record.body
    try:
        tx = decode(stored.record.blob)
        said = (body["hash"], body["sender"], body["nonce"], body["gas"], body["to"])
    except (InvalidInput, KeyError) as error:
        raise bad(stored.at, "transaction") from error
    if said != (tx.hash, tx.sender, tx.nonce, tx.gas, tx.to):
        raise bad(stored.at, "transaction")


async def replay(
    path: Path,
    launcher: EngineLauncher,
    to_block: int | None = None,
    progress: Tell | None = None,
) -> ReplayReport:
    """Rebuild a chain from nothing and compare every seal.

    Args:
        path: the journal's file, or the chain's directory.
        launcher: starts the clean engine.
        to_block: stop after this block; all by default.
        progress: told of every block that was equal.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``engine.diverged`` naming the first
            block that is not equal, ``journal.unknown_format``.
        InvalidInput: ``replay.no_such_block``.
        Unavailable: the engine does not start or does not stay.
    """
    loop = asyncio.get_running_loop()
    begin = loop.time()
    memory = Memory()
    await asyncio.to_thread(read, journal_file(path), memory.visit)
    header, newest = memory.header, memory.head
    if header is None or newest is None:
        raise IntegrityFailure("journal.no_header")
    if to_block is not None and not 0 <= to_block <= newest.number:
        raise InvalidInput("replay.no_such_block", block=to_block, newest=newest.number)
    if header["format"] != FORMAT:
        raise IntegrityFailure("journal.unknown_format", format=header["format"])
    spec = EngineSpec.from_dict(header["spec"])
    if header["flags"] != list(spec.flags):
        raise IntegrityFailure("journal.other_chain", chain=spec.chain, differs="flags")
    done: list[int] = []
    whole = newest.number if to_block is None else to_block

    async def told(head: Head, count: int) -> None:
        done.append(count)
        if progress is not None:
            progress(Progress("blocks", head.number, whole))

    with tempfile.TemporaryDirectory(prefix="synak-replay-") as folder:
        keeper = EngineKeeper(spec, Path(folder) / f"{spec.chain}.ipc", launcher)
        try:
            engine, head = await replay_from(
                keeper,
                journal_file(path),
                None,
                Snapshots(Path(folder) / "epochs"),
                to_block=to_block,
                progress=told,
            )
            version = await engine.reader.call("web3_clientVersion")
        finally:
            await keeper.stop()
    return ReplayReport(
        head, len(done), sum(done), loop.time() - begin, str(version), header["engine"]
    )
