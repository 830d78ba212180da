"""What must be true before anything is acknowledged: of a chain's files, and of any transaction.

- The journal is read from the newest checkpoint on: chained by hash, record by record.
- The header says which chain it is: format, engine flags and genesis must be ours.
- A snapshot or an index of a block that the journal does not know comes from a newer
  backup than the journal: nothing is acknowledged on top of that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from sandbox.chain.checkpoint import recall
from sandbox.chain.engine import EngineSpec
from sandbox.chain.epochs import Snapshots
from sandbox.chain.historian import Historian
from sandbox.chain.journal import Journal
from sandbox.chain.memory import Memory, head_body
from sandbox.chain.producer import read_head
from sandbox.chain.records import Kind, Record
from sandbox.chain.recovery import EngineKeeper
from sandbox.chain.transaction import SignedTx
from sandbox.kit.canonical import content_hash
from sandbox.kit.clock import Clock
from sandbox.kit.errors import IntegrityFailure, InvalidInput

FORMAT: Final = 1
"""Version of the journal's format."""
_log = structlog.get_logger()
JOURNAL_NAME: Final = "journal"


def open_journal(path: Path, memory: Memory) -> Journal:
    """Lock the journal and read what it says: the newest checkpoint, and what follows it.

    Damage found behind a checkpoint is looked at again from the start of the file, so that
    what is named does not depend on a checkpoint.

    Args:
        path: the file; made when missing.
        memory: empty; gains what the journal says.

    Raises:
        Conflict: ``journal.locked``.
        IntegrityFailure: ``journal.bad_record``.
        Unavailable: ``journal.unwritable``.
    """
    start = recall(path, memory)
    if start is not None:
        try:
            return Journal.open(path, memory.visit, start)
        except IntegrityFailure as error:
            _log.warning("checkpoint.passed_over", path=path.name, reason=str(error)[:200])
            memory.forget()
    return Journal.open(path, memory.visit)


async def write_header(
    journal: Journal, memory: Memory, keeper: EngineKeeper, clock: Clock
) -> None:
    """Begin an empty journal with what a fresh engine says of itself.

    Args:
        journal: open and empty.
        memory: gains header and head.
        keeper: starts the engine.
        clock: the platform's.

    Raises:
        Unavailable: ``journal.unwritable``, ``engine.not_started``.
    """
    spec = keeper.spec
    engine = await keeper.fresh()
    block = read_head(await engine.reader.call("eth_getBlockByNumber", "0x0", False))
    body = {
        "format": FORMAT,
        "engine": await engine.reader.call("web3_clientVersion"),
        "flags": list(spec.flags),
        "spec": spec.as_dict(),
        "genesis_hash": content_hash(spec.genesis).hex(),
        "genesis_block": head_body(block),
        "at": clock.now().timestamp(),
    }
    await journal.put([Record(Kind.HEADER, body)])
    memory.header, memory.head = body, block


def check_header(memory: Memory, spec: EngineSpec) -> None:
    """The journal is of this chain.

    Raises:
        IntegrityFailure: ``journal.other_chain``.
    """
    header = memory.header or {}
    mine = {
        "format": FORMAT,
        "flags": list(spec.flags),
        "genesis_hash": content_hash(spec.genesis).hex(),
    }
    for name, value in mine.items():
        if header.get(name) != value:
            raise IntegrityFailure("journal.other_chain", chain=spec.chain, differs=name)


def check_snapshots(memory: Memory, snapshots: Snapshots) -> None:
    """No snapshot is of a block that the journal does not know.

    Raises:
        IntegrityFailure: ``journal.behind_snapshot``.
    """
    known = memory.head.number if memory.head else -1
    newest = snapshots.newest()
    if newest is not None and newest > known:
        raise IntegrityFailure("journal.behind_snapshot", block=known, snapshot=newest)


def check_history(memory: Memory, historian: Historian) -> None:
    """Open the index; it holds no block that the journal does not have.

    Raises:
        IntegrityFailure: ``journal.behind_history``, ``history.other_chain``.
    """
    known = memory.head.number if memory.head else -1
    upto, _ = historian.open((memory.header or {})["genesis_block"]["hash"])
    if upto > known:
        raise IntegrityFailure("journal.behind_history", block=known, history=upto)
    if memory.contradicted and upto:
        raise IntegrityFailure("history.other_chain", differs=f"block {upto}")


def check_always(tx: SignedTx, spec: EngineSpec, most_gas: int) -> None:
    """Refuse what this chain never takes, whoever sends it.

    Args:
        tx: decoded.
        spec: of the chain.
        most_gas: that one transaction may ask for.

    Raises:
        InvalidInput: ``tx.wrong_chain_id``, ``tx.gas_above_cap``, ``tx.underpriced``.
    """
    if tx.chain_id != spec.chain_id:
        raise InvalidInput("tx.wrong_chain_id", expected=spec.chain_id, chain_id=tx.chain_id)
    if tx.gas > most_gas:
        raise InvalidInput("tx.gas_above_cap", gas=tx.gas, limit=most_gas)
    if tx.gas_price < spec.gas_price:
        raise InvalidInput("tx.underpriced", minimum=str(spec.gas_price), price=str(tx.gas_price))
