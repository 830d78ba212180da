"""One block: feed the engine, mine, and check that it did what it was told.

1. Feed the transactions in order. What the engine refuses is rejected; what follows
   a rejected one of the same sender is taken back.
2. Set the time, mine.
3. Read the block.
4. Check: number, parent, time, and the hashes in the order in which they were fed.
   What the engine left out of the block is rejected.
5. Find the transactions that failed, by receipts, and their revert data.

Nothing here is durable or visible: the caller seals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.chain.ipc import EngineClient, EngineError
from sandbox.chain.queue import Entry
from sandbox.contracts.erc20 import TRANSFER
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import TxHash

MAX_OUTPUT: Final = 2_048
"""The most hex characters of revert data that are kept."""
_RECEIPTS: Final = 20
"""How many receipts are asked for at once; one may be some 20 MB of logs."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block.

    Attributes:
        number: its number.
        time: its timestamp, seconds since 1970.
        hash: its hash.
        state_root: its state root.
    """

    number: int
    time: int
    hash: str
    state_root: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A transaction that is in a block and failed.

    Attributes:
        index: its place in the block.
        output: revert data as hex with ``0x``, cut to 1 KiB.
    """

    index: int
    output: str


@dataclass(slots=True)
class Mined:
    """What came out of one attempt.

    Attributes:
        head: the block; None when nothing was left to mine.
        entries: what is in the block, in its order.
        failures: those that failed.
        rejected: what the engine would not take, with its words.
        returned: what waits again, behind a rejected one.
    """

    head: Head | None = None
    entries: list[Entry] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    rejected: list[tuple[Entry, str]] = field(default_factory=list)
    returned: list[Entry] = field(default_factory=list)


class EngineDiverged(IntegrityFailure):
    """The engine's block is not what was asked for."""


def read_head(block: dict[str, Any]) -> Head:
    """The head from the engine's block."""
    return Head(
        int(block["number"], 16), int(block["timestamp"], 16), block["hash"], block["stateRoot"]
    )


async def feed(engine: EngineClient, entries: Sequence[Entry], fed: Mined) -> None:
    """Step 1: give the engine transactions of the next block; may be done in parts.

    Args:
        engine: the engine.
        entries: in the order of the block.
        fed: what was fed before; gains ``entries``, ``rejected`` and ``returned``.

    Raises:
        EngineLost: ``engine.unavailable``.
    """
    stopped = {entry.tx.sender for entry, _ in fed.rejected}
    fed.returned += [entry for entry in entries if entry.tx.sender in stopped]
    sent = [entry for entry in entries if entry.tx.sender not in stopped]
    answers = await engine.in_order(
        "eth_sendRawTransaction", ["0x" + entry.tx.raw.hex() for entry in sent]
    )
    withdrawn: list[Entry] = []
    for entry, answer in zip(sent, answers, strict=True):
        if entry.tx.sender in stopped:
            withdrawn.append(entry)
        elif isinstance(answer, EngineError):
            stopped.add(entry.tx.sender)
            fed.rejected.append((entry, answer.message))
        else:
            fed.entries.append(entry)
    fed.returned += withdrawn
    await _withdraw(engine, withdrawn)


async def mine(engine: EngineClient, fed: Mined, parent: Head, time: int) -> Mined:
    """Steps 2 to 5: make the block of what was fed.

    Args:
        engine: the engine.
        fed: from ``feed``; completed and returned.
        parent: the block before.
        time: timestamp, seconds since 1970, later than the parent's.

    Raises:
        EngineDiverged: ``engine.diverged``.
        EngineLost: ``engine.unavailable``.
    """
    await set_time_and_mine(engine, time)
    block = await engine.call("eth_getBlockByNumber", "latest", False)
    fed.head = read_head(block)
    right = (parent.number + 1, time, parent.hash)
    if (fed.head.number, fed.head.time, block["parentHash"]) != right:
        raise EngineDiverged("engine.diverged", block=fed.head.number, reason="block")
    in_block = set(block["transactions"])
    left_out = [entry for entry in fed.entries if entry.tx.hash not in in_block]
    fed.entries = [entry for entry in fed.entries if entry.tx.hash in in_block]
    if [entry.tx.hash for entry in fed.entries] != block["transactions"]:
        raise EngineDiverged("engine.diverged", block=fed.head.number, reason="order")
    await _sort_out(engine, fed, left_out)
    await _find_failures(engine, fed)
    return fed


async def set_time_and_mine(engine: EngineClient, time: int) -> None:
    """Step 2: the block's time, then the block.

    Args:
        engine: the engine.
        time: timestamp, seconds since 1970.
    """
    await engine.call("evm_setNextBlockTimestamp", hex(time))
    await engine.call("evm_mine")


async def _withdraw(engine: EngineClient, entries: Sequence[Entry]) -> None:
    for answer in await engine.many(
        [("anvil_dropTransaction", (entry.tx.hash,)) for entry in entries]
    ):
        if isinstance(answer, EngineError):
            raise EngineDiverged("engine.diverged", reason="withdraw")


async def _sort_out(engine: EngineClient, fed: Mined, left_out: list[Entry]) -> None:
    """The first of each sender that was left out is rejected, what follows it returns."""
    await _withdraw(engine, left_out)
    stopped: set[str] = set()
    for entry in left_out:
        if entry.tx.sender in stopped:
            fed.returned.append(entry)
        else:
            stopped.add(entry.tx.sender)
            fed.rejected.append((entry, "could not be executed"))


async def _find_failures(engine: EngineClient, fed: Mined) -> None:
    """Step 5. Not by traces: a call copies its whole input into them and pays nothing for it.

    A receipt holds nothing that was not paid for. The engine looks through the block for
    each one: 0.06 s for a block of 500, 0.28 s for 1,000, 0.9 s for 2,000 (measured with
    anvil 1.7.1), so ``BlockRules.count`` bounds the block, and what has a log is not asked
    for: it did not fail. Payments have one of a transfer; the other logs, which are more and
    longer, are asked for only where that leaves many.
    """
    if fed.head is None or not fed.entries:
        return
    where = {"blockHash": fed.head.hash}
    unsure: Sequence[int] = range(len(fed.entries))
    try:
        unsure = await _without_log(engine, fed, unsure, {**where, "topics": [TRANSFER]})
        if len(unsure) > _RECEIPTS:
            unsure = await _without_log(engine, fed, unsure, where)
    except EngineError:  # too many to be read
        pass
    for start in range(0, len(unsure), _RECEIPTS):
        part = unsure[start : start + _RECEIPTS]
        receipts = await _all(engine, "eth_getTransactionReceipt", fed, part)
        failed = [
            i for i, receipt in zip(part, receipts, strict=True) if receipt["status"] == "0x0"
        ]
        outputs = await _all(engine, "ots_getTransactionError", fed, failed)
        for index, output in zip(failed, outputs, strict=True):
            fed.failures.append(Failure(index, output[:MAX_OUTPUT]))


async def _without_log(
    engine: EngineClient, fed: Mined, places: Sequence[int], wanted: dict[str, Any]
) -> Sequence[int]:
    """Those of the places in the block that have no log that is wanted."""
    logs = await engine.call("eth_getLogs", wanted)
    logged = {log["transactionHash"] for log in logs}
    return [place for place in places if fed.entries[place].tx.hash not in logged]


async def _all(engine: EngineClient, method: str, fed: Mined, places: Sequence[int]) -> list[Any]:
    """The answer for the transaction at each place; an error is not among them."""
    answers = await engine.many([(method, (fed.entries[i].tx.hash,)) for i in places])
    for answer in answers:
        if isinstance(answer, EngineError):
            raise answer
    return answers


def hashes(blob: bytes) -> list[TxHash]:
    """The transaction hashes of a seal's blob, 32 bytes each."""
    return [TxHash("0x" + blob[i : i + 32].hex()) for i in range(0, len(blob), 32)]
